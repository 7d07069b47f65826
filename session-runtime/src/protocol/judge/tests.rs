//! Every answer in every state. What is expected is told by rules of its own, in the words of the guarantees.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};

use crate::change::Changes;
use crate::context::{Context, OnUndecodable, ReadConsistency};
use crate::dynamo::{Outcome, Table};
use crate::error::{Error, ErrorKind};
use crate::expiry::{ManualClock, Timeouts};
use crate::item::{Fields, Item, MAX_ITEM_BYTES, Value};
use crate::protocol::call::Call;
use crate::protocol::create::Creation;
use crate::protocol::handle::Handle;
use crate::protocol::record::{Record, Seen};
use crate::protocol::renew::Renewal;
use crate::protocol::tokens::Token;
use crate::protocol::update::Update;
use crate::protocol::verdict::{Next, Reading, Shape, Verdict};
use crate::schema::{Attribute, CounterRange, Role, Schema, TableOptions};

const NOW: i64 = 1_800_000_000;
/// The sequence that the update counted from, and the last at which its request applies.
const READ: i64 = 20;
const LAST: i64 = READ + 8;

static ATTRIBUTES: [Attribute; 2] = [
    Attribute::new("plan", Role::Value).with_guard(),
    Attribute::new("views", Role::Counter).with_range(CounterRange { min: 0, max: 255 }),
];
static SCHEMA: Schema =
    Schema::new("id", "expires_at", Timeouts::from_secs(1800, None, 60), &ATTRIBUTES);

fn context() -> Context {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"));
    Context {
        table: Table::new(config, "table".into(), SCHEMA.primary_key()),
        schema: &SCHEMA,
        table_options: TableOptions::new(),
        timeouts: SCHEMA.timeouts(),
        clock: Arc::new(ManualClock::at_epoch_seconds(NOW)),
        read_consistency: ReadConsistency::Strong,
        on_undecodable: OnUndecodable::Fail,
        defaults: vec![Value::null(), Value::number(0)],
        deadline: std::time::Duration::from_secs(10),
        renewal_grace: 60,
        max_item_bytes: MAX_ITEM_BYTES,
        #[cfg(feature = "interop")]
        shared: None,
        sweeping: std::sync::OnceLock::new(),
    }
}

/// An item with these tokens, as text and last.
fn item(sequence: i64, expires: i64, tokens: &[(&str, i64)]) -> Item {
    let tokens: BTreeMap<_, _> = tokens
        .iter()
        .map(|(text, last)| ((*text).to_owned().into(), Value::number(last)))
        .collect();
    Item::from_iter([
        ("id".to_owned(), Value::text("key")),
        ("expires_at".to_owned(), Value::number(expires)),
        ("plan".to_owned(), Value::text("free")),
        ("views".to_owned(), Value::number(3)),
        ("_seq".to_owned(), Value::number(sequence)),
        ("_commits".to_owned(), Value::Map(tokens)),
    ])
}

fn fields(views: i64) -> Fields {
    vec![Some(Value::text("free")), Some(Value::number(views))]
}

/// One state of an update, and of the item that an answer brings.
#[derive(Clone, Copy, Debug)]
struct Row {
    unanswered: bool,
    guard_changes: bool,
    carries_earlier: bool,
    token_in_item: bool,
    earlier_in_item: bool,
    tombstone: bool,
    expired: bool,
    closed: bool,
    pruning_seen: bool,
    guard_broken: bool,
    out_of_range: bool,
}

const FLAGS: u32 = 11;

impl Row {
    fn new(bits: u32) -> Self {
        let flag = |place: u32| bits >> place & 1 == 1;
        Self {
            unanswered: flag(0),
            guard_changes: flag(1),
            carries_earlier: flag(2),
            token_in_item: flag(3),
            earlier_in_item: flag(4),
            tombstone: flag(5),
            expired: flag(6),
            closed: flag(7),
            pruning_seen: flag(8),
            guard_broken: flag(9),
            out_of_range: flag(10),
        }
    }

    fn update(self, record: &Record) -> Update {
        let changes = Changes::between(&ATTRIBUTES, &fields(3), fields(4));
        let mut update = Update::new(record, Arc::new(fields(3)), changes, None);
        assert_eq!(update.token.last, LAST);
        update.token.text = "mine".to_owned();
        if self.guard_changes {
            update = update.guarded(Seen::read(&SCHEMA, &item(READ, NOW + 900, &[])));
        }
        if self.carries_earlier {
            update = update.instead_of(vec![Token { text: "earlier".to_owned(), last: LAST }]);
        }
        update.unanswered = self.unanswered;
        update
    }

