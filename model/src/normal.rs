//! One state for all that differ only in names, in where counting began, or in what nothing can ask for any more.

use crate::handle::{Call, Handle, Phase};
use crate::rules::{Rules, Sequence};
use crate::table::{Item, Request, Slot, What};
use crate::tokens::{Bookkeeping, Token};
use crate::update::Record;
use crate::world::{Scenario, State};

/// Brings a state into its normal form.
pub(crate) fn normalise(scenario: &Scenario, state: &mut State) {
    drop_late(scenario, state);
    if !state.slots.iter().any(|slot| matches!(slot, Slot::Stored(_))) {
        begin_counting(state);
    }
    let origin = origin(state);
    let there = tokens_there(state);
    let is_there = |token: &Token| there.contains(&token.text);
    for index in 0..state.handles.len() {
        forget(scenario, state, index, origin);
        if let Some(tokens) =
            state.handles[index].record_mut().and_then(|r| r.known.tokens.as_mut())
        {
            tokens.retain(is_there);
        }
    }
    for late in &mut state.late {
        if let What::Update(update) = &mut late.what {
            update.removes.retain(is_there);
        }
    }
    let oldest = origin - far(&scenario.rules);
    each_sequence(state, &mut |number| *number = (*number).max(oldest) - origin);
    let like = sort_handles(scenario, state);
    let mut swapped = like.map(|place| {
        let mut swapped = state.clone();
        swapped.handles.swap(place, place + 1);
        swapped
    });
    rename(state);
    if let Some(swapped) = &mut swapped {
        rename(swapped);
        if *swapped < *state {
            std::mem::swap(state, swapped);
        }
    }
}

fn rename(state: &mut State) {
    rename_changes(state);
    merge_tokens(state);
    rename_tokens(state);
}

/// Further back than this, no comparison of the protocol can tell two sequences apart.
fn far(rules: &Rules) -> Sequence {
    rules.windows[3] + rules.shortest_window() + 2
}

/// Requests that can never be carried out are as good as lost.
fn drop_late(scenario: &Scenario, state: &mut State) {
    let State { late, slots, lives, .. } = state;
    late.retain(|late| {
        let life = lives[usize::from(late.key)];
        let is_put = matches!(late.what, What::Put(_));
        let is_stale = is_put && (life.has_begun || life.has_ended) && !scenario.is_strict;
        // A session may still begin where there is none yet.
        let may_begin = late.what == What::Delete && !life.has_begun && !life.has_ended;
        let is_dead = late.is_dead(&scenario.rules, slots) && !may_begin;
        !is_stale && !is_dead
    });
}

/// Where nothing is stored, counting has not begun.
fn begin_counting(state: &mut State) {
    let of_handles = state.handles.iter_mut().filter_map(|handle| match &mut handle.phase {
        Phase::Creating(creation) => {
            creation.token.last = 0;
            Some(&mut creation.item)
        }
        _ => None,
    });
    let of_late = state.late.iter_mut().filter_map(|late| match &mut late.what {
        What::Put(item) => Some(item),
        _ => None,
    });
    for Item { known, .. } in of_handles.chain(of_late) {
        known.sequence = Some(1);
        known.tokens.iter_mut().flatten().for_each(|token| token.last = 0);
    }
}

/// The sequence of the item; there is never more than one that was not expired or renewed.
fn origin(state: &State) -> Sequence {
    let sequence = |slot: &Slot| match slot {
        Slot::Stored(item) => item.known.sequence,
        Slot::Absent | Slot::Tombstone(_) => None,
    };
    state.slots.iter().filter_map(sequence).max().unwrap_or(0)
}

fn tokens_there(state: &State) -> Vec<u16> {
    let tokens = |slot: &Slot| match slot {
        Slot::Stored(item) => item.known.tokens().map(|token| token.text).collect(),
        Slot::Absent | Slot::Tombstone(_) => Vec::new(),
    };
    state.slots.iter().flat_map(tokens).collect()
}

