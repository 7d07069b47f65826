//! Requests that know nothing of each other, one of which changes whether the session is remembered. In whichever order
//! they arrive, and however late a copy of one does, the expiry is that of the timeout which the table says.

use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use dynamo_session::{Session, SessionId, SessionStore};
use dynamo_session_tests::{Fault, World, skip_pauses};
use tokio::sync::Notify;

use crate::remember::{DAY, IDLE, REMEMBERED, Shop, advance, left, stored};

/// What a request does with the session that it loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Touch,
    Commit,
    Update,
    UpdateNothing,
    Remember,
    Forget,
}

use Request::{Commit, Forget, Remember, Touch, Update, UpdateNothing};

impl Request {
    async fn run(self, store: &SessionStore<Shop>, session: &mut Session<Shop>) {
        let id = session.id().clone();
        match self {
            Touch => drop(session.touch().await.unwrap()),
            Commit => {
                session.views += 1;
                let _ = session.commit().await.unwrap();
            }
            Update => store.update(&id, |session| session.views += 1).await.unwrap(),
            UpdateNothing => store.update(&id, |_| ()).await.unwrap(),
            Remember | Forget => {
                session.remember = self == Remember;
                let _ = session.commit().await.unwrap();
            }
        }
    }
}

/// A session on which everything that moves an expiry is due.
async fn due(world: &World, store: &SessionStore<Shop>, remembered: bool) -> SessionId {
    let id = stored(world, store, remembered).await;
    advance(world, if remembered { 2 * DAY } else { 600 });
    id
}

#[track_caller]
fn assert_right((left, remembered): (i64, bool), what: &str) {
    match remembered {
        // A touch is due after a day.
        true => assert!((REMEMBERED - DAY..=REMEMBERED).contains(&left), "{what}: {left} s left"),
        false => assert!((1..=IDLE).contains(&left), "{what}: {left} s left"),
    }
}

async fn deliver_again(world: &World, copies: Vec<HttpRequest>) {
    for copy in copies {
        let _ = world.network.deliver(copy).await;
    }
}

/// All orders of so many different requests of these.
fn orders(of: &[Request], length: usize) -> Vec<Vec<Request>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(of, length - 1);
    let longer = |order: &Vec<Request>| {
        let rest = of.iter().filter(|request| !order.contains(request));
        rest.map(|request| [order.as_slice(), &[*request]].concat()).collect::<Vec<_>>()
    };
    shorter.iter().flat_map(longer).collect()
}

#[tokio::test]
async fn in_whichever_order_requests_arrive_that_were_loaded_together() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    for remembered in [false, true] {
        let change = if remembered { Forget } else { Remember };
        for order in orders(&[Touch, Commit, Update, UpdateNothing, change], 3) {
            let id = due(&world, &store, remembered).await;
            let mut sessions = Vec::new();
            for _ in &order {
                sessions.push(world.load(&store, &id).await);
            }
            world.network.take_sent();
            for (position, request) in order.iter().enumerate() {
                request.run(&store, &mut sessions[position]).await;
                let expected = order[..=position].contains(&change) != remembered;
                let found = left(&world, &store, &id).await;
                let what = format!("{order:?} of one remembered: {remembered}");
                assert_eq!(found.1, expected, "{what}");
                assert_right(found, &what);
                if *request == change {
                    assert_eq!(found.0, if expected { REMEMBERED } else { IDLE }, "{what}");
                }
            }
            let before = world.item(&store, &id).await;
            deliver_again(&world, world.network.copies("UpdateItem")).await;
            assert_eq!(world.item(&store, &id).await, before, "{order:?}");
        }
    }
}

/// One request waits on its way while another is carried out.
#[tokio::test]
async fn a_request_that_was_overtaken() {
    skip_pauses();
    for remembered in [false, true] {
        let change = if remembered { Forget } else { Remember };
        let requests = [Touch, Commit, Update, UpdateNothing, change];
        for (slow, quick) in
            requests.into_iter().flat_map(|slow| requests.map(|quick| (slow, quick)))
        {
            let (world, store) = World::with_store::<Shop>().await;
            let id = due(&world, &store, remembered).await;
            let mut late = world.load(&store, &id).await;
            let mut other = world.load(&store, &id).await;
            world.network.take_sent();
            let gate = Arc::new(Notify::new());
            world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
            let call = tokio::spawn({
                let store = store.clone();
                async move {
                    slow.run(&store, &mut late).await;
                    late.expires_at()
                }
            });
            world.network.until_sent("UpdateItem", 1).await;
            quick.run(&store, &mut other).await;
            gate.notify_one();
            let known = call.await.unwrap().epoch_seconds();
            let found = left(&world, &store, &id).await;
            let what = format!("{slow:?} overtaken by {quick:?} of one remembered: {remembered}");
            let is_changed = [slow, quick].contains(&change);
            assert_eq!(found.1, is_changed != remembered, "{what}");
            assert_right(found, &what);
            if [Touch, Commit, change].contains(&slow) {
                assert_eq!(known, world.clock.epoch_seconds() + found.0, "{what}");
            }
            let before = world.item(&store, &id).await;
            deliver_again(&world, world.network.copies("UpdateItem")).await;
            assert_eq!(world.item(&store, &id).await, before, "{what}");
        }
    }
}

/// Two requests that decide differently: what the table says in the end, the expiry says too.
#[tokio::test]
async fn the_last_decision_decides_on_the_expiry() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = due(&world, &store, false).await;
    let mut early = world.load(&store, &id).await;
    store.update(&id, |session| session.remember = true).await.unwrap();
    let mut forgets = world.load(&store, &id).await;
    Forget.run(&store, &mut forgets).await;
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
    Remember.run(&store, &mut early).await;
    assert_eq!(left(&world, &store, &id).await, (REMEMBERED, true));

    let mut forgets = world.load(&store, &id).await;
    advance(&world, 2 * DAY);
    let mut touches = world.load(&store, &id).await;
    Touch.run(&store, &mut touches).await;
    Forget.run(&store, &mut forgets).await;
    assert_eq!(forgets.attempts().rebases(), 1, "it shortens only what it has read");
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
    Touch.run(&store, &mut touches).await;
    Commit.run(&store, &mut touches).await;
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}

/// The request never arrived, as far as its handle knows, and does so after somebody else has decided.
#[tokio::test]
async fn a_touch_that_arrives_after_the_session_was_forgotten_does_not_extend_it() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = due(&world, &store, true).await;
    let mut touches = world.load(&store, &id).await;
    let mut forgets = world.load(&store, &id).await;
    world.network.take_sent();
    for _ in 0..3 {
        world.network.fail_next("UpdateItem", Fault::LoseRequest);
    }
    assert!(touches.touch().await.unwrap_err().is_unavailable());
    let copies = world.network.copies("UpdateItem");
    Forget.run(&store, &mut forgets).await;
    deliver_again(&world, copies).await;
    assert_eq!(left(&world, &store, &id).await, (IDLE, false));
}
