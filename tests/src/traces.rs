use std::cell::RefCell;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

type Text = Arc<Mutex<Vec<u8>>>;

thread_local! {
    static COLLECTING: RefCell<Option<Text>> = const { RefCell::new(None) };
}

/// Everything that is traced on this thread while it lives, as text.
///
/// One subscriber serves all threads: where each has its own, `tracing` may take an event that one of them wants for one
/// that nobody wants.
#[derive(Debug)]
pub struct Traces {
    text: Text,
    /// It belongs to its thread.
    not_send: PhantomData<*const ()>,
}

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        COLLECTING.with_borrow(|text| match text {
            Some(text) => text.lock().unwrap_or_else(PoisonError::into_inner).write(bytes),
            None => Ok(bytes.len()),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Traces {
    /// Begins to collect.
    pub fn collect() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Sink);
            let layer = layer
                .with_filter(dynamic_filter_fn(|_, _| COLLECTING.with_borrow(Option::is_some)));
            tracing_subscriber::registry().with(layer).init();
        });
        let text = Text::default();
        COLLECTING.set(Some(text.clone()));
        Self { text, not_send: PhantomData }
    }

    /// What was traced so far.
    pub fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        COLLECTING.set(None);
    }
}
