//! Where clips come from: the platforms' interfaces (feature `platforms`), what yt-dlp writes, or the host.
//!
//! A [`ClipSource`] gives pages of clips; [`fetch_clips`] asks for one after the other and keeps what came, whatever happens
//! then. A source in another language is no type of ours: clips that a program has read in its own way are simply handed to
//! [`find_clips`](crate::clips::find_clips), and their counts over time to a [`History`](crate::clips::History).
//!
//! ```
//! use viralnow_core::clips::sources::{ClipSource, FetchLimits, Page, fetch_clips};
//! use viralnow_core::clips::{Clip, Counts};
//! use viralnow_core::monitor::Run;
//!
//! struct Ours;
//! impl ClipSource for Ours {
//!     fn platform(&self) -> &'static str {
//!         "ours"
//!     }
//!     fn page(&mut self, cursor: Option<&str>, _: &mut Run) -> viralnow_core::Result<Page> {
//!         let id = cursor.unwrap_or("1").to_owned();
//!         let next = (id == "1").then(|| "2".to_owned());
//!         let counts = Counts { views: Some(7), ..Counts::default() };
//!         let clip = Clip { id, platform: "ours".to_owned(), counts, ..Clip::default() };
//!         Ok(Page { next, ..Page::new(vec![clip]) })
//!     }
//! }
//! let fetched = fetch_clips(&mut Ours, None, FetchLimits::default(), &mut Run::unwatched());
//! assert_eq!((fetched.clips.len(), fetched.pages, fetched.snapshots[1].snapshots[0].counts.views), (2, 2, Some(7)));
//! assert!(fetched.stopped_by.is_none());
//! ```

mod draft;
mod fetch;
mod usage;
mod ytdlp;

#[cfg(feature = "platforms")]
mod http;
#[cfg(feature = "platforms")]
mod instagram;
#[cfg(feature = "platforms")]
mod query;
#[cfg(feature = "platforms")]
mod refusal;
#[cfg(feature = "platforms")]
mod retry;
#[cfg(feature = "platforms")]
mod secret;
#[cfg(feature = "platforms")]
mod tiktok;
#[cfg(feature = "platforms")]
mod url;
#[cfg(feature = "platforms")]
mod x;
#[cfg(feature = "platforms")]
mod youtube;

pub use fetch::{ClipSource, FetchLimits, Fetched, Page, fetch_clips};
#[cfg(feature = "platforms")]
pub use http::HttpOptions;
#[cfg(feature = "platforms")]
pub use instagram::{Instagram, InstagramEdge, InstagramQuery};
#[cfg(feature = "platforms")]
pub use query::SourceQuery;
#[cfg(feature = "platforms")]
pub use retry::RetryPolicy;
#[cfg(feature = "platforms")]
pub use secret::Secret;
#[cfg(feature = "platforms")]
pub use tiktok::{TikTokDisplay, TikTokDisplayQuery, TikTokResearch, TikTokResearchQuery};
pub use usage::Usage;
#[cfg(feature = "platforms")]
pub use x::{X, XFieldNames, XQuery};
#[cfg(feature = "platforms")]
pub use youtube::{YouTube, YouTubeQuery};
pub use ytdlp::{YtDlpRead, read_ytdlp, read_ytdlp_file};

/// The names of the sources that [`SourceQuery`] knows.
pub const SOURCES: [&str; 5] = ["youtube", "tiktok_research", "tiktok_display", "instagram", "x"];
