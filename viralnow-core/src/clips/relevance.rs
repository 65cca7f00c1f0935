//! How well a clip fits a niche: by its keywords, by the words that it shares with example texts, and, where there is a model
//! of sentence embeddings, by what it means.

use super::clip::Clip;
use super::words::{Lowered, occurrences, words};
use crate::Result;
use crate::model::shared_embedder;
use crate::monitor::Run;
use std::collections::HashMap;

/// BM25's saturation: how soon more occurrences stop to count.
const SATURATION: f64 = 1.2;
/// BM25's share of the length normalisation.
const BY_LENGTH: f64 = 0.75;
/// Of title, tags and transcript: what an occurrence weighs, and the words that such a text commonly has.
const FIELDS: [(f64, f64); 3] = [(3.0, 10.0), (3.0, 6.0), (1.0, 150.0)];
/// Words of an example shorter than this say nothing about what it is on.
const SHORTEST_WORD: usize = 4;
/// What the likeness to the nearest example counts at most.
const EXAMPLE_WEIGHT: f64 = 0.8;

/// The cosine of texts that have nothing to do with each other, and that from which on they mean the same. Those of unlike
/// sentences lie below 0.2 with models of this kind, those of paraphrases above 0.7.
const UNLIKE: f64 = 0.2;
const ALIKE: f64 = 0.7;

/// How near each clip is to the nearest of these texts by what it means, in [0, 1]. Of a clip the title with its tags counts,
/// and the beginning of its transcript. Fails as [`shared_embedder`] does.
pub(super) fn by_meaning(model: &str, niche: &[&String], clips: &[Clip]) -> Result<Vec<f64>> {
    let embedder = shared_embedder(model, 0)?;
    let mut texts: Vec<String> = niche.iter().map(|text| (*text).clone()).collect();
    let mut of_clip = Vec::with_capacity(clips.len());
    for clip in clips {
        let first = texts.len();
        texts.push(format!("{} {}", clip.title, clip.tags.join(" ")));
        texts.extend(clip.transcript.iter().filter(|text| !text.trim().is_empty()).cloned());
        of_clip.push(first..texts.len());
    }
    let found = embedder.embed(&texts, &mut Run::unwatched())?;
    let nearest = |clip: std::ops::Range<usize>| {
        let pairs = clip.flat_map(|text| (0..niche.len()).map(move |other| (text, other)));
        let cosine = pairs.map(|(a, b)| f64::from(found.similarity(a, b))).fold(0.0, f64::max);
        ((cosine - UNLIKE) / (ALIKE - UNLIKE)).clamp(0.0, 1.0)
    };
    Ok(of_clip.into_iter().map(nearest).collect())
}

/// A niche: what its clips speak of.
///
/// ```
/// use viralnow_core::clips::{Clip, Niche};
/// let niche = Niche::new(&["gaming".to_owned(), "speed run".to_owned()], &[]);
/// let clip = Clip { title: "Speed run of the year #gaming".to_owned(), ..Clip::default() };
/// let (relevance, matched) = niche.relevance(&clip);
/// assert!(relevance > 0.8 && matched == ["gaming", "speed run"]);
/// assert_eq!(niche.relevance(&Clip { title: "How to bake bread".to_owned(), ..Clip::default() }).0, 0.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Niche {
    keywords: Vec<(String, Vec<String>)>,
    examples: Vec<HashMap<String, f64>>,
}

impl Niche {
    /// A niche of these keywords (words or phrases) and example texts (titles or captions).
    #[must_use]
    pub fn new(keywords: &[String], examples: &[String]) -> Self {
        let examples: Vec<Vec<String>> = examples.iter().map(|text| content_words(text)).collect();
        // A word that most examples share says less of each.
        let shared = |word: &String| examples.iter().filter(|example| example.contains(word)).count();
        let weighed = |example: &Vec<String>| {
            let weight = |word: &String| (1.0 + examples.len() as f64 / shared(word) as f64).ln();
            example.iter().map(|word| (word.clone(), weight(word))).collect()
        };
        Self {
            keywords: keywords.iter().map(|keyword| (keyword.clone(), words(keyword).collect())).collect(),
            examples: examples.iter().map(weighed).collect(),
        }
    }

