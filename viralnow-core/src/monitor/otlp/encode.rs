//! Spans as OTLP's JSON: numbers of 64 bits as texts, ids in hexadecimal, attributes by the semantic conventions.

use super::traces::Ready;
use crate::monitor::{SpanStatus, site_info};
use serde_json::{Value, json};

/// `STATUS_CODE_ERROR`.
const FAILED: u8 = 2;
/// `SPAN_KIND_INTERNAL`.
const INTERNAL: u8 = 1;

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn whole(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

/// What sends.
pub(super) fn resource(service: &str) -> Value {
    json!({ "attributes": [
        text("service.name", service),
        whole("process.pid", std::process::id().into()),
        text("telemetry.sdk.name", "viralnow"),
        text("telemetry.sdk.language", "rust"),
        text("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ] })
}

/// A request of these spans.
pub(super) fn body(resource: &Value, run: u64, ready: &[Ready]) -> String {
    let spans: Vec<Value> = ready.iter().map(|ready| span(run, ready)).collect();
    let scope = json!({ "name": "viralnow", "version": env!("CARGO_PKG_VERSION") });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": scope, "spans": spans }] }] })
        .to_string()
}

fn span(run: u64, Ready { span, root }: &Ready) -> Value {
    let start_ns = i128::from(span.start_us) * 1000;
    let end_ns = start_ns + i128::from(span.duration_ns);
    let site = site_info(span.site);
    let mut attributes = Vec::new();
    if let Some(site) = site {
        let name = if site.module.is_empty() {
            site.name.to_owned()
        } else {
            format!("{}.{}", site.module, site.name)
        };
        attributes.push(text("code.function.name", &name));
        if !site.file.is_empty() {
            attributes.push(text("code.file.path", site.file));
            attributes.push(whole("code.line.number", site.line.into()));
        }
    }
    attributes.extend(span.cpu_ns.map(|ns| whole("viralnow.cpu_ns", ns)));
    attributes.extend(span.rss_kib.map(|kib| whole("viralnow.rss_kib", kib.into())));
    let extra = span.extra.as_deref();
    if let Some(detail) = extra.map(|extra| &extra.detail) {
        let told = [
            ("viralnow.args", &detail.args),
            ("viralnow.result", &detail.result),
            ("viralnow.correlation_id", &detail.correlation_id),
            ("viralnow.asset_id", &detail.asset_id),
        ];
        attributes.extend(told.iter().filter_map(|(key, value)| Some(text(key, value.as_deref()?))));
    }
    if span.status == SpanStatus::Cancelled {
        attributes.push(text("viralnow.outcome", "cancelled"));
    }
    let mut made = json!({
        "traceId": format!("{run:016x}{root:016x}"),
        "spanId": format!("{:016x}", span.span.0),
        "name": site.map_or("(unknown)", |site| site.name),
        "kind": INTERNAL,
        "startTimeUnixNano": start_ns.to_string(),
        "endTimeUnixNano": end_ns.to_string(),
        "attributes": attributes,
        // What went well is left unset, as the specification wants it of libraries.
        "status": {},
    });
    if span.parent.0 != 0 {
        made["parentSpanId"] = format!("{:016x}", span.parent.0).into();
    }
    if span.status == SpanStatus::Failed {
        let failure = extra.and_then(|extra| extra.failure.as_ref());
        let message = failure.map(|failure| failure.message.as_str()).unwrap_or_default();
        made["status"] = json!({ "code": FAILED, "message": message });
        let mut said = vec![text("exception.message", message)];
        said.extend(failure.map(|failure| text("exception.type", &failure.kind)));
        let stack = extra.and_then(|extra| extra.detail.stack.as_deref());
        said.extend(stack.map(|stack| text("exception.stacktrace", stack)));
        made["events"] =
            json!([{ "timeUnixNano": end_ns.to_string(), "name": "exception", "attributes": said }]);
    }
    made
}
