//! A condition that was read and checked, and what it says of an event and of a window.

use super::Facts;
use super::expr::{Aggregate, Expr, Field, Kind, Literal, Of, Op};
use super::parse::parse;
use super::window::Window;
use std::fmt;

/// Why a condition was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// Where, in letters from 0 on.
    column: u32,
    /// What should stand there.
    pub expected: String,
    /// What does.
    pub got: String,
    /// The name that may have been meant.
    pub did_you_mean: Option<String>,
}

impl ConditionError {
    pub(super) fn new(text: &str, at: usize, expected: impl Into<String>, got: impl Into<String>) -> Self {
        let column = text.get(..at).map_or(0, |before| before.chars().count()) as u32;
        Self { column, expected: expected.into(), got: got.into(), did_you_mean: None }
    }

    /// Where, in letters from 0 on.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: expected {}, got {}", self.column + 1, self.expected, self.got)?;
        match &self.did_you_mean {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConditionError {}

/// What fires.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum When {
    /// Enough matching events in the window.
    Count,
    /// A number of the window reaches the threshold.
    Number(Expr),
    /// The condition says so itself.
    Says(Expr),
}

/// A condition that was read and checked: which events count, and what of their window fires.
///
/// ```
/// use viralnow_core::monitor::alerts::Condition;
/// Condition::parse("event_type == 'fetch_failed'")?;
/// Condition::parse("function matches /fetch*/ and p95(duration) > 250ms and count() >= 20")?;
/// let error = Condition::parse("durration > 2s").unwrap_err();
/// assert_eq!(error.did_you_mean.as_deref(), Some("duration"));
/// assert!(Condition::parse("duration > 10MB").is_err(), "a time is no size");
/// # Ok::<(), viralnow_core::monitor::alerts::ConditionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    whole: Expr,
    pub(super) filter: Option<Expr>,
    pub(super) when: When,
    /// Every field that it names.
    fields: Vec<Field>,
}

/// Topics under which the monitor tells of what is recorded already, and of itself.
const OWN: [&str; 4] = ["performance.", "monitor.", "system.", "config."];

impl Condition {
    /// Reads and checks a condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let (whole, kind) = parse(text)?;
        let wrong = |expected: &str, got: &str| ConditionError::new(text, 0, expected, got);
        let looks = whole.looks_at();
        if kind != Kind::Bool && kind != Kind::Any {
            let number = matches!(kind, Kind::Number(_)) && looks == (false, true);
            return if number {
                let fields = fields(&whole);
                Ok(Self { filter: None, when: When::Number(whole.clone()), whole, fields })
            } else {
                Err(wrong("a comparison, or a number of the window such as error_rate()", kind.shown()))
            };
        }
        let mut parts = Vec::new();
        chain(&whole, &mut parts);
        let (mut filter, mut says): (Option<Expr>, Option<Expr>) = (None, None);
        for part in parts {
            let into = match part.looks_at() {
                (true, true) => {
                    let what = "events and windows joined by and, each part looking at one of them";
                    return Err(wrong(what, "both in one comparison, or joined by or or not"));
                }
                (_, true) => &mut says,
                (true, false) => &mut filter,
                (false, false) => return Err(wrong("a field or a call in every part", "values alone")),
            };
            *into = Some(match into.take() {
                Some(before) => Expr::And(Box::new(before), Box::new(part.clone())),
                None => part.clone(),
            });
        }
        let when = says.map_or(When::Count, When::Says);
        let fields = fields(&whole);
        Ok(Self { whole, filter, when, fields })
    }

    /// Whether it says itself when it fires, so that a threshold would have no meaning.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.when, When::Says(_))
    }

    /// Whether an event counts. An alert's own turns never do: it would hold itself up. What the monitor says of calls, which count
    /// themselves, and of itself does where the condition asks for topics.
    #[must_use]
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        let asks = || self.fields.iter().any(|field| matches!(field, Field::EventType | Field::Topic));
        if facts.topic.starts_with("alert.") || OWN.iter().any(|own| facts.topic.starts_with(own)) && !asks()
        {
            return false;
        }
        self.filter.as_ref().is_none_or(|filter| holds(filter, &Context::Event(facts)))
    }

    /// Whether it asks for what a span was told with.
    pub(super) fn wants_data(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, Field::Platform | Field::Step | Field::Data(_)))
    }

    /// The fields whose values are needed of every event.
    pub(super) fn measured(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        if let When::Number(expr) | When::Says(expr) = &self.when {
            expr.walk(&mut |expr| {
                if let Expr::Aggregate(Aggregate::Of(_, field)) = expr {
                    fields.push(field.clone());
                }
            });
        }
        fields.sort();
        fields.dedup();
        fields
    }

    /// The window's number, if it is one that is compared with a threshold or shown, and whether it fires.
    pub(super) fn over(&self, window: &Window, threshold: f64) -> (Option<f64>, bool) {
        let context = Context::Window(window);
        match &self.when {
            When::Count => {
                let count = window.count() as f64;
                (Some(count), count >= threshold && count > 0.0)
            }
            When::Number(expr) => match value(expr, &context) {
                Found::Number(value) => (Some(value), value >= threshold),
                _ => (None, false),
            },
            When::Says(expr) => {
                let mut shown = None;
                expr.walk(&mut |part| {
                    if let (None, Expr::Aggregate(_)) = (shown, part)
                        && let Found::Number(number) = value(part, &context)
                    {
                        shown = Some(number);
                    }
                });
                (shown, holds(expr, &context))
            }
        }
    }
}