    /// Whether nothing is said of the niche, so that everything fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keywords.is_empty() && self.examples.is_empty()
    }

    /// The relevance in [0, 1], and the keywords that were found, in the order in which they were given. Each keyword counts as
    /// BM25F has it, and any of them is enough.
    #[must_use]
    pub fn relevance(&self, clip: &Clip) -> (f64, Vec<String>) {
        let tags = clip.tags.join("\n");
        let texts =
            [&clip.title, &tags, clip.transcript.as_ref().unwrap_or(&String::new())].map(|t| Lowered::new(t));
        let may_have = |(_, phrase): &(String, Vec<String>)| {
            phrase.first().is_some_and(|first| texts.iter().any(|text| text.has(first)))
        };
        if self.examples.is_empty() && !self.keywords.iter().any(may_have) {
            return (0.0, Vec::new());
        }
        let fields: [Vec<&str>; 3] = [0, 1, 2].map(|i: usize| texts[i].words().collect());
        let mut irrelevance = 1.0;
        let mut matched = Vec::new();
        for (keyword, phrase) in &self.keywords {
            let mut weight = 0.0;
            for (field, (counts, common)) in fields.iter().zip(FIELDS) {
                let length = 1.0 - BY_LENGTH + BY_LENGTH * field.len() as f64 / common;
                weight += counts * occurrences(phrase, field) as f64 / length;
            }
            if weight > 0.0 {
                matched.push(keyword.clone());
                irrelevance *= 1.0 - weight / (weight + SATURATION);
            }
        }
        let likeness = self.examples.iter().map(|example| likeness(example, &fields)).fold(0.0, f64::max);
        (1.0 - irrelevance * (1.0 - EXAMPLE_WEIGHT * likeness), matched)
    }
}

fn content_words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = words(text).filter(|word| word.chars().count() >= SHORTEST_WORD).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The share of an example's words, by weight, that the clip has too.
fn likeness(example: &HashMap<String, f64>, fields: &[Vec<&str>; 3]) -> f64 {
    let whole: f64 = example.values().sum();
    let mut seen: Vec<&str> =
        fields.iter().flatten().copied().filter(|word| example.contains_key(*word)).collect();
    seen.sort_unstable();
    seen.dedup();
    if whole > 0.0 { seen.into_iter().map(|word| example[word]).sum::<f64>() / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(title: &str, transcript: &str) -> Clip {
        Clip { title: title.to_owned(), transcript: Some(transcript.to_owned()), ..Clip::default() }
    }

    #[test]
    fn keywords_are_whole_words_in_any_case_and_the_title_counts_more() {
        let niche = Niche::new(&["Meme".to_owned()], &[]);
        let of = |title: &str, transcript: &str| niche.relevance(&clip(title, transcript)).0;
        assert_eq!(of("Memento explained", "remember"), 0.0);
        assert!(of("The best MEME!", "") > of("The best", "a meme"));
        assert!(of("meme meme meme", "") > of("meme", "") && of("meme meme meme", "") < 1.0);
        // The same word in a hundred times as many counts less.
        assert!(of("", "a meme") > of("", &format!("a meme {}", "and more ".repeat(500))));
    }

    #[test]
    fn examples_count_by_the_words_they_share() {
        let niche = Niche::new(
            &[],
            &["sourdough bread baking basics".to_owned(), "bread oven temperature".to_owned()],
        );
        let of = |title: &str| niche.relevance(&clip(title, "")).0;
        assert!(of("Sourdough baking for beginners: bread basics") > 0.7);
        assert!(of("My oven broke") > 0.0 && of("My oven broke") < of("Bread at the right oven temperature"));
        assert_eq!(of("Football highlights"), 0.0);
        assert!(Niche::default().is_empty());
    }
}
