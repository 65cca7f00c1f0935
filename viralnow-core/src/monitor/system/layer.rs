//! The host's `tracing` spans in a monitoring system, without a lock for each of them.

use super::super::layer::{event_data, foreign, guarded, level_topic};
use super::super::{Event, Outcome, SpanToken};
use super::MonitorSystem;
use super::open_spans::OpenSpans;
use super::record::{Detail, Open};
use super::site::{Capture, SiteId, register};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

impl MonitorSystem {
    /// A layer for the host's `tracing` subscriber: its spans become spans here, its events go over the bus under
    /// `tracing.error`, `tracing.warn`, ... What has the target `viralnow` is left out. Faster than a
    /// [`MonitorLayer`](super::super::MonitorLayer) around this monitor; a span's ids are its own fields
    /// `correlation_id` and `asset_id`. A global default is never set.
    ///
    /// ```
    /// use tracing_subscriber::layer::SubscriberExt;
    /// use viralnow_core::monitor::MonitorSystem;
    ///
    /// let monitor = MonitorSystem::builder().build();
    /// let subscriber = tracing_subscriber::registry().with(monitor.layer());
    /// tracing::subscriber::with_default(subscriber, || tracing::info_span!("upload").in_scope(|| ()));
    /// assert_eq!(monitor.all_counts()[0].0.name, "upload");
    /// ```
    #[must_use]
    pub fn layer(&self) -> SystemLayer {
        SystemLayer { monitor: self.clone(), sites: RwLock::default(), open: OpenSpans::new() }
    }
}

/// What [`MonitorSystem::layer`] gives.
pub struct SystemLayer {
    monitor: MonitorSystem,
    /// The host's places; statics, so their number is fixed.
    sites: RwLock<HashMap<Identifier, Place, BuildHasherDefault<Addresses>>>,
    /// Those without ids of their own, as long as there is room.
    open: OpenSpans,
}

/// The places that a thread met last, by the address of what `tracing` knows of them, which is static. The same for all monitors.
const LAST: usize = 16;

thread_local! {
    static PLACES: Cell<[Option<(usize, Place)>; LAST]> = const { Cell::new([None; LAST]) };
}

/// Hashes what an [`Identifier`] is, a static's address; nobody can choose those so that they collide.
#[derive(Default)]
struct Addresses(u64);

impl Hasher for Addresses {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

impl fmt::Debug for SystemLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemLayer").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
struct Place {
    site: SiteId,
    /// Whether its spans have one of the fields that we read.
    ids: bool,
}

/// A span of the host as the monitors know it. The registry keeps one value of a type: several monitors share it.
#[derive(Debug, Default)]
struct Watched {
    first: Option<Entry>,
    others: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    monitor: u64,
    open: Open,
    detail: Option<Box<Detail>>,
}

impl Watched {
    fn put(&mut self, entry: Entry) {
        if self.first.is_none() { self.first = Some(entry) } else { self.others.push(entry) }
    }

    fn of(&mut self, monitor: u64) -> Option<&mut Entry> {
        self.first.iter_mut().chain(&mut self.others).find(|entry| entry.monitor == monitor)
    }
}

impl SystemLayer {
    #[inline]
    fn place(&self, metadata: &'static Metadata<'static>) -> Place {
        let address = std::ptr::from_ref(metadata) as usize;
        let at = (address >> 4) % LAST;
        match PLACES.try_with(|places| places.get()[at]) {
            Ok(Some((known, place))) if known == address => place,
            _ => self.look_up(metadata, address, at),
        }
    }

    #[cold]
    fn look_up(&self, metadata: &'static Metadata<'static>, address: usize, at: usize) -> Place {
        let place = self.registered(metadata);
        let _ = PLACES.try_with(|places| {
            let mut known = places.get();
            known[at] = Some((address, place));
            places.set(known);
        });
        place
    }

    fn registered(&self, metadata: &'static Metadata<'static>) -> Place {
        let id = metadata.callsite();
        if let Some(&place) = self.sites.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return place;
        }
        let (file, line) = (metadata.file().unwrap_or_default(), metadata.line().unwrap_or(0));
        let site = register(metadata.name(), metadata.target(), file, line, 0.0, Capture::TIME);
        let ids = ["correlation_id", "asset_id"].iter().any(|name| metadata.fields().field(name).is_some());
        let place = Place { site, ids };
        self.sites.write().unwrap_or_else(PoisonError::into_inner).insert(id, place);
        place
    }

