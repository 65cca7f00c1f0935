//! From words to an expression (Pratt), and its types on the way: what cannot be compared is refused when it is loaded.

use super::ConditionError;
use super::expr::{Aggregate, CALLS, Expr, FIELDS, Field, Kind, Literal, Op, of};
use super::lex::{Token, tokens};
use crate::config::nearest;
use crate::monitor::units::Unit;

/// Brackets and `not` within each other.
const DEPTH: usize = 32;
/// Parts of one condition; with `and` and `or` alone its length would be its depth.
const PARTS: usize = 256;
const LIST: usize = 256;

pub(super) fn parse(text: &str) -> Result<(Expr, Kind), ConditionError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, parts: 0 };
    let (expr, kind) = parser.expr(0, 0)?;
    if *parser.peek() != Token::End {
        return Err(parser.wrong("and, or, or the end"));
    }
    Ok((expr, kind))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
    parts: usize,
}

/// An operator between two expressions, with how strongly it binds.
enum Infix {
    Or,
    And,
    Compare(Op),
    In(bool),
    Matches(bool),
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].1
    }

    fn take(&mut self) -> Token {
        let token = self.tokens[self.at].1.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn wrong(&self, expected: impl Into<String>) -> ConditionError {
        let (at, token) = &self.tokens[self.at];
        ConditionError::new(self.text, *at, expected, token.shown())
    }

    fn wrong_at(&self, token: usize, expected: impl Into<String>, got: impl Into<String>) -> ConditionError {
        ConditionError::new(self.text, self.tokens[token].0, expected, got)
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), ConditionError> {
        if *self.peek() != Token::Sign(sign) {
            return Err(self.wrong(sign));
        }
        self.take();
        Ok(())
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some((_, Token::Word(found))) if found.eq_ignore_ascii_case(word))
    }

    fn infix(&self) -> Option<(Infix, u8, usize)> {
        let op = |op| Some((Infix::Compare(op), 4, 1));
        match self.peek() {
            Token::Sign("||") => Some((Infix::Or, 1, 1)),
            Token::Sign("&&") => Some((Infix::And, 2, 1)),
            Token::Sign("==") => op(Op::Eq),
            Token::Sign("!=") => op(Op::Ne),
            Token::Sign("<") => op(Op::Lt),
            Token::Sign("<=") => op(Op::Le),
            Token::Sign(">") => op(Op::Gt),
            Token::Sign(">=") => op(Op::Ge),
            Token::Word(_) if self.is_word(0, "or") => Some((Infix::Or, 1, 1)),
            Token::Word(_) if self.is_word(0, "and") => Some((Infix::And, 2, 1)),
            Token::Word(_) if self.is_word(0, "in") => Some((Infix::In(false), 4, 1)),
            Token::Word(_) if self.is_word(0, "matches") => Some((Infix::Matches(false), 4, 1)),
            Token::Word(_) if self.is_word(0, "not") && self.is_word(1, "in") => {
                Some((Infix::In(true), 4, 2))
            }
            Token::Word(_) if self.is_word(0, "not") && self.is_word(1, "matches") => {
                Some((Infix::Matches(true), 4, 2))
            }
            _ => None,
        }
    }

    fn expr(&mut self, least: u8, depth: usize) -> Result<(Expr, Kind), ConditionError> {
        let mut begin = self.at;
        let (mut left, mut kind) = self.prefix(depth)?;
        while let Some((infix, power, words)) = self.infix() {
            if power < least {
                break;
            }
            let operator = self.at;
            self.at += words;
            (left, kind) = match infix {
                Infix::Or | Infix::And => {
                    self.must_be_bool(kind, begin)?;
                    let right_begin = self.at;
                    let (right, right_kind) = self.expr(power + 1, depth)?;
                    self.must_be_bool(right_kind, right_begin)?;
                    let both = (Box::new(left), Box::new(right));
                    (
                        if matches!(infix, Infix::Or) {
                            Expr::Or(both.0, both.1)
                        } else {
                            Expr::And(both.0, both.1)
                        },
                        Kind::Bool,
                    )
                }
                Infix::Compare(op) => {
                    if kind == Kind::Bool && !matches!(left, Expr::Literal(_)) {
                        return Err(self.wrong_at(
                            operator,
                            "and or or: a comparison is not compared again",
                            op.shown(),
                        ));
                    }
                    let right_begin = self.at;
                    let (right, right_kind) = self.expr(power + 1, depth)?;
                    self.comparable(op, kind, right_kind, right_begin)?;
                    (Expr::Compare(op, Box::new(left), Box::new(right)), Kind::Bool)
                }
                Infix::In(negated) => {
                    let list = self.list(kind)?;
                    (negate(Expr::In(Box::new(left), list), negated), Kind::Bool)
                }
                Infix::Matches(negated) => {
                    if !matches!(kind, Kind::Text | Kind::Any) {
                        return Err(self.wrong_at(begin, "a text before matches", kind.shown()));
                    }
                    let (Token::Glob(glob) | Token::Text(glob)) = self.peek().clone() else {
                        return Err(self.wrong("a glob such as /fetch*/"));
                    };
                    self.take();
                    (negate(Expr::Matches(Box::new(left), glob), negated), Kind::Bool)
                }
            };
            self.count()?;
            begin = begin.min(operator);
        }
        Ok((left, kind))
    }

    fn count(&mut self) -> Result<(), ConditionError> {
        self.parts += 1;
        if self.parts > PARTS { Err(self.wrong("at most 256 parts")) } else { Ok(()) }
    }

    fn prefix(&mut self, depth: usize) -> Result<(Expr, Kind), ConditionError> {
        if depth > DEPTH {
            return Err(self.wrong("at most 32 brackets within each other"));
        }
        let begin = self.at;
        match self.take() {
            Token::Sign("(") => {
                let inside = self.expr(0, depth + 1)?;
                self.sign(")")?;
                Ok(inside)
            }
            Token::Sign("!") => self.not(begin, 5, depth),
            Token::Word(word) if word.eq_ignore_ascii_case("not") => self.not(begin, 3, depth),
            Token::Word(word) if word == "true" || word == "false" => {
                Ok((Expr::Literal(Literal::Bool(word == "true")), Kind::Bool))
            }
            Token::Word(word) if *self.peek() == Token::Sign("(") => self.call(&word, begin),
            Token::Word(word) => self.field(&word, begin).map(|(field, kind)| (Expr::Field(field), kind)),
            Token::Text(text) => Ok((Expr::Literal(Literal::Text(text)), Kind::Text)),
            Token::Number(value, unit) => {
                Ok((Expr::Literal(Literal::Number(value, unit)), Kind::Number(unit)))
            }
            _ => {
                self.at = begin;
                Err(self.wrong("a field, a value or a bracket"))
            }
        }
    }

    fn not(&mut self, begin: usize, power: u8, depth: usize) -> Result<(Expr, Kind), ConditionError> {
        let inside = self.at;
        let (expr, kind) = self.expr(power, depth + 1)?;
        let _ = begin;
        self.must_be_bool(kind, inside)?;
        self.count()?;
        Ok((Expr::Not(Box::new(expr)), Kind::Bool))
    }

    fn field(&self, word: &str, at: usize) -> Result<(Field, Kind), ConditionError> {
        if let Some(path) = word.strip_prefix("data.") {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            if path.len() <= 16 && path.iter().all(|part| !part.is_empty()) {
                return Ok((Field::Data(path), Kind::Any));
            }
            return Err(self.wrong_at(at, "a path such as data.count", word));
        }
        if let Some((_, field, kind)) = FIELDS.iter().find(|(name, ..)| *name == word) {
            return Ok((field.clone(), *kind));
        }
        let names = FIELDS.iter().map(|(name, ..)| *name);
        let mut error = self.wrong_at(
            at,
            "a field (event_type, function, duration, ..., data.<path>), or a text in quotes",
            word,
        );
        error.did_you_mean =
            nearest(word, names.chain(CALLS.iter().copied()).chain(["data"])).map(str::to_owned);
        Err(error)
    }

    fn call(&mut self, name: &str, begin: usize) -> Result<(Expr, Kind), ConditionError> {
        self.sign("(")?;
        let aggregate = match name {
            "count" => (Aggregate::Count, Kind::Number(Unit::None)),
            "rate" => (Aggregate::Rate, Kind::Number(Unit::None)),
            "error_rate" => (Aggregate::ErrorRate, Kind::Number(Unit::Share)),
            "absent" => {
                let Token::Number(value, Unit::Time) = *self.peek() else {
                    return Err(self.wrong("a time with its unit, such as 5m"));
                };
                if !(1e-3..=604_800.0).contains(&value) {
                    return Err(self.wrong("a time from 1ms to 7d"));
                }
                self.take();
                (Aggregate::Absent(value), Kind::Bool)
            }
            _ => {
                let Some(of) = of(name) else {
                    let mut error = self.wrong_at(
                        begin,
                        format!("one of {}", CALLS.join(", ")),
                        name.chars().take(40).collect::<String>(),
                    );
                    error.did_you_mean = nearest(name, CALLS.iter().copied()).map(str::to_owned);
                    return Err(error);
                };
                let at = self.at;
                let Token::Word(word) = self.take() else {
                    self.at = at;
                    return Err(self.wrong("a field, such as duration"));
                };
                let (field, kind) = self.field(&word, at)?;
                match kind {
                    Kind::Number(_) => (Aggregate::Of(of, field), kind),
                    Kind::Any => (Aggregate::Of(of, field), Kind::Number(Unit::None)),
                    other => return Err(self.wrong_at(at, "a field that is a number", other.shown())),
                }
            }
        };
        self.sign(")")?;
        self.count()?;
        Ok((Expr::Aggregate(aggregate.0), aggregate.1))
    }

    fn list(&mut self, kind: Kind) -> Result<Vec<Literal>, ConditionError> {
        self.sign("[")?;
        let mut list = Vec::new();
        loop {
            let begin = self.at;
            let (literal, found) = match self.take() {
                Token::Text(text) => (Literal::Text(text), Kind::Text),
                Token::Number(value, unit) => (Literal::Number(value, unit), Kind::Number(unit)),
                Token::Word(word) if word == "true" || word == "false" => {
                    (Literal::Bool(word == "true"), Kind::Bool)
                }
                _ => {
                    self.at = begin;
                    return Err(self.wrong("a value in the list"));
                }
            };
            self.comparable(Op::Eq, kind, found, begin)?;
            list.push(literal);
            if list.len() > LIST {
                return Err(self.wrong("at most 256 values in a list"));
            }
            if *self.peek() != Token::Sign(",") {
                self.sign("]")?;
                return Ok(list);
            }
            self.take();
        }
    }

    fn must_be_bool(&self, kind: Kind, at: usize) -> Result<(), ConditionError> {
        match kind {
            Kind::Bool | Kind::Any => Ok(()),
            other => Err(self.wrong_at(at, "a comparison", format!("{} alone", other.shown()))),
        }
    }

    fn comparable(&self, op: Op, left: Kind, right: Kind, at: usize) -> Result<(), ConditionError> {
        let fits = match (left, right) {
            (Kind::Any, _) | (_, Kind::Any) => true,
            (Kind::Number(a), Kind::Number(b)) => a == b || a == Unit::None || b == Unit::None,
            (a, b) => a == b,
        };
        if !fits {
            return Err(self.wrong_at(at, format!("{} to compare with", left.shown()), right.shown()));
        }
        let ordered = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
        if ordered && (matches!(left, Kind::Text | Kind::Bool) || matches!(right, Kind::Text | Kind::Bool)) {
            return Err(self.wrong_at(at, "a number: only numbers are larger or smaller", right.shown()));
        }
        Ok(())
    }
}

fn negate(expr: Expr, negated: bool) -> Expr {
    if negated { Expr::Not(Box::new(expr)) } else { expr }
}
