//! However much has changed: DynamoDB's limits on one request are kept, and nothing is lost for it.
//!
//! The limits: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    Committed, DynamoSession, ErrorKind, Expires, Session, SessionId, SessionStore,
};
use dynamo_session_tests::{Sent, World};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

const FUNCTIONS: [&str; 6] = [
    "attribute_exists(",
    "attribute_not_exists(",
    "attribute_type(",
    "if_not_exists(",
    "list_append(",
    "size(",
];

/// The operators and functions of an expression, as the documentation counts them.
fn operators(text: &str, is_condition: bool) -> usize {
    let count = |what: &str| text.matches(what).count();
    // `attribute_not_exists(` ends with the name of no other function.
    let functions: usize = FUNCTIONS.iter().map(|function| count(function)).sum();
    let words = count(" AND ") + count(" OR ") + count("NOT ");
    let comparisons = count("<") + count(">") + count("=") - count("<=") - count(">=");
    functions + words + count("+") + if is_condition { comparisons } else { 0 }
}

fn check(sent: &[Sent]) -> Result<(), TestCaseError> {
    for request in sent.iter().filter(|request| request.operation == "UpdateItem") {
        let texts = [("UpdateExpression", false), ("ConditionExpression", true)];
        for (text, is_condition) in texts.map(|(key, is)| (request.text(key), is)) {
            prop_assert!(text.len() <= 4096, "{} bytes", text.len());
            let operators = operators(text, is_condition);
            prop_assert!(operators <= 300, "{operators} operators in {text}");
            let paths = text.split(|c: char| !c.is_ascii_alphanumeric() && !"#.".contains(c));
            let depth = paths.map(|path| path.matches('.').count() + 1).max();
            prop_assert!(depth <= Some(32));
        }
        for placeholders in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
            let placeholders = request.body[placeholders].as_object().unwrap();
            prop_assert!(placeholders.keys().all(|placeholder| placeholder.len() <= 255));
            let bytes = serde_json::to_string(placeholders).unwrap().len();
            prop_assert!(bytes <= 2 << 20, "{bytes} bytes of placeholders");
        }
    }
    Ok(())
}

fn updates(world: &World) -> Vec<Sent> {
    let sent = world.network.take_sent();
    check(&sent).unwrap();
    sent.into_iter().filter(|request| request.operation == "UpdateItem").collect()
}

