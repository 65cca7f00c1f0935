//! The scores of YAKE: five features of each word, and from them the score of each phrase.
//!
//! Names and formulas are those of the paper (section 3); what it leaves open (the window, who is a candidate, how a function word
//! inside a phrase counts) is as in yake-rust (MIT).

use super::sentences::sentences;
use super::tokens::tokens;
use crate::text::language::is_function_word;
use std::collections::HashMap;

/// Words of the longest phrase.
const LONGEST: usize = 3;
/// Letters of the shortest phrase, and of the shortest word that is none of the function words.
const SHORTEST: usize = 3;

/// What kind of word it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Digits,
    Punctuation,
    /// Letters and digits mixed, neither, or several marks within.
    Odd,
    Acronym,
    Capitalised,
    Plain,
}

/// A word in lower case.
#[derive(Debug)]
struct Form {
    text: String,
    /// The number of the term that it is a form of: the same without a final s.
    term: usize,
    letters: usize,
    is_stop: bool,
}

/// What is counted of a term, over all its forms.
#[derive(Debug, Clone, Default)]
struct Term {
    count: f64,
    acronyms: f64,
    capitals: f64,
    /// The sentences that have it, each once.
    sentences: Vec<usize>,
    has_content: bool,
    score: f64,
}

/// All words and terms of a text by number.
#[derive(Debug, Default)]
struct Words {
    numbers: HashMap<String, usize>,
    forms: Vec<Form>,
    terms: Vec<Term>,
    term_numbers: HashMap<String, usize>,
}

impl Words {
    fn form(&mut self, token: &str, language: u32) -> usize {
        let lower = token.to_lowercase();
        if let Some(&number) = self.numbers.get(&lower) {
            return number;
        }
        let single = without_s(&lower);
        let letters = single.chars().filter(|c| !c.is_ascii_punctuation()).count();
        let is_stop =
            letters < SHORTEST || is_function_word(&lower, language) || is_function_word(single, language);
        let term = if let Some(&term) = self.term_numbers.get(single) {
            term
        } else {
            self.terms.push(Term::default());
            self.term_numbers.insert(single.to_owned(), self.terms.len() - 1);
            self.terms.len() - 1
        };
        let letters = lower.chars().count();
        self.forms.push(Form { text: lower.clone(), term, letters, is_stop });
        self.numbers.insert(lower, self.forms.len() - 1);
        self.forms.len() - 1
    }
}

/// A word of four and more letters without its final s.
fn without_s(lower: &str) -> &str {
    match lower.strip_suffix('s') {
        Some(single) if lower.chars().nth(3).is_some() => single,
        _ => lower,
    }
}

/// A phrase with its score, the lower the better, in the order in which they end in the text, the shorter first.
pub(super) fn phrases(text: &str, language: u32) -> Vec<(String, f64)> {
    let mut words = Words::default();
    let text_sentences: Vec<Vec<(usize, Tag)>> = sentences(text)
        .into_iter()
        .map(|sentence| {
            let numbered = tokens(sentence).into_iter().enumerate();
            numbered.map(|(i, token)| (words.form(token, language), tag(token, i == 0))).collect()
        })
        .collect();
    let pairs = count(&mut words, &text_sentences);
    weigh(&mut words, &pairs, text_sentences.len());
    candidates(&words, &text_sentences)
        .into_iter()
        .map(|(forms, count)| {
            let phrase: Vec<&str> = forms.iter().map(|&form| words.forms[form].text.as_str()).collect();
            (phrase.join(" "), score(&words, &pairs, &forms, count))
        })
        .collect()
}

fn tag(token: &str, is_first: bool) -> Tag {
    let number = if token.contains(',') { token.replace(',', "").parse::<f64>() } else { token.parse() };
    if number.is_ok() {
        return Tag::Digits;
    }
    let (mut marks, mut several, mut digits, mut letters, mut all) = (None, false, false, false, true);
    let (mut capitals, mut others) = (0, 0);
    for c in token.chars() {
        if c.is_ascii_punctuation() {
            several |= marks.is_some_and(|mark| mark != c);
            marks = Some(c);
        } else {
            all = false;
        }
        digits |= c.is_ascii_digit();
        letters |= c.is_alphabetic();
        if c.is_uppercase() { capitals += 1 } else { others += 1 }
    }
    if all {
        Tag::Punctuation
    } else if several || digits == letters {
        Tag::Odd
    } else if others == 0 {
        Tag::Acronym
    } else if !is_first && capitals == 1 && token.starts_with(char::is_uppercase) {
        Tag::Capitalised
    } else {
        Tag::Plain
    }
}

/// Which term follows which how often.
struct Pairs {
    /// Sorted: left term, right term, times.
    follows: Vec<(usize, usize, f64)>,
    /// Different neighbours over all neighbours, to the left and to the right, by term.
    spread: Vec<f64>,
}

impl Pairs {
    fn new(mut pairs: Vec<(usize, usize)>, terms: usize) -> Self {
        pairs.sort_unstable();
        let mut follows: Vec<(usize, usize, f64)> = Vec::new();
        for (left, right) in pairs {
            match follows.last_mut() {
                Some(last) if (last.0, last.1) == (left, right) => last.2 += 1.0,
                _ => follows.push((left, right, 1.0)),
            }
        }
        let mut seen = vec![[0.0_f64; 4]; terms];
        for &(left, right, times) in &follows {
            seen[left][0] += 1.0;
            seen[left][1] += times;
            seen[right][2] += 1.0;
            seen[right][3] += times;
        }
        let share = |different: f64, all: f64| if all > 0.0 { different / all } else { 0.0 };
        let spread = seen.iter().map(|&[a, all_a, b, all_b]| share(a, all_a) + share(b, all_b)).collect();
        Self { follows, spread }
    }

