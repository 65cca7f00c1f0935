//! A source by its name and what to ask it for, as the other languages and settings files give it.

use super::SOURCES;
use super::fetch::ClipSource;
use super::http::HttpOptions;
use super::instagram::{self, Instagram, InstagramQuery};
use super::secret::Secret;
use super::tiktok::{self, TikTokDisplay, TikTokDisplayQuery, TikTokResearch, TikTokResearchQuery};
use super::x::{self, X, XQuery};
use super::youtube::{self, YouTube, YouTubeQuery};
use crate::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What to ask one of the platforms for.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceQuery {
    /// `youtube`
    YouTube(YouTubeQuery),
    /// `tiktok_research`
    TikTokResearch(TikTokResearchQuery),
    /// `tiktok_display`
    TikTokDisplay(TikTokDisplayQuery),
    /// `instagram`
    Instagram(InstagramQuery),
    /// `x`
    X(XQuery),
}

impl SourceQuery {
    /// Reads it: the source's name, one of [`SOURCES`], and its query as JSON. `INVALID_CONFIG` says what is wrong.
    ///
    /// ```
    /// use serde_json::json;
    /// use viralnow_core::clips::sources::{HttpOptions, Secret, SourceQuery};
    /// let query = SourceQuery::from_json("youtube", json!({ "region": "US" }))?;
    /// assert_eq!(query.variable(), "VIRALNOW_YOUTUBE_KEY");
    /// let source = query.open(Some(Secret::new("invented-key")?), HttpOptions::default())?;
    /// assert_eq!(source.platform(), "youtube");
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn from_json(source: &str, query: Value) -> Result<Self> {
        Ok(match source {
            "youtube" => Self::YouTube(read(query)?),
            "tiktok_research" => Self::TikTokResearch(read(query)?),
            "tiktok_display" => Self::TikTokDisplay(read(query)?),
            "instagram" => Self::Instagram(read(query)?),
            "x" => Self::X(read(query)?),
            _ => {
                return Err(Error::new(ErrorKind::InvalidConfig, "there is no such source of clips")
                    .with("source", source.chars().take(40).collect::<String>())
                    .with("there_are", SOURCES.join(" ")));
            }
        })
    }

    /// The environment variable in which its key or token is looked for.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        match self {
            Self::YouTube(_) => youtube::VARIABLE,
            Self::TikTokResearch(_) => tiktok::RESEARCH_VARIABLE,
            Self::TikTokDisplay(_) => tiktok::DISPLAY_VARIABLE,
            Self::Instagram(_) => instagram::VARIABLE,
            Self::X(_) => x::VARIABLE,
        }
    }

    /// The source, with this key or token, else the one in the environment; without either the error names the variable.
    pub fn open(self, secret: Option<Secret>, http: HttpOptions) -> Result<Box<dyn ClipSource + Send>> {
        let secret = secret.map_or_else(|| Secret::from_env(self.variable()), Ok)?;
        Ok(match self {
            Self::YouTube(query) => Box::new(YouTube::new(query, secret, http)?),
            Self::TikTokResearch(query) => Box::new(TikTokResearch::new(&query, secret, http)?),
            Self::TikTokDisplay(query) => Box::new(TikTokDisplay::new(query, secret, http)?),
            Self::Instagram(query) => Box::new(Instagram::new(query, secret, http)?),
            Self::X(query) => Box::new(X::new(query, secret, http)?),
        })
    }
}

fn read<T: DeserializeOwned>(query: Value) -> Result<T> {
    serde_json::from_value(query).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "the query is none of this source").caused_by(error)
    })
}
