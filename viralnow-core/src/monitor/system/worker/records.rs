//! What becomes of a record: it is redacted, told to who listens, judged, and put into the batch.

use super::Work;
use crate::monitor::system::clock;
use crate::monitor::system::record::{self, BusEvent, Extra, FinishedSpan, Kind, Record, SpanStatus};
use crate::monitor::system::site::{FULL, SiteId, site_info};
use crate::monitor::system::told::{span_event, told};
use crate::monitor::{Event, SpanToken, events};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Work<'_> {
    pub(super) fn take(&mut self, record: Record) {
        self.received += 1;
        let bytes = record.extra.as_ref().map_or(0, |extra| extra.bytes());
        if bytes > 0 {
            self.live.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        let ts_us = self.anchor.unix_us(record.at);
        match record.kind {
            Kind::Started => self.started(&record, ts_us),
            Kind::Ended => self.ended(record, ts_us, bytes),
            Kind::Event => match record.extra.map(|extra| *extra) {
                Some(Extra::Event(mut event)) => {
                    self.scrubber.event(&mut event);
                    self.emit(ts_us, event);
                }
                Some(Extra::Told(mut event)) => {
                    self.scrubber.event(&mut event);
                    self.deliver(ts_us, event);
                }
                Some(Extra::Progress(id, progress)) => {
                    let mut event = events::progressed(&id, &progress);
                    self.scrubber.event(&mut event);
                    self.deliver(ts_us, event);
                }
                _ => {}
            },
        }
    }

    fn started(&mut self, record: &Record, ts_us: i64) {
        let Some(site) = site_info(SiteId(record.site)) else { return };
        let data = json!({"name": site.name, "module": site.module, "parent": record.parent});
        let event = Event {
            topic: events::STARTED.to_owned(),
            correlation_id: String::new(),
            span: SpanToken(record.span),
            data,
        };
        self.deliver(ts_us, event);
    }

    fn ended(&mut self, record: Record, start_us: i64, bytes: usize) {
        let mut extra = match record.extra.map(|extra| *extra) {
            Some(Extra::Span(extra)) => Some(Box::new(extra)),
            _ => None,
        };
        if let Some(extra) = &mut extra {
            self.scrubber.span(extra);
        }
        let span = FinishedSpan {
            site: SiteId(record.site),
            span: SpanToken(record.span),
            parent: SpanToken(record.parent),
            start_us,
            duration_ns: clock::nanoseconds(record.took),
            cpu_ns: record.cpu.checked_sub(1),
            rss_kib: Some(record.rss_kib).filter(|&kib| kib > 0),
            status: record.status,
            extra,
        };
        self.tell_of_span(&span);
        let end_us = start_us + (span.duration_ns / 1000) as i64;
        let all = self.core.table.state(span.site).level.load(Ordering::Relaxed) == FULL;
        for event in self.baselines.judge(&span, all) {
            self.emit(end_us, event);
        }
        self.batch_bytes += size_of::<FinishedSpan>() + bytes;
        self.batch.spans.push(span);
    }

    /// The events of a span's end, for those who listen.
    fn tell_of_span(&mut self, span: &FinishedSpan) {
        let which = match span.status {
            SpanStatus::Completed => 1,
            SpanStatus::Failed => 2,
            SpanStatus::Cancelled => 3,
        };
        let end_us = span.start_us + (span.duration_ns / 1000) as i64;
        if self.live.bus.wants(which)
            && let Some(event) = span_event(span)
        {
            self.deliver(end_us, event);
        }
        if self.live.bus.wants(5)
            && let Some(site) = site_info(span.site)
        {
            let data = json!({
                "name": site.name, "module": site.module, "duration_s": span.duration_ns as f64 * 1e-9,
                "cpu_s": span.cpu_ns.map(|ns| ns as f64 * 1e-9), "rss_kib": span.rss_kib,
            });
            let mut event = told("performance.recorded", data);
            event.span = span.span;
            self.deliver(end_us, event);
        }
    }

    /// An event for handlers and for sinks.
    pub(super) fn emit(&mut self, ts_us: i64, event: Event) {
        self.batch_bytes += record::event_bytes(&event);
        let stamped = self.deliver(ts_us, event);
        self.batch.events.push(stamped);
    }

    fn deliver(&mut self, ts_us: i64, event: Event) -> Arc<BusEvent> {
        let stamped = self.delivery.stamp(ts_us, event);
        // What is said of handlers that panicked goes to the others; each of them has three strikes.
        let mut said = self.delivery.deliver(&self.live.bus, &stamped);
        while let Some(mut event) = said.pop() {
            // A panic's text may hold what the handler was given, or more.
            self.scrubber.event(&mut event);
            let event = self.delivery.stamp(clock::unix_us(), event);
            said.extend(self.delivery.deliver(&self.live.bus, &event));
            self.batch_bytes += record::event_bytes(&event.event);
            self.batch.events.push(event);
        }
        stamped
    }
}