    /// The number of the nearest span that is recorded.
    fn around<'a, R: LookupSpan<'a>>(&self, span: Option<SpanRef<'a, R>>) -> SpanToken {
        let monitor = self.monitor.core.id;
        let known = |span: SpanRef<'a, R>| {
            if let Some(token) = self.open.span(span.id().into_u64()) {
                return Some(token);
            }
            span.extensions_mut()
                .get_mut::<Watched>()
                .and_then(|watched| Some(watched.of(monitor)?.open.span))
        };
        span.and_then(|span| span.scope().find_map(known)).unwrap_or(SpanToken::NONE)
    }
}

impl SystemLayer {
    /// The number of the span that a new one is inside of.
    #[inline]
    fn parent<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        attributes: &Attributes<'_>,
        context: &Context<'_, S>,
    ) -> SpanToken {
        let current = context.current_span();
        let parent = if attributes.is_contextual() { current.id() } else { attributes.parent() };
        let Some(parent) = parent else { return SpanToken::NONE };
        self.open.span(parent.into_u64()).unwrap_or_else(|| self.around(context.span(parent)))
    }

    /// Keeps an open span with what the registry knows of it.
    #[cold]
    fn keep<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        id: &Id,
        context: &Context<'_, S>,
        open: Open,
        detail: Option<Box<Detail>>,
    ) {
        let Some(span) = context.span(id) else { return };
        let entry = Entry { monitor: self.monitor.core.id, open, detail };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<Watched>() {
            Some(watched) => watched.put(entry),
            None => extensions.insert(Watched { first: Some(entry), others: Vec::new() }),
        }
    }

    /// Takes it back.
    #[cold]
    fn kept<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        id: &Id,
        context: &Context<'_, S>,
    ) -> Option<(Open, Option<Box<Detail>>)> {
        let span = context.span(id)?;
        let mut extensions = span.extensions_mut();
        let entry = extensions.get_mut::<Watched>()?.of(self.monitor.core.id)?;
        Some((entry.open, entry.detail.take()))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SystemLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !foreign(attributes.metadata()) {
            return;
        }
        let place = self.place(attributes.metadata());
        let parent = self.parent(attributes, &context);
        if !place.ids {
            let Some(open) = guarded(|| self.monitor.begin(place.site, parent)) else { return };
            if !self.open.put(id.into_u64(), &open) {
                self.keep(id, &context, open, None);
            }
            return;
        }
        let detail = place.ids.then(|| {
            let mut ids = Ids::default();
            attributes.record(&mut ids);
            Box::new(ids.0)
        });
        if let Some(open) = guarded(|| self.monitor.begin(place.site, parent)) {
            self.keep(id, &context, open, detail);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        let monitor = self.monitor.core.id;
        if let Some(detail) =
            extensions.get_mut::<Watched>().and_then(|watched| watched.of(monitor)?.detail.as_mut())
        {
            let mut ids = Ids(std::mem::take(&mut **detail));
            values.record(&mut ids);
            **detail = ids.0;
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if !foreign(event.metadata()) {
            return;
        }
        let span = self.around(context.event_span(event));
        let data = event_data(event, None);
        let event = Event { topic: level_topic(event.metadata()), correlation_id: String::new(), span, data };
        guarded(|| super::super::Monitor::publish(&self.monitor, &event));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let ended = match self.open.take(id.into_u64()) {
            Some(open) => Some((open, None)),
            None => self.kept(&id, &context),
        };
        let Some((open, detail)) = ended else { return };
        let outcome = if std::thread::panicking() {
            Outcome::Failed { code: "PANIC", message: "a panic unwound through the span" }
        } else {
            Outcome::Completed
        };
        guarded(|| match detail {
            Some(detail) => self.monitor.end_with(open, &outcome, *detail),
            None => self.monitor.end(open, &outcome),
        });
    }
}

/// Reads the two ids from a span's fields.
#[derive(Default)]
struct Ids(Detail);

impl Visit for Ids {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "correlation_id" => self.0.correlation_id = Some(value.to_owned()),
            "asset_id" => self.0.asset_id = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if ["correlation_id", "asset_id"].contains(&field.name()) {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
