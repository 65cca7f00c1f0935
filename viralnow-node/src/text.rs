//! The words alone, without an asset.

use crate::error::{guard, to_json};
use napi_derive::napi;
use viralnow_core::{Preset, Result, text};

/// VADER sentiment, as JSON.
#[napi(catch_unwind)]
pub fn text_sentiment(words: String) -> napi::Result<String> {
    guard(|| to_json(&text::sentiment(&words)))
}

/// Readability formulas, as JSON.
#[napi(catch_unwind)]
pub fn text_readability(words: String, preset: Option<String>) -> napi::Result<String> {
    guard(|| to_json(&text::readability(&words, preset_of(preset.as_deref())?)))
}

/// The sentences, as JSON.
#[napi(catch_unwind)]
pub fn text_sentences(words: String, language: Option<String>) -> napi::Result<String> {
    guard(|| to_json(&text::sentences(&words, language.as_deref())))
}

/// The language and how sure it is, as JSON.
#[napi(catch_unwind)]
pub fn text_language(words: String) -> napi::Result<String> {
    guard(|| to_json(&text::language(&words)))
}

/// Key phrases, as JSON.
#[napi(catch_unwind)]
pub fn text_keywords(words: String, language: Option<String>, limit: u32) -> napi::Result<String> {
    guard(|| to_json(&text::keywords(&words, language.as_deref(), limit as usize)))
}

/// Hook features of an opening, as JSON.
#[napi(catch_unwind)]
pub fn text_hook(opening: String) -> napi::Result<String> {
    guard(|| to_json(&text::hook(&opening)))
}

fn preset_of(name: Option<&str>) -> Result<Preset> {
    name.map_or_else(|| Ok(Preset::default()), str::parse)
}
