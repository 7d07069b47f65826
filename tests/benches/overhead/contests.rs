//! What is measured: one operation of ours at one size, and the other ways to do it.

use std::rc::Rc;

use dynamo_session::SessionId;
use tokio::runtime::Runtime;

use crate::blob::BlobStore;
use crate::by_hand::ByHand;
use crate::ours::Ours;
use crate::page::Page;
use crate::ready::Ready;
use crate::session::Row;
use crate::timed::{Timed, timed, timed_on};

/// Names and sizes in bytes of the items that are measured.
pub(crate) const SIZES: [(&str, usize); 3] = [("0.5 KB", 512), ("2 KB", 2048), ("20 KB", 20_480)];

pub(crate) struct Contest {
    pub(crate) operation: &'static str,
    pub(crate) size: &'static str,
    pub(crate) ours: Timed,
    pub(crate) others: Vec<(&'static str, Timed)>,
}

/// A clone of a handle that the closure owns, and an async closure that makes the call.
macro_rules! with {
    ($side:ident, $value:ident => $call:expr) => {{
        let $side = Rc::clone(&$side);
        async move |$value: &mut _| $call.await
    }};
    ($side:ident => $call:expr) => {{
        let $side = Rc::clone(&$side);
        async move || $call.await
    }};
}

pub(crate) fn contests(runtime: &Rc<Runtime>, size: &'static str, bytes: usize) -> Vec<Contest> {
    let id = SessionId::generate();
    let row = Row::of_bytes(&id, bytes);
    let ours = Rc::new(runtime.block_on(Ours::new(&row, &id)));
    let hand = Rc::new(ByHand::new(&row));
    let blob = Rc::new(BlobStore::new(&row));
    let ready = Rc::new(runtime.block_on(Ready::commit_of_all(&row, &id)));
    let page = Rc::new(runtime.block_on(Page::ours(&row, &id)));
    let blob_page = Rc::new(Page::on_tower_sessions(&row));
    let load = with!(ours => ours.load());
    let load_later = with!(ours => ours.load_later());
    let row = || with!(hand => hand.load());
    let blob_row = || with!(blob => blob.load());
    let request = async move || ready.request();
    vec![
        Contest {
            operation: "load",
            size,
            ours: timed(runtime, load.clone()),
            others: vec![
                ("GetItem", timed(runtime, row())),
                ("blob store", timed(runtime, blob_row())),
            ],
        },
        Contest {
            operation: "page that reads",
            size,
            ours: timed(runtime, with!(page => page.visit())),
            others: vec![("tower-sessions", timed(runtime, with!(blob_page => blob_page.visit())))],
        },
        Contest {
            operation: "touch",
            size,
            ours: timed_on(runtime, load_later, async |session| Ours::touch(session).await),
            others: vec![
                ("UpdateItem", timed_on(runtime, row(), with!(hand, row => hand.touch(row)))),
                ("blob store", timed_on(runtime, blob_row(), with!(blob, row => blob.touch(row)))),
            ],
        },
        Contest {
            operation: "commit of one field",
            size,
            ours: timed_on(runtime, load.clone(), async |session| {
                Ours::commit_field(session).await;
            }),
            others: vec![
                (
                    "PutItem of all",
                    timed_on(runtime, row(), with!(hand, row => hand.put_field(row))),
                ),
                (
                    "UpdateItem of it",
                    timed_on(runtime, row(), with!(hand, row => hand.update_field(row))),
                ),
                (
                    "blob store",
                    timed_on(runtime, blob_row(), with!(blob, row => blob.commit_field(row))),
                ),
            ],
        },
        Contest {
            operation: "commit of all",
            size,
            ours: timed_on(runtime, load, async |session| Ours::commit_all(session).await),
            others: vec![
                ("PutItem of all", timed_on(runtime, row(), with!(hand, row => hand.put_all(row)))),
                (
                    "its request, ready",
                    timed_on(runtime, request, async |request| Ready::send(request).await),
                ),
                (
                    "blob store",
                    timed_on(runtime, blob_row(), with!(blob, row => blob.commit_all(row))),
                ),
            ],
        },
    ]
}
