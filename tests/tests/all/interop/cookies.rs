//! What a cookie vouches for: the vectors that were captured, and what is changed in them.

use dynamo_session::interop::ForeignStore;

const EXPRESS: [(&str, &str); 2] = [
    (
        "JTgyWWEoKz9VXYc_s82TEu2XxromS_-u",
        "connect.sid=s%3AJTgyWWEoKz9VXYc_s82TEu2XxromS_-u.9tE0LZG3fIhI0iR2r3slx3TKPAsXnHloZegSV67QMik",
    ),
    (
        "FauvGEv5jA9sgu0aYWy00cQDzW4yJmjR",
        "connect.sid=s%3AFauvGEv5jA9sgu0aYWy00cQDzW4yJmjR.5G4yPp%2BxmN2dUaFCv4HGRCtEbyOaEje%2BQ6W0S%2FEgkA4",
    ),
];
const KOA: (&str, &str) = (
    "429e6f04-ca7b-4b4b-9c29-83b72cb04620",
    "koa.sess=429e6f04-ca7b-4b4b-9c29-83b72cb04620; koa.sess.sig=jDba5zCt51eOEs0-5-T-jKpdgsk",
);
const REACT_ROUTER: (&str, &str) = (
    "c96930377341b954",
    "__session=ImM5NjkzMDM3NzM0MWI5NTQi.%2Bbpe3R%2FXbP2j4Y%2Bz4UVortutnORR8P8rbcs5qEopiTo",
);

/// Each vector, with the store whose cookie it is.
fn vectors() -> Vec<(ForeignStore, &'static str, &'static str)> {
    let express = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    let koa = ForeignStore::koa("sessions").secrets(["keyboard cat"]);
    let react_router = ForeignStore::react_router("sessions", "_idx").secrets(["s3cret1"]);
    let mut vectors = vec![(koa, KOA.0, KOA.1), (react_router, REACT_ROUTER.0, REACT_ROUTER.1)];
    vectors.extend(EXPRESS.map(|(sid, cookie)| (express.clone(), sid, cookie)));
    vectors
}

#[test]
fn each_captured_cookie_is_accepted() {
    for (foreign, sid, cookie) in vectors() {
        assert_eq!(foreign.session_id(cookie).as_deref(), Some(sid));
        let among_others = format!("a=b; {cookie}; theme=\"dark\"");
        assert_eq!(foreign.session_id(&among_others).as_deref(), Some(sid));
    }
}

#[test]
fn each_other_byte_is_a_forgery() {
    for (foreign, _, cookie) in vectors() {
        let start = cookie.find('=').unwrap() + 1;
        for (place, character) in cookie.char_indices().skip(start) {
            let other = if character == 'x' { 'y' } else { 'x' };
            let mut forged = cookie.to_owned();
            forged.replace_range(place..place + character.len_utf8(), &other.to_string());
            assert_eq!(foreign.session_id(&forged), None, "{forged}");
        }
        for end in start..cookie.len() {
            assert_eq!(foreign.session_id(&cookie[..end]), None, "{}", &cookie[..end]);
        }
    }
}

#[test]
fn spare_bits_of_a_signature_are_a_forgery() {
    // The last character of 32 bytes in base64 has two bits that say nothing, of 20 bytes two as well.
    for (foreign, _, cookie) in vectors() {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = cookie.bytes().last().unwrap();
        let place = ALPHABET.iter().position(|byte| *byte == last).unwrap();
        for spare in 1..4 {
            let other = char::from(ALPHABET[place ^ spare]);
            let forged = format!("{}{other}", &cookie[..cookie.len() - 1]);
            assert_eq!(foreign.session_id(&forged), None, "{forged}");
        }
    }
}

#[test]
fn every_secret_verifies_and_a_stranger_s_does_not() {
    let (sid, cookie) = EXPRESS[0];
    let rotated = ForeignStore::pwrdrvr("sessions").secrets(["new", "keyboard cat"]);
    assert_eq!(rotated.session_id(cookie).as_deref(), Some(sid));
    let other = ForeignStore::pwrdrvr("sessions").secrets(["new", "newer"]);
    assert_eq!(other.session_id(cookie), None);
}

#[test]
fn the_cookie_s_name_is_an_option_and_part_of_what_koa_signs() {
    let (sid, cookie) = EXPRESS[0];
    let named = ForeignStore::cyclic("sessions").secrets(["keyboard cat"]).cookie_name("shop.sid");
    assert_eq!(named.session_id(cookie), None);
    let renamed = cookie.replace("connect.sid", "shop.sid");
    assert_eq!(named.session_id(&renamed).as_deref(), Some(sid));

    let koa = ForeignStore::koa("sessions").secrets(["keyboard cat"]).cookie_name("other.sess");
    assert_eq!(koa.session_id(&KOA.1.replace("koa.sess", "other.sess")), None);
}

#[test]
fn what_is_not_signed_is_accepted_only_where_that_is_said() {
    let sid = "c96930377341b954";
    let cookie = "__session=ImM5NjkzMDM3NzM0MWI5NTQi";
    let store = || ForeignStore::react_router("sessions", "_idx");
    assert_eq!(store().session_id(cookie), None, "there are no secrets");
    assert_eq!(store().secrets([""]).session_id(cookie), None, "an empty one is none");
    assert_eq!(store().secrets(["s3cret1"]).session_id(cookie), None);
    assert_eq!(store().unsigned().session_id(cookie).as_deref(), Some(sid));

    let koa = ForeignStore::koa("sessions");
    let plain = "koa.sess=429e6f04-ca7b-4b4b-9c29-83b72cb04620";
    assert_eq!(koa.session_id(plain), None);
    assert!(koa.unsigned().session_id(plain).is_some());
}

#[test]
fn secrets_are_not_shown() {
    let foreign = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    assert!(!format!("{foreign:?}").contains("keyboard"));
}

#[test]
fn several_sessions_in_one_header_are_none() {
    let foreign = ForeignStore::connect_dynamodb("sessions").secrets(["keyboard cat"]);
    let [(_, first), (_, second)] = EXPRESS;
    assert_eq!(foreign.session_id(&format!("{first}; {second}")), None);
    assert!(foreign.session_id(&format!("{first}; {first}")).is_some(), "the same twice is one");
}