fn run(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

type Map<V> = BTreeMap<String, V>;

#[derive(Debug, DynamoSession)]
#[session(table = "broad")]
struct Broad {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    flat: Map<u32>,
    deep: Map<Map<Map<u32>>>,
    #[session(counter)]
    count: u32,
    #[session(counter)]
    counts: Map<i64>,
    #[session(counter)]
    small: Map<u8>,
    #[session(set)]
    names: BTreeSet<String>,
    #[session(append)]
    log: Vec<String>,
    #[session(guard)]
    plan: Map<String>,
    #[session(guard)]
    level: u32,
    #[session(merge)]
    nested: Nested,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nested {
    value: u32,
    inner: Option<Box<Nested>>,
}

impl Nested {
    fn of(depth: usize, value: u32) -> Self {
        let inner = (depth > 1).then(|| Box::new(Self::of(depth - 1, value)));
        Self { value, inner }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Content {
    flat: Map<u32>,
    deep: Map<Map<Map<u32>>>,
    count: u32,
    counts: Map<i64>,
    small: Map<u8>,
    names: BTreeSet<String>,
    log: Vec<String>,
    plan: Map<String>,
    level: u32,
    nested: Nested,
}

impl Content {
    fn write(self, session: &mut Session<Broad>) {
        (session.flat, session.deep, session.count) = (self.flat, self.deep, self.count);
        (session.counts, session.small) = (self.counts, self.small);
        (session.names, session.log) = (self.names, self.log);
        (session.plan, session.level, session.nested) = (self.plan, self.level, self.nested);
    }

    fn read(session: &Broad) -> Self {
        Self {
            flat: session.flat.clone(),
            deep: session.deep.clone(),
            count: session.count,
            counts: session.counts.clone(),
            small: session.small.clone(),
            names: session.names.clone(),
            log: session.log.clone(),
            plan: session.plan.clone(),
            level: session.level,
            nested: session.nested.clone(),
        }
    }
}

/// Keys that two sessions are likely to share, some as long as they can be.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..400u32).prop_map(|number| format!("key.{number}")),
        1 => (0..40usize).prop_map(|number| format!("{number:0>255}")),
    ]
}

/// A map that is often small, and sometimes very wide.
fn map<V: Strategy + Clone>(value: V) -> impl Strategy<Value = Map<V::Value>>
where
    V::Value: Clone,
{
    prop_oneof![
        3 => btree_map(key(), value.clone(), 0..6),
        1 => btree_map(key(), value, 40..400),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let maps =
        (map(0..9u32), deep(), map(0..9i64), map(0..9u8), map("[a-b]{1}".prop_map(String::from)));
    let rest = (
        0..9u32,
        btree_set(key(), 0..60),
        vec(key(), 0..9),
        0..2u32,
        (1..30usize, 0..9u32).prop_map(|(depth, value)| Nested::of(depth, value)),
    );
    (maps, rest).prop_map(|(maps, rest)| {
        let (flat, deep, counts, small, plan) = maps;
        let (count, names, log, level, nested) = rest;
        Content { flat, deep, count, counts, small, names, log, plan, level, nested }
    })
}

fn deep() -> impl Strategy<Value = Map<Map<Map<u32>>>> {
    let inner = || btree_map(key(), 0..9u32, 0..3);
    prop_oneof![
        2 => btree_map(key(), btree_map(key(), inner(), 0..3), 0..4),
        1 => btree_map(key(), btree_map(key(), inner(), 1..3), 20..160),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_passes_a_limit(before in content(), after in content(), theirs in key()) {
        run(async {
            let (world, store) = World::with_store::<Broad>().await;
            let mut session = store.create();
            before.write(&mut session);
            session.log.push("begun".to_owned());
            session.commit().await.unwrap();
            let mut session = world.load(&store, session.id()).await;
            let mut other = world.load(&store, session.id()).await;
            after.clone().write(&mut session);
            session.commit().await.unwrap();
            check(&world.network.take_sent())?;
            prop_assert_eq!(&Content::read(&session), &after);
            prop_assert_eq!(&Content::read(&*world.load(&store, session.id()).await), &after);

            // One that is behind has to move its changes onto all these.
            let member = format!("theirs-{theirs}");
            other.names.insert(member.clone());
            let behind = other.commit().await;
            check(&world.network.take_sent())?;
            if let Err(error) = behind {
                prop_assert!(error.is_conflict(), "{}", error);
            } else {
                let mut expected = after;
                expected.names.insert(member);
                prop_assert_eq!(Content::read(&*world.load(&store, session.id()).await), expected);
            }
            Ok(())
        })?;
    }
}

/// Many changes in one map, and another request's between: merged, without a second request.
#[tokio::test]
async fn hundreds_of_entries_of_a_map_are_merged_one_by_one() {
    for changed in [1, 60, 150, 280] {
        let (world, store) = World::with_store::<Broad>().await;
        let mut session = store.create();
        session.flat = (0..400).map(|number| (format!("key-{number:03}"), 0)).collect();
        session.commit().await.unwrap();
        let mut mine = world.load(&store, session.id()).await;
        let mut other = world.load(&store, session.id()).await;
        mine.flat.values_mut().take(changed).for_each(|value| *value = 1);
        other.flat.values_mut().rev().take(100).for_each(|value| *value = 2);
        other.commit().await.unwrap();
        world.network.take_sent();
        mine.commit().await.unwrap();
        assert_eq!(updates(&world).len(), 1, "{changed} changes");
        let stored = world.load(&store, session.id()).await;
        assert_eq!(stored.flat.values().filter(|value| **value == 1).count(), changed);
        assert_eq!(stored.flat.values().filter(|value| **value == 2).count(), 100);
    }
}

#[tokio::test]
async fn more_entries_than_fit_are_merged_all_the_same() {
    let (world, store) = World::with_store::<Broad>().await;
    let mut session = store.create();
    session.flat = (0..1000).map(|number| (format!("key-{number:03}"), 0)).collect();
    session.commit().await.unwrap();
    let mut mine = world.load(&store, session.id()).await;
    let mut other = world.load(&store, session.id()).await;
    mine.flat.values_mut().take(900).for_each(|value| *value = 1);
    other.flat.values_mut().rev().take(100).for_each(|value| *value = 2);
    other.commit().await.unwrap();
    world.network.take_sent();
    mine.commit().await.unwrap();
    assert_eq!(world.network.operations(), ["GetItem", "UpdateItem"], "onto what is stored now");
    updates(&world);
    let stored = world.load(&store, session.id()).await;
    assert_eq!(stored.flat.values().filter(|value| **value == 1).count(), 900);
    assert_eq!(stored.flat.values().filter(|value| **value == 2).count(), 100);
}

macro_rules! wide {
    ($name:ident, $type:ty, #[$role:meta], $($field:ident)*) => {
        #[derive(Debug, DynamoSession)]
        #[session(table = "wide")]
        struct $name {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            other: u32,
            #[session(merge)]
            nested: Nested,
            $(#[$role] $field: $type,)*
        }

        impl $name {
            fn fields(&mut self) -> Vec<&mut $type> {
                vec![$(&mut self.$field),*]
            }
        }
    };
}

wide!(
    Plain,
    u32,
    #[session(default)],
    f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
    f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
    f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
    f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
    f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
    f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
    f120 f121 f122 f123 f124 f125 f126 f127 f128 f129 f130 f131 f132 f133 f134 f135 f136 f137 f138 f139
    f140 f141 f142 f143 f144 f145 f146 f147 f148 f149 f150 f151 f152 f153 f154 f155 f156 f157 f158 f159
    f160 f161 f162 f163 f164 f165 f166 f167 f168 f169 f170 f171 f172 f173 f174 f175 f176 f177 f178 f179
    f180 f181 f182 f183 f184 f185 f186 f187 f188 f189 f190 f191 f192 f193 f194 f195 f196 f197 f198 f199
    f200 f201 f202 f203 f204 f205 f206 f207 f208 f209 f210 f211 f212 f213 f214 f215 f216 f217 f218 f219
    f220 f221 f222 f223 f224 f225 f226 f227 f228 f229 f230 f231 f232 f233 f234 f235 f236 f237 f238 f239
    f240 f241 f242 f243 f244 f245 f246 f247 f248 f249 f250 f251 f252 f253 f254 f255 f256 f257 f258 f259
    f260 f261 f262 f263 f264 f265 f266 f267 f268 f269 f270 f271 f272 f273 f274 f275 f276 f277 f278 f279
    f280 f281 f282 f283 f284 f285 f286 f287 f288 f289 f290 f291 f292 f293 f294 f295 f296 f297 f298 f299
    f300 f301 f302 f303 f304 f305 f306 f307 f308 f309 f310 f311 f312 f313 f314 f315 f316 f317 f318 f319
    f320 f321 f322 f323 f324 f325 f326 f327 f328 f329 f330 f331 f332 f333 f334 f335 f336 f337 f338 f339
    f340 f341 f342 f343 f344 f345 f346 f347 f348 f349 f350 f351 f352 f353 f354 f355 f356 f357 f358 f359
    f360 f361 f362 f363 f364 f365 f366 f367 f368 f369 f370 f371 f372 f373 f374 f375 f376 f377 f378 f379
    f380 f381 f382 f383 f384 f385 f386 f387 f388 f389 f390 f391 f392 f393 f394 f395 f396 f397 f398 f399
    f400 f401 f402 f403 f404 f405 f406 f407 f408 f409 f410 f411 f412 f413 f414 f415 f416 f417 f418 f419
    f420 f421 f422 f423 f424 f425 f426 f427 f428 f429 f430 f431 f432 f433 f434 f435 f436 f437 f438 f439
    f440 f441 f442 f443 f444 f445 f446 f447 f448 f449 f450 f451 f452 f453 f454 f455 f456 f457 f458 f459
    f460 f461 f462 f463 f464 f465 f466 f467 f468 f469 f470 f471 f472 f473 f474 f475 f476 f477 f478 f479
    f480 f481 f482 f483 f484 f485 f486 f487 f488 f489 f490 f491 f492 f493 f494 f495 f496 f497 f498 f499
    f500 f501 f502 f503 f504 f505 f506 f507 f508 f509 f510 f511 f512 f513 f514 f515 f516 f517 f518 f519
    f520 f521 f522 f523 f524 f525 f526 f527 f528 f529 f530 f531 f532 f533 f534 f535 f536 f537 f538 f539
    f540 f541 f542 f543 f544 f545 f546 f547 f548 f549 f550 f551 f552 f553 f554 f555 f556 f557 f558 f559
    f560 f561 f562 f563 f564 f565 f566 f567 f568 f569 f570 f571 f572 f573 f574 f575 f576 f577 f578 f579
    f580 f581 f582 f583 f584 f585 f586 f587 f588 f589 f590 f591 f592 f593 f594 f595 f596 f597 f598 f599
    f600 f601 f602 f603 f604 f605 f606 f607 f608 f609 f610 f611 f612 f613 f614 f615 f616 f617 f618 f619
);

wide!(
    Counters,
    u32,
    #[session(counter)],
    f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
    f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
    f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
    f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
    f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
    f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
    f120 f121 f122 f123 f124 f125 f126 f127 f128 f129 f130 f131 f132 f133 f134 f135 f136 f137 f138 f139
    f140 f141 f142 f143 f144 f145 f146 f147 f148 f149 f150 f151 f152 f153 f154 f155 f156 f157 f158 f159
    f160 f161 f162 f163 f164 f165 f166 f167 f168 f169 f170 f171 f172 f173 f174 f175 f176 f177 f178 f179
    f180 f181 f182 f183 f184 f185 f186 f187 f188 f189 f190 f191 f192 f193 f194 f195 f196 f197 f198 f199
    f200 f201 f202 f203 f204 f205 f206 f207 f208 f209 f210 f211 f212 f213 f214 f215 f216 f217 f218 f219
    f220 f221 f222 f223 f224 f225 f226 f227 f228 f229 f230 f231 f232 f233 f234 f235 f236 f237 f238 f239
    f240 f241 f242 f243 f244 f245 f246 f247 f248 f249 f250 f251 f252 f253 f254 f255 f256 f257 f258 f259
    f260 f261 f262 f263 f264 f265 f266 f267 f268 f269 f270 f271 f272 f273 f274 f275 f276 f277 f278 f279
    f280 f281 f282 f283 f284 f285 f286 f287 f288 f289 f290 f291 f292 f293 f294 f295 f296 f297 f298 f299
    f300 f301 f302 f303 f304 f305 f306 f307 f308 f309 f310 f311 f312 f313 f314 f315 f316 f317 f318 f319
    f320 f321 f322 f323 f324 f325 f326 f327 f328 f329 f330 f331 f332 f333 f334 f335 f336 f337 f338 f339
    f340 f341 f342 f343 f344 f345 f346 f347 f348 f349 f350 f351 f352 f353 f354 f355 f356 f357 f358 f359
    f360 f361 f362 f363 f364 f365 f366 f367 f368 f369 f370 f371 f372 f373 f374 f375 f376 f377 f378 f379
    f380 f381 f382 f383 f384 f385 f386 f387 f388 f389 f390 f391 f392 f393 f394 f395 f396 f397 f398 f399
);

wide!(
    Sets,
    BTreeSet<String>,
    #[session(set)],
    f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
    f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
    f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
    f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
    f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
    f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
    f120 f121 f122 f123 f124 f125 f126 f127 f128 f129 f130 f131 f132 f133 f134 f135 f136 f137 f138 f139
    f140 f141 f142 f143 f144 f145 f146 f147 f148 f149 f150 f151 f152 f153 f154 f155 f156 f157 f158 f159
    f160 f161 f162 f163 f164 f165 f166 f167 f168 f169 f170 f171 f172 f173 f174 f175 f176 f177 f178 f179
    f180 f181 f182 f183 f184 f185 f186 f187 f188 f189 f190 f191 f192 f193 f194 f195 f196 f197 f198 f199
);

wide!(
    Maps,
    Map<u32>,
    #[session(default)],
    f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
    f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
    f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
    f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
    f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
    f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
);

wide!(
    Guards,
    u32,
    #[session(guard)],
    f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
    f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
    f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
    f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
    f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
    f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
    f120 f121 f122 f123 f124 f125 f126 f127 f128 f129 f130 f131 f132 f133 f134 f135 f136 f137 f138 f139
    f140 f141 f142 f143 f144 f145 f146 f147 f148 f149 f150 f151 f152 f153 f154 f155 f156 f157 f158 f159
    f160 f161 f162 f163 f164 f165 f166 f167 f168 f169 f170 f171 f172 f173 f174 f175 f176 f177 f178 f179
    f180 f181 f182 f183 f184 f185 f186 f187 f188 f189 f190 f191 f192 f193 f194 f195 f196 f197 f198 f199
);

/// A stored session, as loaded by two requests.
async fn loaded<S: DynamoSession>(
    world: &World,
    store: &SessionStore<S>,
    change: impl FnOnce(&mut S),
) -> (Session<S>, Session<S>) {
    let mut session = store.create();
    change(&mut session);
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    let pair = (world.load(store, session.id()).await, world.load(store, session.id()).await);
    world.network.take_sent();
    pair
}

#[tokio::test]
async fn hundreds_of_fields_fit_one_request() {
    let (world, store) = World::with_store::<Plain>().await;
    let (mut mine, mut other) = loaded(&world, &store, |session| session.other = 1).await;
    mine.fields().into_iter().take(480).for_each(|field| *field = 7);
    *other.fields()[600] = 8;
    other.commit().await.unwrap();
    world.network.take_sent();
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated);
    assert_eq!(updates(&world).len(), 1, "others may come between");
    let mut stored = world.load(&store, mine.id()).await;
    assert_eq!(stored.fields().into_iter().filter(|field| **field == 7).count(), 480);
    assert_eq!(*stored.fields()[600], 8);
}

#[tokio::test]
async fn more_fields_than_fit_are_refused_before_anything_is_sent() {
    let (world, store) = World::with_store::<Plain>().await;
    let (mut mine, _) = loaded(&world, &store, |session| session.other = 1).await;
    mine.fields().into_iter().for_each(|field| *field = 7);
    let error = mine.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("620 fields"), "{error}");
    assert!(updates(&world).is_empty());
    assert_eq!(mine.attempts().requests(), 0);

    mine.fields().into_iter().take(400).for_each(|field| *field = 0);
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated, "in two steps, it can be done");
    mine.fields().into_iter().take(400).for_each(|field| *field = 7);
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated);
    let mut stored = world.load(&store, mine.id()).await;
    assert!(stored.fields().into_iter().all(|field| *field == 7));
}

#[tokio::test]
async fn hundreds_of_counters_count_exactly() {
    let (world, store) = World::with_store::<Counters>().await;
    let (mut mine, mut other) = loaded(&world, &store, |session| session.other = 1).await;
    mine.fields().into_iter().for_each(|field| *field += 3);
    other.fields().into_iter().for_each(|field| *field += 4);
    other.commit().await.unwrap();
    mine.commit().await.unwrap();
    updates(&world);
    assert!(mine.attempts().rebases() <= 1, "{:?}", mine.attempts());
    assert!(mine.fields().into_iter().all(|field| *field == 7), "the handle has the sums");
    let mut stored = world.load(&store, mine.id()).await;
    assert!(stored.fields().into_iter().all(|field| *field == 7));

    mine.fields().into_iter().for_each(|field| *field -= 6);
    other.fields().into_iter().for_each(|field| *field -= 2);
    other.commit().await.unwrap();
    assert!(mine.commit().await.unwrap_err().is_conflict(), "no counter goes below zero");
}

#[tokio::test]
async fn hundreds_of_sets_keep_the_members_of_both() {
    let (world, store) = World::with_store::<Sets>().await;
    let (mut mine, mut other) = loaded(&world, &store, |session| session.other = 1).await;
    mine.fields().into_iter().for_each(|field| field.extend(["mine".to_owned()]));
    other.fields().into_iter().for_each(|field| field.extend(["theirs".to_owned()]));
    other.commit().await.unwrap();
    mine.commit().await.unwrap();
    updates(&world);
    let mut stored = world.load(&store, mine.id()).await;
    assert!(stored.fields().into_iter().all(|field| field.len() == 2));
}

#[tokio::test]
async fn changes_in_a_hundred_maps_keep_the_entries_of_both() {
    let (world, store) = World::with_store::<Maps>().await;
    let begin = |session: &mut Maps| {
        session.fields().into_iter().for_each(|field| field.extend([("old".to_owned(), 1)]));
    };
    let (mut mine, mut other) = loaded(&world, &store, begin).await;
    let change = |session: &mut Session<Maps>, name: &str| {
        for field in session.fields() {
            field.extend((0..4).map(|number| (format!("{name}-{number}"), number)));
        }
    };
    change(&mut mine, "mine");
    change(&mut other, "theirs");
    other.commit().await.unwrap();
    mine.commit().await.unwrap();
    updates(&world);
    let mut stored = world.load(&store, mine.id()).await;
    assert!(stored.fields().into_iter().all(|field| field.len() == 9));
}

#[tokio::test]
async fn an_update_of_hundreds_of_fields_sees_who_came_between() {
    let (world, store) = World::with_store::<Plain>().await;
    let (mine, mut other) = loaded(&world, &store, |session| session.other = 1).await;
    let (gate, id) = (std::sync::Arc::new(tokio::sync::Notify::new()), mine.id().clone());
    world.network.fail_next("UpdateItem", dynamo_session_tests::Fault::Hold(gate.clone()));
    let (updating, key) = (store.clone(), id.clone());
    let update = tokio::spawn(async move {
        let add = |session: &mut Plain| {
            session.fields().into_iter().take(400).for_each(|field| *field += 1);
        };
        updating.update_counted(&key, add).await
    });
    while !world.network.operations().contains(&"UpdateItem".to_owned()) {
        tokio::task::yield_now().await;
    }
    other.fields().into_iter().take(400).for_each(|field| *field += 10);
    other.commit().await.unwrap();
    gate.notify_one();
    let ((), attempts) = update.await.unwrap().unwrap();
    assert_eq!((attempts.requests(), attempts.rebases()), (2, 1));
    updates(&world);
    let mut stored = world.load(&store, &id).await;
    assert_eq!(stored.fields().into_iter().filter(|field| **field == 11).count(), 400);
}

#[tokio::test]
async fn hundreds_of_guards_hold() {
    let (world, store) = World::with_store::<Guards>().await;
    let (mut mine, mut other) = loaded(&world, &store, |session| session.other = 1).await;
    let mut late = world.load(&store, mine.id()).await;
    other.nested.value = 5;
    other.commit().await.unwrap();
    mine.other = 2;
    assert_eq!(mine.commit().await.unwrap(), Committed::Updated, "no guard is broken");
    updates(&world);
    *mine.fields()[150] = 1;
    mine.commit().await.unwrap();
    late.other = 3;
    let error = late.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Conflict, Some("f150")));
    updates(&world);
    let stored = world.load(&store, mine.id()).await;
    assert_eq!((stored.other, stored.nested.value), (2, 5));
}

#[tokio::test]
async fn what_the_session_type_does_not_name_survives_hundreds_of_changes() {
    let (world, store) = World::with_store::<Counters>().await;
    let (mine, _) = loaded(&world, &store, |session| session.other = 1).await;
    let mut item = world.item(&store, mine.id()).await.unwrap();
    let note = AttributeValue::S("of another program".to_owned());
    item.insert("note".to_owned(), note.clone());
    let mut nested = item["nested"].as_m().unwrap().clone();
    nested.insert("note".to_owned(), note.clone());
    item.insert("nested".to_owned(), AttributeValue::M(nested));
    world.put(&store, item).await;

    let mut mine = world.load(&store, mine.id()).await;
    mine.fields().into_iter().for_each(|field| *field += 3);
    mine.nested = Nested::of(2, 1);
    mine.commit().await.unwrap();
    updates(&world);
    let item = world.item(&store, mine.id()).await.unwrap();
    assert_eq!((&item["note"], &item["nested"].as_m().unwrap()["note"]), (&note, &note));
    let mut stored = world.load(&store, mine.id()).await;
    assert_eq!(stored.nested, Nested::of(2, 1));
    assert!(stored.fields().into_iter().all(|field| *field == 3));
}
