//! Every test of text, clips and stores, in one binary: it is linked once, and the tests of all files share the processors.
// Of the payloads that the stores' tests write as `json!`.
#![recursion_limit = "256"]

mod common;
#[cfg(feature = "platforms")]
#[path = "support/http_server.rs"]
mod http_server;
#[cfg(feature = "sqlite")]
#[path = "support/payload.rs"]
mod support;

mod clips;
#[cfg(feature = "platforms")]
mod clips_sources;
#[cfg(feature = "sqlite")]
mod clips_store;
mod floors;
mod monitor;
#[cfg(feature = "sqlite")]
mod report;
mod schema;
#[cfg(feature = "sqlite")]
mod store;
mod text;
mod text_hostile;
