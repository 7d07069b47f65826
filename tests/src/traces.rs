use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

type Shared<T> = Arc<Mutex<T>>;

thread_local! {
    static COLLECTING: RefCell<Option<Collected>> = const { RefCell::new(None) };
}

#[derive(Clone, Debug, Default)]
struct Collected {
    text: Shared<Vec<u8>>,
    spans: Shared<Vec<TracedSpan>>,
}

/// A span as it was when it was closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TracedSpan {
    /// Where it was opened: the module's path.
    pub target: String,
    /// Its name.
    pub name: String,
    /// Its fields, as text.
    pub fields: BTreeMap<String, String>,
}

/// Everything that is traced on this thread while it lives, at all levels.
///
/// One subscriber serves all threads: where each has its own, `tracing` may take an event that one of them wants for one
/// that nobody wants.
#[derive(Debug)]
pub struct Traces {
    collected: Collected,
    /// It belongs to its thread.
    not_send: PhantomData<*const ()>,
}

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        COLLECTING.with_borrow(|collected| match collected {
            Some(Collected { text, .. }) => {
                text.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
            }
            None => Ok(bytes.len()),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

struct SpanSink;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanSink {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let metadata = attributes.metadata();
        let mut traced = TracedSpan {
            target: metadata.target().to_owned(),
            name: metadata.name().to_owned(),
            fields: BTreeMap::new(),
        };
        attributes.record(&mut Fields(&mut traced.fields));
        span.extensions_mut().insert(traced);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(traced) = span.extensions_mut().get_mut::<TracedSpan>() {
            values.record(&mut Fields(&mut traced.fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let traced = context.span(&id).and_then(|span| span.extensions_mut().remove());
        COLLECTING.with_borrow(|collected| {
            if let (Some(Collected { spans, .. }), Some(traced)) = (collected, traced) {
                spans.lock().unwrap_or_else(PoisonError::into_inner).push(traced);
            }
        });
    }
}

impl Traces {
    /// Begins to collect.
    pub fn collect() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Sink);
            let layer = layer
                .and_then(SpanSink)
                .with_filter(dynamic_filter_fn(|_, _| COLLECTING.with_borrow(Option::is_some)));
            tracing_subscriber::registry().with(layer).init();
        });
        let collected = Collected::default();
        COLLECTING.set(Some(collected.clone()));
        Self { collected, not_send: PhantomData }
    }

    /// The events that were traced so far, each with the spans around it.
    pub fn text(&self) -> String {
        let text = self.collected.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The spans that were closed so far, oldest first.
    pub fn spans(&self) -> Vec<TracedSpan> {
        self.collected.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        COLLECTING.set(None);
    }
}
