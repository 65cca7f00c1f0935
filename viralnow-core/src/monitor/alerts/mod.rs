//! Alerts: a condition over events, a window, and who is told.
//!
//! # The language
//! A condition is an expression of at most 4 KiB:
//!
//! | | |
//! |---|---|
//! | compare | `==` `!=` `<` `<=` `>` `>=`, `in ['a', 'b']`, `matches /fetch*/` (`*` any letters, `?` one), `not in`, `not matches` |
//! | join | `and` or `&&`, `or` or `\|\|`, `not` or `!`, brackets at most 32 deep |
//! | values | `'text'` or `"text"`, `true`, `false`, numbers with `ns us ms s m h d`, `B KB MB GB KiB MiB GiB`, `%` |
//! | facts of an event | `event_type` `topic` `function` `module` `status` `error_kind` `error_message` `platform` `step` (texts), `duration` (bare: seconds), `cpu` and `progress` (shares of 1), `memory` (bare: bytes), `data.<path>` (whatever the event holds) |
//! | facts of the window | `count()`, `rate()` (events per second), `error_rate()` (failed of ended calls), `avg min max sum p50 p90 p95 p99` of a field, `absent(5m)` |
//!
//! Types are checked when a condition is loaded: a time is not compared with a size, a misspelt field is named. A fact that an event does
//! not have compares with nothing: every comparison with it is false, `!=` as well.
//!
//! # When it fires
//! Parts joined by `and` that look at events choose the events that count; the rest looks at the window of those.
//! - Events alone (`event_type == 'fetch_failed'`): it fires when at least `threshold` of them came within `time_window`.
//! - A number of the window (`error_rate()`): it fires when the number reaches `threshold`.
//! - A comparison with the window (`p95(duration) > 2s and count() >= 20`): it says so itself, and has no threshold.
//!
//! Every call counts, recorded singly or not, and every event that somebody publishes. What the monitor itself says (`performance.*`, `monitor.*`,
//! `system.*`, `config.*`) counts where a condition asks for `event_type` or `topic`; the turns of alerts never do. `platform`, `step` and
//! `data.*` of a call are the fields that its span was given, such as those of `span("fetch", platform="tiktok")` in Python.
//!
//! With `for` it must hold that long first. It resolves when it no longer holds, and then fires again only after its cooldown, which
//! runs from one firing to the next and is the window unless it is given.
//!
//! `event_type == 'fetch_failed'` is the specification's name: it is an event published under that topic, and `function.failed` of a function
//! whose name matches `fetch*`.

mod channels;
mod condition;
mod engine;
mod expr;
mod facts;
mod lex;
mod notice;
mod parse;
mod target;
#[cfg(feature = "webhook")]
mod webhook;
mod window;

pub(crate) use channels::told;
pub use channels::{Channel, ChannelState, Channels};
pub use condition::{Condition, ConditionError};
pub use engine::{AlertEngine, AlertPhase, AlertState};
pub use facts::Facts;
pub use notice::{Notice, Turn};
pub(crate) use target::target;
#[cfg(feature = "webhook")]
pub use webhook::{Webhook, signature};