    fn times(&self, left: usize, right: usize) -> f64 {
        let found = self.follows.binary_search_by(|pair| (pair.0, pair.1).cmp(&(left, right)));
        found.map_or(0.0, |i| self.follows[i].2)
    }
}

/// Counts the terms and their neighbours. Punctuation parts neighbours; numbers and odd words are none.
fn count(words: &mut Words, sentences: &[Vec<(usize, Tag)>]) -> Pairs {
    let mut pairs = Vec::new();
    for (place, sentence) in sentences.iter().enumerate() {
        let mut last: Option<(usize, Tag)> = None;
        for &(form, tag) in sentence {
            if tag == Tag::Punctuation {
                last = None;
                continue;
            }
            let Form { term, is_stop, .. } = words.forms[form];
            let counted = &mut words.terms[term];
            counted.count += 1.0;
            counted.acronyms += f64::from(u8::from(tag == Tag::Acronym));
            counted.capitals += f64::from(u8::from(tag == Tag::Capitalised));
            counted.has_content |= !is_stop;
            if counted.sentences.last() != Some(&place) {
                counted.sentences.push(place);
            }
            let is_neighbour = |tag: Tag| !matches!(tag, Tag::Digits | Tag::Odd);
            if let Some((left, left_tag)) = last
                && is_neighbour(tag)
                && is_neighbour(left_tag)
            {
                pairs.push((left, term));
            }
            last = Some((term, tag));
        }
    }
    Pairs::new(pairs, words.terms.len())
}

/// The score of each term.
fn weigh(words: &mut Words, pairs: &Pairs, sentences: usize) {
    let counts = || words.terms.iter().filter(|term| term.has_content).map(|term| term.count);
    let number = counts().count().max(1) as f64;
    let mean = counts().sum::<f64>() / number;
    let deviation = (counts().map(|count| (count - mean).powi(2)).sum::<f64>() / number).sqrt();
    let most = words.terms.iter().map(|term| term.count).fold(0.0, f64::max);
    for (term, spread) in words.terms.iter_mut().zip(&pairs.spread) {
        if term.count == 0.0 {
            continue;
        }
        let casing = term.acronyms.max(term.capitals) / (1.0 + term.count.ln());
        let position = (3.0 + median(&term.sentences)).ln().ln();
        let frequency = term.count / (mean + deviation);
        let relatedness = 1.0 + spread * term.count / most;
        let different = term.sentences.len() as f64 / sentences as f64;
        term.score = relatedness * position / (casing + frequency / relatedness + different / relatedness);
    }
}

/// Of rising numbers, of which there is one at least.
fn median(values: &[usize]) -> f64 {
    let middle = |i: usize| values[i] as f64;
    f64::midpoint(middle((values.len() - 1) / 2), middle(values.len() / 2))
}

/// The phrases: neither end is a function word, and nothing in them is a number, odd or punctuation.
fn candidates(words: &Words, sentences: &[Vec<(usize, Tag)>]) -> Vec<(Vec<usize>, f64)> {
    let mut found: Vec<(Vec<usize>, f64)> = Vec::new();
    let mut places: HashMap<[usize; LONGEST], usize> = HashMap::new();
    for sentence in sentences {
        for end in 0..sentence.len() {
            if words.forms[sentence[end].0].is_stop {
                continue;
            }
            for start in (0..=end).rev().take(LONGEST) {
                let phrase = &sentence[start..=end];
                if matches!(phrase[0].1, Tag::Digits | Tag::Odd | Tag::Punctuation) {
                    break;
                }
                let forms = || phrase.iter().map(|&(form, _)| form);
                if words.forms[phrase[0].0].is_stop
                    || forms().map(|form| words.forms[form].letters).sum::<usize>() < SHORTEST
                {
                    continue;
                }
                let mut key = [usize::MAX; LONGEST];
                key.iter_mut().zip(forms()).for_each(|(slot, form)| *slot = form);
                let place = *places.entry(key).or_insert_with(|| {
                    found.push((forms().collect(), 0.0));
                    found.len() - 1
                });
                found[place].1 += 1.0;
            }
        }
    }
    found
}

/// The score of a phrase that comes `count` times. A function word within it counts by how firmly it joins its neighbours.
fn score(words: &Words, pairs: &Pairs, forms: &[usize], count: f64) -> f64 {
    let (mut product, mut sum) = (1.0, 0.0);
    for (i, &form) in forms.iter().enumerate() {
        let Form { term, is_stop, .. } = words.forms[form];
        if !is_stop {
            product *= words.terms[term].score;
            sum += words.terms[term].score;
            continue;
        }
        let share = |left: usize, right: usize, of: usize| pairs.times(left, right) / words.terms[of].count;
        let neighbour = |i: Option<usize>| i.and_then(|i| forms.get(i)).map(|&form| words.forms[form].term);
        let before = neighbour(i.checked_sub(1)).map_or(0.0, |left| share(left, term, left));
        let after = neighbour(Some(i + 1)).map_or(0.0, |right| share(term, right, right));
        let loose = 1.0 - before * after;
        product *= 1.0 + loose;
        sum -= loose;
    }
    // -1 would make the score infinite.
    let sum = if sum == -1.0 { 0.999_999_999 } else { sum };
    product / (count * (1.0 + sum))
}
