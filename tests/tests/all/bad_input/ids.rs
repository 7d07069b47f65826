//! Ids and keys.

use super::*;

#[test]
fn session_ids_have_one_form() {
    let id = SessionId::generate();
    let text = id.expose_secret();
    assert_eq!(text.parse::<SessionId>().unwrap(), id);

    let mut cases = vec![
        String::new(),
        " ".to_owned(),
        text[..42].to_owned(),
        format!("{text}A"),
        format!("{text}="),
        format!("{}=", &text[..42]),
        format!(" {}", &text[..42]),
        format!("{}\n", &text[..42]),
        format!("{}\0", &text[..42]),
        "\0".repeat(43),
        "é".repeat(21) + "a",
        "A".repeat(64),
        "A".repeat(5_000_000),
        uuid::Uuid::nil().to_string(),
    ];
    // 43 characters hold 258 bits: of the last one, only every fourth is canonical.
    let canonical: Vec<char> = "AEIMQUYcgkosw048".chars().collect();
    for last in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']) {
        let text = format!("{}{last}", &text[..42]);
        match canonical.contains(&last) {
            true => assert_eq!(text.parse::<SessionId>().unwrap().expose_secret(), text),
            false => cases.push(text),
        }
    }
    for (foreign, ours) in [('+', '-'), ('/', '_'), ('=', 'A'), ('%', 'A'), ('.', 'A')] {
        let text = format!("{ours}{}", "A".repeat(42));
        assert!(text.parse::<SessionId>().is_ok());
        cases.push(text.replacen(ours, &foreign.to_string(), 1));
    }
    for case in cases {
        for error in [case.parse::<SessionId>(), <SessionId as SessionKey>::parse(&case)] {
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidId);
            assert_says(&error, &["not a session id"]);
            let shown = format!("{error} {error:?}");
            assert!(shown.len() < 500, "the text is not repeated: {}", shown.len());
            let half: String = case.chars().take(case.chars().count() / 2).collect();
            assert!(half.trim().len() < 10 || !shown.contains(&half));
        }
    }
}

#[test]
fn string_keys_are_what_a_key_can_be() {
    for good in ["a", "ключ", "with space", &"k".repeat(2048)] {
        assert_eq!(<String as SessionKey>::parse(good).unwrap(), good);
    }
    let bad = ["", "\0", "a\0b", "line\n", "\u{7f}", &"k".repeat(2049), &"k".repeat(5_000_000)];
    for bad in bad {
        let error = <String as SessionKey>::parse(bad).unwrap_err();
        assert!(error.is_invalid_id());
        assert!(error.to_string().len() < 200);
    }
}

#[test]
fn uuid_keys_are_uuids() {
    let good = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let key = <uuid::Uuid as SessionKey>::parse(good).unwrap();
    assert_eq!(key.attribute_value(), good);
    let upper = <uuid::Uuid as SessionKey>::parse(&good.to_uppercase()).unwrap();
    assert_eq!(upper.attribute_value(), good, "one form in the table");
    let bad = [
        "",
        "\0",
        &good[1..],
        &good.replace("67e5", "\0\0\0\0"),
        &good.replace('6', "g"),
        &good.repeat(2),
        &"0".repeat(5_000_000),
    ];
    for bad in bad {
        let error = <uuid::Uuid as SessionKey>::parse(bad).unwrap_err();
        assert!(error.is_invalid_id());
        let shown = format!("{error} {error:?}");
        assert!(shown.len() < 500, "{}", shown.len());
        assert!(!shown.contains(&good[9..]), "{shown}");
    }
}

#[derive(Debug, DynamoSession)]
#[session(table = "foreign-keys")]
struct Foreign {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
}

#[tokio::test]
async fn a_string_that_cannot_be_a_key_is_refused_before_it_is_sent() {
    let (world, store) = World::with_store::<Foreign>().await;
    for key in [String::new(), "k".repeat(2049), "k".repeat(5_000_000)] {
        let errors = [
            store.load(&key).await.map(drop).unwrap_err(),
            store.update(&key, |session| session.user = None).await.unwrap_err(),
            store.destroy(&key).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidId, "{error}");
            assert!(error.to_string().len() < 300);
        }
    }
    assert!(world.network.take_sent().is_empty());
    assert!(store.load(&"a\0b".to_owned()).await.unwrap().is_none());
    assert!(store.load(&"k".repeat(2048)).await.unwrap().is_none());
}
