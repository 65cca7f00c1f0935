//! What a condition is made of.

use crate::monitor::units::Unit;
use std::fmt;

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Text,
    Number(Unit),
    /// Known only when an event comes: `data.<path>`.
    Any,
}

impl Kind {
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Text => "a text",
            Self::Number(Unit::None) => "a number",
            Self::Number(Unit::Time) => "a time",
            Self::Number(Unit::Size) => "a size",
            Self::Number(Unit::Share) => "a share",
            Self::Any => "anything",
        }
    }
}

/// A fact of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    EventType,
    Topic,
    Function,
    Module,
    Status,
    ErrorKind,
    ErrorMessage,
    Platform,
    Step,
    Duration,
    Cpu,
    Memory,
    Progress,
    /// A path into the event's data.
    Data(Vec<String>),
}

/// The table of fields, by their names in conditions.
pub(super) const FIELDS: &[(&str, Field, Kind)] = &[
    ("event_type", Field::EventType, Kind::Text),
    ("topic", Field::Topic, Kind::Text),
    ("function", Field::Function, Kind::Text),
    ("module", Field::Module, Kind::Text),
    ("status", Field::Status, Kind::Text),
    ("error_kind", Field::ErrorKind, Kind::Text),
    ("error_message", Field::ErrorMessage, Kind::Text),
    ("platform", Field::Platform, Kind::Text),
    ("step", Field::Step, Kind::Text),
    ("duration", Field::Duration, Kind::Number(Unit::Time)),
    ("cpu", Field::Cpu, Kind::Number(Unit::Share)),
    ("memory", Field::Memory, Kind::Number(Unit::Size)),
    ("progress", Field::Progress, Kind::Number(Unit::Share)),
];

/// What is taken over the events of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Avg,
    Min,
    Max,
    Sum,
    /// The value that this share of all is not above.
    Percentile(u8),
}

/// Everything that looks at a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Aggregate {
    Count,
    Rate,
    ErrorRate,
    Absent(f64),
    Of(Of, Field),
}

/// The whitelist of calls.
pub(super) const CALLS: &[&str] =
    &["count", "rate", "error_rate", "absent", "avg", "min", "max", "sum", "p50", "p90", "p95", "p99"];

pub(super) fn of(name: &str) -> Option<Of> {
    Some(match name {
        "avg" => Of::Avg,
        "min" => Of::Min,
        "max" => Of::Max,
        "sum" => Of::Sum,
        "p50" => Of::Percentile(50),
        "p90" => Of::Percentile(90),
        "p95" => Of::Percentile(95),
        "p99" => Of::Percentile(99),
        _ => return None,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64, Unit),
    Bool(bool),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Literal),
    Field(Field),
    Aggregate(Aggregate),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Op, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Literal>),
    Matches(Box<Expr>, String),
}

impl Expr {
    pub(super) fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        see(self);
        match self {
            Self::Not(a) | Self::In(a, _) | Self::Matches(a, _) => a.walk(see),
            Self::And(a, b) | Self::Or(a, b) | Self::Compare(_, a, b) => {
                a.walk(see);
                b.walk(see);
            }
            Self::Literal(_) | Self::Field(_) | Self::Aggregate(_) => {}
        }
    }

    /// Whether it looks at one event, and whether at a window.
    pub(super) fn looks_at(&self) -> (bool, bool) {
        let (mut event, mut window) = (false, false);
        self.walk(&mut |expr| match expr {
            Self::Field(_) => event = true,
            Self::Aggregate(_) => window = true,
            _ => {}
        });
        (event, window)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(path) => write!(f, "data.{}", path.join(".")),
            known => {
                f.write_str(FIELDS.iter().find(|(_, field, _)| field == known).map_or("?", |(name, ..)| name))
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Text(text) => {
                write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
            }
            Self::Number(value, Unit::None) => write!(f, "{value}"),
            Self::Number(value, Unit::Time) => write!(f, "{value}s"),
            Self::Number(value, Unit::Size) => write!(f, "{value}B"),
            Self::Number(value, Unit::Share) => write!(f, "{}%", value * 100.0),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count()"),
            Self::Rate => f.write_str("rate()"),
            Self::ErrorRate => f.write_str("error_rate()"),
            Self::Absent(seconds) => write!(f, "absent({seconds}s)"),
            Self::Of(Of::Percentile(share), field) => write!(f, "p{share}({field})"),
            Self::Of(of, field) => write!(f, "{}({field})", format!("{of:?}").to_lowercase()),
        }
    }
}

/// As it would be written, every bracket set.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Field(field) => write!(f, "{field}"),
            Self::Aggregate(aggregate) => write!(f, "{aggregate}"),
            Self::Not(a) => write!(f, "not ({a})"),
            Self::And(a, b) => write!(f, "({a}) and ({b})"),
            Self::Or(a, b) => write!(f, "({a}) or ({b})"),
            Self::Compare(op, a, b) => write!(f, "{a} {} {b}", op.shown()),
            Self::In(a, list) => {
                write!(f, "{a} in [")?;
                for (i, literal) in list.iter().enumerate() {
                    write!(f, "{}{literal}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Matches(a, glob) => {
                write!(f, "{a} matches /{}/", glob.replace('\\', "\\\\").replace('/', "\\/"))
            }
        }
    }
}