/// What is planned for a record that is too old is refused, whatever the record.
fn forget(scenario: &Scenario, state: &mut State, index: usize, origin: Sequence) {
    let State { handles, slots, .. } = state;
    let handle = &mut handles[index];
    let slot = &slots[usize::from(handle.key)];
    let oldest = origin - far(&scenario.rules);
    if let Call::Move(request) = &mut handle.call
        && request.is_dead(&scenario.rules, slots)
        && let What::Move { read, item, .. } = &mut request.what
    {
        *read = Some(oldest);
        item.known = Bookkeeping { sequence: Some(oldest), tokens: Some(Vec::new()) };
    }
    // Once others may have been pruned that were as old, it makes no difference how old.
    let forgotten = origin - scenario.rules.shortest_window() - 2;
    if let Some(rounds) = handle.rounds_mut() {
        rounds.open.iter_mut().for_each(|(token, _)| token.last = token.last.max(forgotten));
    }
    let has_guards = scenario.has_guards();
    let (record, mut update) = match &mut handle.phase {
        Phase::Stored(record) => (record, None),
        Phase::Updating(record, update) => (record, Some(update)),
        Phase::New | Phase::Creating(_) | Phase::Over => return,
    };
    if !has_guards {
        record.loaded = 0;
    }
    let Slot::Stored(item) = slot else {
        let known = Bookkeeping { sequence: Some(origin), tokens: Some(Vec::new()) };
        *record = Record { known, value: 0, loaded: 0, expires: record.expires };
        if let Some(update) = update {
            (update.token.last, update.closed_windows, update.sets) = (origin, 0, None);
            update.earlier.iter_mut().for_each(|token| token.last = origin);
        }
        return;
    };
    if record.known.sequence.is_none() && item.known.sequence.is_some() {
        // Not what the item has in either case.
        record.known.sequence = Some(0);
    }
    // A commit that begins now has its window closed, so long ago that tokens of that time may have been pruned; and so has one
    // that goes on.
    if let Some(update) = &mut update {
        update.token.last = update.token.last.max(forgotten);
        update.earlier.iter_mut().for_each(|token| token.last = token.last.max(forgotten));
    }
    let closed = origin - 2 * scenario.rules.shortest_window() - 2;
    if record.known.sequence() <= closed && update.is_none_or(|update| update.token.last < origin) {
        record.known = Bookkeeping { sequence: Some(closed), tokens: Some(Vec::new()) };
    }
}

fn each_of_known(known: &mut Bookkeeping, visit: &mut dyn FnMut(&mut Token)) {
    known.tokens.iter_mut().flatten().for_each(visit);
}

fn each_of_request(request: &mut Request, visit: &mut dyn FnMut(&mut Token)) {
    match &mut request.what {
        What::Put(item) | What::Move { item, .. } => each_of_known(&mut item.known, visit),
        What::Update(update) => {
            visit(&mut update.token);
            update.earlier.iter_mut().for_each(&mut *visit);
        }
        What::Touch(_) | What::Delete => {}
    }
}

/// Every token, those that a request has as its own first.
fn each_token(state: &mut State, visit: &mut dyn FnMut(&mut Token)) {
    each_owned_token(state, visit);
    for slot in &mut state.slots {
        if let Slot::Stored(item) = slot {
            each_of_known(&mut item.known, visit);
        }
    }
    for handle in &mut state.handles {
        if let Some(record) = handle.record_mut() {
            each_of_known(&mut record.known, visit);
        }
    }
    for late in &mut state.late {
        if let What::Update(update) = &mut late.what {
            update.removes.iter_mut().for_each(&mut *visit);
        }
    }
}

/// The tokens for which somebody may look.
fn each_owned_token(state: &mut State, visit: &mut dyn FnMut(&mut Token)) {
    for handle in &mut state.handles {
        match &mut handle.phase {
            Phase::Creating(creation) => {
                visit(&mut creation.token);
                each_of_known(&mut creation.item.known, visit);
            }
            Phase::Updating(_, update) => {
                visit(&mut update.token);
                update.earlier.iter_mut().for_each(&mut *visit);
            }
            Phase::New | Phase::Stored(_) | Phase::Over => {}
        }
        if let Call::Move(request) = &mut handle.call {
            each_of_request(request, visit);
        }
        if let Some(rounds) = handle.rounds_mut() {
            rounds.open.iter_mut().for_each(|(token, _)| visit(token));
        }
    }
    for late in &mut state.late {
        each_of_request(late, visit);
    }
}

fn each_sequence(state: &mut State, visit: &mut dyn FnMut(&mut Sequence)) {
    each_token(state, &mut |token| visit(&mut token.last));
    for slot in &mut state.slots {
        if let Slot::Stored(item) = slot {
            item.known.sequence.iter_mut().for_each(&mut *visit);
        }
    }
    let mut of_request = |request: &mut Request| match &mut request.what {
        What::Put(item) => item.known.sequence.iter_mut().for_each(&mut *visit),
        What::Move { read, item, .. } => {
            read.iter_mut().for_each(&mut *visit);
            item.known.sequence.iter_mut().for_each(&mut *visit);
        }
        What::Update(update) => update.exactly.iter_mut().flatten().for_each(&mut *visit),
        What::Touch(_) | What::Delete => {}
    };
    state.late.iter_mut().for_each(&mut of_request);
    for handle in &mut state.handles {
        if let Call::Move(request) = &mut handle.call {
            of_request(request);
        }
    }
    for handle in &mut state.handles {
        if let Some(record) = handle.record_mut() {
            record.known.sequence.iter_mut().for_each(&mut *visit);
        }
        if let Phase::Creating(creation) = &mut handle.phase {
            creation.item.known.sequence.iter_mut().for_each(&mut *visit);
        }
    }
}

