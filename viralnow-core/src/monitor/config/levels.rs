//! The words of settings: how grave, and what goes when there is too much.

use schemars::JsonSchema;
use serde::Serialize;

/// How grave an entry must be to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens; the default.
    #[default]
    Info,
    /// What should be looked at.
    Warning,
    /// What failed.
    Error,
    /// What stops the host.
    Critical,
    /// Nothing.
    Off,
}

impl LogLevel {
    /// Every level, the chattiest first.
    pub const ALL: [Self; 6] =
        [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical, Self::Off];

    /// What other loggers call some of them.
    pub(super) const OTHER: [(&'static str, Self); 3] =
        [("WARN", Self::Warning), ("FATAL", Self::Critical), ("NONE", Self::Off)];

    /// The word in settings and log lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
            Self::Off => "OFF",
        }
    }

    /// The level of this name, in any case; `WARN`, `FATAL` and `NONE` are understood.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let own = Self::ALL.map(|level| (level.as_str(), level)).into_iter();
        own.chain(Self::OTHER).find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, level)| level)
    }
}

/// How grave an alert is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at; the default.
    #[default]
    Warning,
    /// To be looked at now.
    Error,
    /// Somebody is to be woken.
    Critical,
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The word in settings and notices.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What happens with events that come faster than they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// The newest are dropped and counted; the default. What is kept leads up to the trouble.
    #[default]
    DropNewest,
    /// The oldest of the thread are dropped and counted, and of what waits for a sink in trouble the oldest. What is kept is the last of it.
    DropOldest,
    /// Fewer of the frequent ones are kept.
    SampleDown,
    /// The caller waits, for a bounded time.
    Block,
}

impl Overflow {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::DropNewest, Self::DropOldest, Self::SampleDown, Self::Block];

    /// The word in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DropNewest => "drop_newest",
            Self::DropOldest => "drop_oldest",
            Self::SampleDown => "sample_down",
            Self::Block => "block",
        }
    }
}
