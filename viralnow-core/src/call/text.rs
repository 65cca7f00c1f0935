//! The functions of `text`, on one text or on many: `text` is a string, or an array of strings, which gives an array.

use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::text::{
    emotions, hook, hook_ab, keywords, language, normalise, readability, sentences, sentiment,
};
use crate::{Error, ErrorKind, Preset, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many key phrases are given where nobody says.
const KEYWORDS: usize = 10;

pub(super) const PLAIN: &[PlainEntry] = &[
    ("text.emotions", |p| each(p, emotions)),
    ("text.hook", |p| each(p, hook)),
    ("text.hook_ab", |p| {
        let (first, second): (Option<Texts>, Option<Texts>) =
            (p.given_or_none("first")?, p.given_or_none("second")?);
        p.finish()?;
        match (needed("first", first)?, needed("second", second)?) {
            (Texts::One(first), Texts::One(second)) => Called::value(&hook_ab(&first, &second)),
            (Texts::Many(first), Texts::Many(second)) if first.len() == second.len() => {
                many(p, first.len(), |i| hook_ab(&first[i], &second[i]))
            }
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                "first and second must be two texts, or as many texts each",
            )),
        }
    }),
    ("text.keywords", |p| {
        let (code, top) = (language_of(p)?, p.take("top", KEYWORDS)?);
        each(p, |text| keywords(text, code.as_deref(), top))
    }),
    ("text.language", |p| each(p, language)),
    ("text.normalise", |p| each(p, normalise)),
    ("text.readability", |p| {
        let preset: Option<String> = p.given_or_none("preset")?;
        let preset = preset.map_or_else(|| Ok(Preset::default()), |name| name.parse())?;
        each(p, |text| readability(text, preset))
    }),
    ("text.sentences", |p| {
        let code = language_of(p)?;
        each(p, |text| sentences(text, code.as_deref()))
    }),
    ("text.sentiment", |p| each(p, sentiment)),
];

/// A text, or many.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    Many(Vec<String>),
}

/// ISO 639-1.
fn language_of(p: &mut Params<'_>) -> Result<Option<String>> {
    p.given_or_none("language")
}

/// Does it for each text; asked between two whether to go on.
fn each<T: Serialize>(p: &mut Params<'_>, work: impl Fn(&str) -> T) -> Result<Called> {
    let texts: Option<Texts> = p.given_or_none("text")?;
    p.finish()?;
    match needed("text", texts)? {
        Texts::One(text) => Called::value(&work(&text)),
        Texts::Many(texts) => many(p, texts.len(), |i| work(&texts[i])),
    }
}

/// The results of `count` calls in order, unless the host stops them.
fn many<T: Serialize>(p: &Params<'_>, count: usize, work: impl Fn(usize) -> T) -> Result<Called> {
    let values = (0..count).map(|i| {
        if p.cancel().is_cancelled() {
            let error = Error::new(ErrorKind::Cancelled, "the host stopped the call between two texts");
            return Err(error.with("done", i).with("texts", count));
        }
        Called::value(&work(i)).map(|called| called.value)
    });
    Ok(Called { value: Value::Array(values.collect::<Result<_>>()?), ..Called::default() })
}