/// Handles that may do the same are interchangeable. If two of them differ only in names, the place of the first.
fn sort_handles(scenario: &Scenario, state: &mut State) -> Option<usize> {
    let mut like = None;
    let mut from = 0;
    while from < state.handles.len() {
        let repertoire = scenario.handles[from];
        let same = scenario.handles[from..].iter().take_while(|other| **other == repertoire);
        let to = from + same.count();
        if to - from > 1 {
            // Names say nothing: who has which is for the renaming.
            let bare = |handle: &Handle| {
                let mut bare = handle.clone();
                bare.forget_names();
                bare
            };
            let mut handles: Vec<(Handle, Handle)> =
                state.handles.drain(from..to).map(|handle| (bare(&handle), handle)).collect();
            handles.sort_by(|(a, _), (b, _)| a.cmp(b));
            like = like.or((1..handles.len())
                .find(|at| handles[at - 1].0 == handles[*at].0)
                .map(|at| from + at - 1));
            let handles = handles.into_iter().map(|(_, handle)| handle);
            state.handles.splice(from..from, handles);
        }
        from = to;
    }
    like
}

fn rename_changes(state: &mut State) {
    let mut names: Vec<u8> = Vec::new();
    let State { handles, late, changes, .. } = state;
    let of_handles = handles.iter_mut().flat_map(|handle| {
        let of_move = match &mut handle.call {
            Call::Move(request) => request.carried.as_mut(),
            _ => None,
        };
        handle.carried.iter_mut().chain(of_move)
    });
    for carried in of_handles.chain(late.iter_mut().filter_map(|late| late.carried.as_mut())) {
        let known = names.iter().position(|name| *name == carried.change);
        carried.change = known.unwrap_or_else(|| {
            names.push(carried.change);
            names.len() - 1
        }) as u8;
    }
    *changes = names.iter().map(|name| changes[usize::from(*name)]).collect();
}

/// Tokens for which nobody looks are told apart by their age and by who knows them, and one of a kind is enough.
fn merge_tokens(state: &mut State) {
    let mut owned: Vec<u16> = Vec::new();
    each_owned_token(state, &mut |token| owned.push(token.text));
    let of_records = state
        .handles
        .iter()
        .filter_map(|handle| handle.record())
        .map(|record| record.known.tokens().map(|token| token.text).collect::<Vec<u16>>());
    let of_late = state.late.iter().filter_map(|late| match &late.what {
        What::Update(update) => Some(update.removes.iter().map(|token| token.text).collect()),
        _ => None,
    });
    let known: Vec<Vec<u16>> = of_records.chain(of_late).collect();
    let knowers =
        |text: u16| -> Vec<bool> { known.iter().map(|texts| texts.contains(&text)).collect() };
    for slot in &mut state.slots {
        let Slot::Stored(item) = slot else { continue };
        let Some(tokens) = &mut item.known.tokens else { continue };
        tokens.sort_by_cached_key(|token| (token.last, knowers(token.text)));
        let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
        for token in tokens.iter() {
            let is_same = |other: &Token| {
                other.last == token.last
                    && !owned.contains(&other.text)
                    && knowers(other.text) == knowers(token.text)
            };
            if owned.contains(&token.text) || !kept.iter().any(is_same) {
                kept.push(*token);
            }
        }
        *tokens = kept;
    }
    let kept = tokens_there(state);
    for handle in &mut state.handles {
        if let Some(tokens) = handle.record_mut().and_then(|record| record.known.tokens.as_mut()) {
            tokens.retain(|token| kept.contains(&token.text));
        }
    }
    for late in &mut state.late {
        if let What::Update(update) = &mut late.what {
            update.removes.retain(|token| kept.contains(&token.text));
        }
    }
}

fn rename_tokens(state: &mut State) {
    let mut names: Vec<u16> = Vec::new();
    each_token(state, &mut |token| {
        let text = names.iter().position(|name| *name == token.text);
        token.text = text.unwrap_or_else(|| {
            names.push(token.text);
            names.len() - 1
        }) as u16;
    });
    state.next_text = names.len() as u16;
    for slot in &mut state.slots {
        if let Slot::Stored(item) = slot {
            item.known.tokens.iter_mut().for_each(|tokens| tokens.sort_unstable());
        }
    }
    for handle in &mut state.handles {
        if let Some(record) = handle.record_mut() {
            record.known.tokens.iter_mut().for_each(|tokens| tokens.sort_unstable());
        }
    }
    for late in &mut state.late {
        if let What::Update(update) = &mut late.what {
            update.removes.sort_unstable();
        }
    }
    state.late.sort_unstable();
}