    fn found(self) -> Item {
        let mut tokens = vec![("others", READ)];
        if self.token_in_item {
            tokens.push(("mine", LAST));
        }
        if self.earlier_in_item {
            tokens.push(("earlier", LAST));
        }
        if self.pruning_seen {
            tokens.push(("pruner", LAST + 9));
        }
        let sequence = if self.closed { LAST + 1 } else { LAST };
        let expires = if self.expired { NOW } else { NOW + 1 };
        let mut item = item(sequence, expires, &tokens);
        if self.tombstone {
            item.insert("_renewed_at", Value::number(NOW));
            item.insert("_renewed_to", Value::text("successor"));
        }
        if self.guard_broken {
            item.insert("plan", Value::text("paid"));
        }
        if self.out_of_range {
            item.insert("views", Value::number(255));
        }
        item
    }

    fn expected(self) -> Expected {
        let may_have_been_applied = self.unanswered || self.carries_earlier;
        if self.token_in_item {
            return Expected::FoundApplied;
        }
        if self.carries_earlier && self.earlier_in_item {
            return Expected::EarlierApplied;
        }
        if self.tombstone || self.expired {
            return Expected::Gone;
        }
        if self.closed && self.pruning_seen && may_have_been_applied {
            return Expected::Unknown;
        }
        if self.guard_broken || self.out_of_range || self.guard_changes {
            return Expected::Conflict;
        }
        match (self.closed, self.carries_earlier) {
            (true, true) => Expected::Conflict,
            (true, false) => Expected::AgainWithNewToken,
            (false, _) => Expected::AgainWithSameToken,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Applied,
    FoundApplied,
    EarlierApplied,
    AgainWithSameToken,
    AgainWithNewToken,
    Repeat,
    Conflict,
    Gone,
    Unknown,
    Failed,
}

fn name(verdict: &ControlFlow<Verdict, Next>) -> Expected {
    match verdict {
        ControlFlow::Continue(Next::Repeat) => Expected::Repeat,
        ControlFlow::Continue(Next::Rebase(rebase)) => match rebase.is_closed {
            true => Expected::AgainWithNewToken,
            false => Expected::AgainWithSameToken,
        },
        ControlFlow::Break(verdict) => name_of(verdict),
    }
}

fn name_of(verdict: &Verdict) -> Expected {
    match verdict {
        Verdict::Applied(_) => Expected::Applied,
        Verdict::FoundApplied(..) => Expected::FoundApplied,
        Verdict::EarlierApplied(_) => Expected::EarlierApplied,
        Verdict::Conflict { .. } => Expected::Conflict,
        Verdict::Gone => Expected::Gone,
        Verdict::Unknown => Expected::Unknown,
        Verdict::Failed(_) => Expected::Failed,
    }
}

fn known() -> Record {
    Record::read(&SCHEMA, &item(READ, NOW + 900, &[("others", READ)]), NOW).unwrap()
}

#[test]
fn an_update_in_every_state_and_with_every_item() {
    let (context, known) = (context(), known());
    let mut seen = BTreeMap::new();
    for row in (0..1 << FLAGS).map(Row::new) {
        let outcome = Outcome::Refused(Some(row.found()));
        let verdict = row.update(&known).judge(&known, outcome, Shape::of(&context), NOW);
        let expected = row.expected();
        assert_eq!(name(&verdict), expected, "{row:?}");
        if let ControlFlow::Break(Verdict::Conflict { attribute, is_closed, .. }) = verdict {
            let broken = match (row.guard_broken, row.out_of_range) {
                (true, _) => Some("plan"),
                (false, true) => Some("views"),
                (false, false) => None,
            };
            assert_eq!((attribute, is_closed), (broken, row.closed), "{row:?}");
        }
        *seen.entry(expected).or_insert(0) += 1;
    }
    assert_eq!(seen.values().sum::<i32>(), 2048);
    assert_eq!(seen.len(), 7, "each has its rows: {seen:?}");
}

#[test]
fn an_update_with_every_answer_that_brings_no_item() {
    let (context, known) = (context(), known());
    for row in (0..8).map(Row::new) {
        let failed = || Error::new(ErrorKind::Unavailable, "no answer");
        let answers = [
            (Outcome::Done(Item::default()), Expected::Applied),
            (Outcome::Contended, Expected::Repeat),
            (Outcome::Refused(None), Expected::Gone),
            (Outcome::Failed(failed()), Expected::Failed),
        ];
        for (outcome, expected) in answers {
            let verdict = row.update(&known).judge(&known, outcome, Shape::of(&context), NOW);
            assert_eq!(name(&verdict), expected, "{row:?}");
        }
    }
}

#[test]
fn an_item_that_no_session_could_have_written_fails() {
    let (context, known) = (context(), known());
    for (attribute, value) in [
        ("_seq", Value::text("many")),
        ("_commits", Value::number(3)),
        ("expires_at", Value::text("soon")),
    ] {
        for token in ["mine", "none of mine"] {
            let mut item = item(READ, NOW + 900, &[(token, LAST)]);
            item.insert(attribute, value.clone());
            let update = Row::new(0).update(&known);
            let outcome = Outcome::Refused(Some(item));
            let verdict = update.judge(&known, outcome, Shape::of(&context), NOW);
            assert_eq!(name(&verdict), Expected::Failed, "{attribute}");
        }
    }
}

#[test]
fn the_last_of_several_earlier_requests_is_the_one_that_was_applied() {
    let (context, known) = (context(), known());
    let token = |text: &str| Token { text: text.to_owned(), last: LAST };
    let update = Row::new(0).update(&known).instead_of(vec![token("first"), token("second")]);
    let item = item(READ + 1, NOW + 900, &[("first", LAST), ("second", LAST)]);
    let outcome = Outcome::Refused(Some(item));
    match update.judge(&known, outcome, Shape::of(&context), NOW) {
        ControlFlow::Break(Verdict::EarlierApplied(applied)) => assert_eq!(applied, 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_window_closes_with_those_of_the_requests_that_it_keeps_out() {
    let update = Row::new(0).update(&known());
    let token = |last| Token { text: "earlier".to_owned(), last };
    let update = update.instead_of(vec![token(LAST - 3), token(LAST - 1)]);
    assert_eq!(update.token.last, LAST - 3);
}

#[test]
fn a_creation_with_every_answer() {
    let context = context();
    for unanswered in [false, true] {
        let creation = || {
            let lifetime = known().lifetime;
            let mut creation = Creation::new(&context, "key", fields(3), lifetime);
            creation.unanswered = unanswered;
            creation.token.text = "mine".to_owned();
            creation
        };
        let taken = if unanswered { Expected::Unknown } else { Expected::Failed };
        let mut tombstone = item(READ, NOW + 900, &[]);
        tombstone.insert("_renewed_at", Value::number(NOW));
        let answers = [
            (Outcome::Done(Item::default()), Some(Expected::Applied)),
            (Outcome::Contended, None),
            (Outcome::Failed(Error::new(ErrorKind::Throttled, "slow")), Some(Expected::Failed)),
            (Outcome::Refused(Some(item(9, NOW, &[("mine", 0)]))), Some(Expected::Applied)),
            (Outcome::Refused(Some(item(9, NOW + 9, &[("others", 0)]))), Some(taken)),
            (Outcome::Refused(Some(tombstone)), Some(taken)),
            (Outcome::Refused(None), Some(taken)),
        ];
        for (outcome, expected) in answers {
            let shown = format!("{outcome:?}, unanswered: {unanswered}");
            let verdict = match creation().judge(outcome) {
                ControlFlow::Break(verdict) => Some(name_of(&verdict)),
                ControlFlow::Continue(()) => None,
            };
            assert_eq!(verdict, expected, "{shown}");
        }
    }
}

#[cfg(feature = "interop")]
#[test]
fn an_adoption_with_everything_that_can_be_where_the_session_is() {
    use crate::expiry::Lifetime;
    use crate::protocol::adopt::{Adopted, Adoption};
    use crate::protocol::row::Row as ForeignRow;

    let context = context();
    let lifetime = Lifetime { expires: NOW + 900, created: None, remembered: false };
    let row =
        |fields| ForeignRow::new(&context, Item::default(), fields, Item::default(), lifetime);
    let adoption = |unanswered| {
        let changes = Changes::between(&ATTRIBUTES, &fields(3), fields(4));
        let before = Arc::new(fields(3));
        let mut adoption = Adoption::new(row(fields(3)), before, changes, &Call::new(&context));
        (adoption.token.text, adoption.unanswered) = ("mine".to_owned(), unanswered);
        adoption
    };
    let last = adoption(false).token.last;
    for bits in 0..1 << 5 {
        let flag = |place: u32| bits >> place & 1 == 1;
        let (unanswered, is_mine) = (flag(0), flag(1));
        let (is_tombstone, has_expired, is_pruned) = (flag(2), flag(3), flag(4));
        let mut tokens = vec![("others", 0)];
        tokens.extend(is_mine.then_some(("mine", last)));
        tokens.extend(is_pruned.then_some(("pruner", last + 9)));
        let mut found = item(READ, if has_expired { NOW } else { NOW + 900 }, &tokens);
        if is_tombstone {
            found.insert("_renewed_at", Value::number(NOW));
            found.insert("_renewed_to", Value::text("key"));
        }
        let judge = |found| adoption(unanswered).judge_adopted("key".into(), found, &context, NOW);
        let expected = match () {
            () if is_mine => "done",
            () if is_tombstone || has_expired => "gone",
            () if unanswered && is_pruned => "unknown",
            () => "elsewhere",
        };
        let name = |adopted: &Adopted| match adopted {
            Adopted::Done(_) => "done",
            Adopted::Gone => "gone",
            Adopted::Unknown => "unknown",
            Adopted::Elsewhere { .. } => "elsewhere",
            Adopted::Conflict { .. } => "conflict",
            Adopted::Failed(_) => "failed",
        };
        assert_eq!(name(&judge(Some(found))), expected, "{bits:05b}");
        assert_eq!(name(&judge(None)), "gone");
    }
    let judge_row = |fields| adoption(false).judge_row(Some(row(fields)), &context);
    let guarded = vec![Some(Value::text("pro")), Some(Value::number(3))];
    for (fields, goes_on) in
        [(fields(3), true), (fields(254), true), (fields(255), false), (guarded, false)]
    {
        let shown = format!("{fields:?}");
        assert_eq!(matches!(judge_row(fields), ControlFlow::Continue(Some(_))), goes_on, "{shown}");
    }
}

#[test]
fn a_renewal_with_everything_that_can_be_under_its_keys() {
    let (context, known) = (context(), known());
    let changes = Changes::between(&ATTRIBUTES, &fields(3), fields(4));
    for row in (0..1 << FLAGS).map(Row::new) {
        for successor in ["mine", "another"] {
            let renewal = Renewal::with_key("mine".to_owned());
            let mut found = row.found();
            if row.tombstone {
                found.insert("_renewed_to", Value::text(successor));
            }
            let judged = renewal.judge_old(&known, &changes, Some(found.clone()), &context, NOW);
            let expected = match row {
                Row { tombstone: true, .. } if successor == "mine" => None,
                Row { tombstone: true, .. } | Row { expired: true, .. } => Some(Expected::Gone),
                Row { guard_broken: true, .. } | Row { out_of_range: true, .. } => {
                    Some(Expected::Conflict)
                }
                _ => None,
            };
            let verdict = match &judged {
                ControlFlow::Break(verdict) => Some(name_of(verdict)),
                ControlFlow::Continue(_) => None,
            };
            assert_eq!(verdict, expected, "{row:?}, renewed to {successor}");
            if let ControlFlow::Continue(reading) = judged {
                assert_eq!(matches!(reading, Reading::Moved), row.tombstone, "{row:?}");
            }
            let moved = name_of(&renewal.judge_new(Some(found), &context, NOW));
            let is_over = row.tombstone || row.expired;
            let expected = if is_over { Expected::Gone } else { Expected::FoundApplied };
            assert_eq!(moved, expected, "{row:?}");
        }
    }
    let renewal = Renewal::with_key("mine".to_owned());
    let absent = renewal.judge_old(&known, &changes, None, &context, NOW);
    assert!(matches!(absent, ControlFlow::Continue(Reading::Moved)));
    assert_eq!(name_of(&renewal.judge_new(None, &context, NOW)), Expected::Gone);
}

/// A call that begins where it cannot is told so, loudly, and never that it has succeeded.
#[tokio::test]
async fn what_cannot_be_is_an_internal_error() {
    let context = Arc::new(context());
    let mut call = Call::new(&context);
    let mut handle = Handle::stored(context.clone(), "key".to_owned(), known());
    let settled = handle.settle(&mut call).await.unwrap_err().error;
    let mut new = Handle::new(context.clone(), "key".to_owned());
    let sent = new.settle(&mut call).await.unwrap_err().error;
    for error in [settled, sent] {
        assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
        assert!(error.to_string().contains("please report it"), "{error}");
    }
}