/// As it would be written, every bracket set.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}

fn fields(whole: &Expr) -> Vec<Field> {
    let mut fields = Vec::new();
    whole.walk(&mut |expr| {
        if let Expr::Field(field) | Expr::Aggregate(Aggregate::Of(_, field)) = expr {
            fields.push(field.clone());
        }
    });
    fields
}

/// The parts of a chain of `and`.
fn chain<'a>(expr: &'a Expr, parts: &mut Vec<&'a Expr>) {
    if let Expr::And(a, b) = expr {
        chain(a, parts);
        chain(b, parts);
    } else {
        parts.push(expr);
    }
}

enum Context<'a> {
    Event(&'a Facts<'a>),
    Window(&'a Window),
}

/// A value while a condition is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found<'a> {
    Nothing,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    /// `event_type`, which has a second name for some events.
    Topic(&'a Facts<'a>),
}

/// What is not there compares with nothing: every comparison with it is false, `!=` too.
fn holds(expr: &Expr, context: &Context<'_>) -> bool {
    match expr {
        Expr::And(a, b) => holds(a, context) && holds(b, context),
        Expr::Or(a, b) => holds(a, context) || holds(b, context),
        Expr::Not(a) => !holds(a, context),
        Expr::Compare(op, a, b) => compare(*op, &value(a, context), &value(b, context)),
        Expr::In(a, list) => {
            let found = value(a, context);
            list.iter().any(|literal| compare(Op::Eq, &found, &plain(literal)))
        }
        Expr::Matches(a, glob) => match value(a, context) {
            Found::Text(text) => glob_matches(glob, text),
            Found::Topic(facts) => glob_matches(glob, facts.topic),
            _ => false,
        },
        Expr::Literal(_) | Expr::Field(_) | Expr::Aggregate(_) => value(expr, context) == Found::Bool(true),
    }
}

fn value<'a>(expr: &'a Expr, context: &Context<'a>) -> Found<'a> {
    match (expr, context) {
        (Expr::Literal(literal), _) => plain(literal),
        (Expr::Field(field), Context::Event(facts)) => facts.get(field),
        (Expr::Aggregate(aggregate), Context::Window(window)) => match aggregate {
            Aggregate::Count => Found::Number(window.count() as f64),
            Aggregate::Rate => Found::Number(window.rate()),
            Aggregate::ErrorRate => number(window.error_rate()),
            Aggregate::Absent(seconds) => Found::Bool(window.silent_for() >= *seconds),
            Aggregate::Of(Of::Percentile(share), field) => {
                number(window.percentile(field, f64::from(*share) / 100.0))
            }
            Aggregate::Of(of, field) => number(window.summary(field).map(|s| match of {
                Of::Min => s.min,
                Of::Max => s.max,
                Of::Sum => s.sum,
                _ => s.sum / s.count as f64,
            })),
        },
        (Expr::Field(_) | Expr::Aggregate(_), _) => Found::Nothing,
        _ => Found::Bool(holds(expr, context)),
    }
}

fn number(value: Option<f64>) -> Found<'static> {
    value.map_or(Found::Nothing, Found::Number)
}

fn plain(literal: &Literal) -> Found<'_> {
    match literal {
        Literal::Text(text) => Found::Text(text),
        Literal::Number(value, _) => Found::Number(*value),
        Literal::Bool(yes) => Found::Bool(*yes),
    }
}

fn compare(op: Op, a: &Found<'_>, b: &Found<'_>) -> bool {
    let equal = match (a, b) {
        (Found::Number(a), Found::Number(b)) => {
            return match op {
                Op::Eq => a == b,
                Op::Ne => a != b,
                Op::Lt => a < b,
                Op::Le => a <= b,
                Op::Gt => a > b,
                Op::Ge => a >= b,
            };
        }
        (Found::Text(a), Found::Text(b)) => a == b,
        (Found::Bool(a), Found::Bool(b)) => a == b,
        (Found::Topic(facts), Found::Text(name)) | (Found::Text(name), Found::Topic(facts)) => {
            facts.is_called(name)
        }
        (Found::Topic(a), Found::Topic(b)) => a.topic == b.topic,
        // Nothing, or a text and a number: neither equal nor unequal.
        _ => return false,
    };
    match op {
        Op::Eq => equal,
        Op::Ne => !equal,
        _ => false,
    }
}

/// `*` is any letters, `?` one; everything else itself. Linear but for the stars: one step back for each letter at most.
pub(super) fn glob_matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if g < glob.len() && glob[g] == '*' {
            star = Some((g, t));
            g += 1;
        } else if g < glob.len() && (glob[g] == '?' || glob[g] == text[t]) {
            (g, t) = (g + 1, t + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (g, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}
