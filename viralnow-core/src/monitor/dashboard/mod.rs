//! The dashboard: what happens, live, in a browser.
//!
//! It listens on this machine alone (`127.0.0.1:5000`) unless it is told otherwise, on a thread of its own. Who opens it needs its token: the
//! address with it is printed once at the start, and the browser keeps it as a cookie that scripts cannot read. Requests that name another
//! host, or come from another site's page, are refused, so that no page in the same browser can read it. Everything the page needs comes
//! from here: nothing is loaded from elsewhere.
//!
//! | path | |
//! |---|---|
//! | `/` | the page |
//! | `/api/live` | one stream of events (SSE): a frame at every update |
//! | `/api/status` `/api/functions` `/api/errors` `/api/errors/{id}` `/api/jobs` `/api/alerts` `/api/config` `/api/events` `/api/log?q=` | JSON |
//! | `/api/trace.json?hours=` | the last calls of the log for Chrome's trace viewer or Perfetto |
//! | `/api/alerts/{name}/trial` (POST) | tries an alert's channels |
//! | `/metrics` | for Prometheus |
//! | `/healthz` | whether it answers; needs no token |

mod board;
mod gate;
mod live;
mod mount;
mod routes;
mod server;
mod source;

pub use board::{Board, ErrorGroup, JobRow, Row};
pub use mount::{Answer, AnswerStream, MountedDashboard};
pub use server::{Dashboard, DashboardHandle};
pub use source::{Found, FunctionRow, Source, Tick};
