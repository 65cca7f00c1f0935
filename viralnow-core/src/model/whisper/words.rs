//! Words from the times of tokens: marks joined to their words, and no word longer than it can be.

use super::SpokenWord;

/// Marks that belong to the word after them, and to the word before them.
const OPENING: &str = "\"'“¿([{-";
const CLOSING: &str = "\"'.。,，!！?？:：”)]}、";
const SENTENCE_ENDS: &str = ".。!！?？";

/// A word with the times of its window, and its tokens.
#[derive(Debug, Clone)]
pub(super) struct Timed {
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) probability: f64,
}

impl Timed {
    fn length(&self) -> f64 {
        self.end_s - self.start_s
    }
}

/// The usual length of a word, in seconds: the median, at most 0.7.
pub(super) fn usual_length(words: &[Timed]) -> f64 {
    let mut lengths: Vec<f64> = words.iter().map(Timed::length).filter(|&length| length != 0.0).collect();
    lengths.sort_unstable_by(f64::total_cmp);
    let median = match lengths.len() {
        0 => 0.0,
        count if count % 2 == 1 => lengths[count / 2],
        count => f64::midpoint(lengths[count / 2 - 1], lengths[count / 2]),
    };
    median.min(0.7)
}

/// Words at the end of a sentence take the pause after it for their own: they are shortened to twice the usual length.
pub(super) fn shorten_at_sentences(words: &mut [Timed], usual: f64) {
    let most = 2.0 * usual;
    let ends = |word: &Timed| SENTENCE_ENDS.contains(&*word.text);
    for i in 1..words.len() {
        if usual > 0.0 && words[i].length() > most {
            if ends(&words[i]) {
                words[i].end_s = words[i].start_s + most;
            } else if ends(&words[i - 1]) {
                words[i].start_s = words[i].end_s - most;
            }
        }
    }
}

/// Joins marks to the words that they belong to; a word that was joined to another one stays, with no text and no tokens.
pub(super) fn join_marks(words: &mut [Timed]) {
    let Some(mut next) = words.len().checked_sub(1) else { return };
    for i in (0..next).rev() {
        if words[i].text.starts_with(' ') && OPENING.contains(words[i].text.trim()) {
            let text = std::mem::take(&mut words[i].text);
            words[next].text.insert_str(0, &text);
            words[next].tokens += std::mem::take(&mut words[i].tokens);
        } else {
            next = i;
        }
    }
    let mut before = 0;
    for i in 1..words.len() {
        if !words[before].text.ends_with(' ') && CLOSING.contains(&*words[i].text) {
            let text = std::mem::take(&mut words[i].text);
            words[before].text.push_str(&text);
            words[before].tokens += std::mem::take(&mut words[i].tokens);
        } else {
            before = i;
        }
    }
}

/// Brings the words of a segment and its times together: a first word after a pause, and a last one before it, are not as long
/// as the pause.
pub(super) fn fit(words: &mut [SpokenWord], times: &mut (f64, f64), said_until: f64, usual: f64) {
    let most = 2.0 * usual;
    let [first, ..] = words else { return };
    let (first_start, first_end) = (first.start_s, first.end_s);
    let second = words.get(1).map(|word| (word.start_s, word.end_s));
    if first_end - said_until > usual * 4.0
        && (first_end - first_start > most || second.is_some_and(|(_, end)| end - first_start > 2.0 * most))
    {
        if let Some((_, end)) = second.filter(|(start, end)| end - start > most) {
            let border = (end / 2.0).max(end - most);
            (words[0].end_s, words[1].start_s) = (border, border);
        }
        words[0].start_s = (words[0].end_s - most).max(0.0);
    }
    let first = &mut words[0];
    if times.0 < first.end_s && times.0 - 0.5 > first.start_s {
        first.start_s = times.0.min(first.end_s - usual).max(0.0);
    } else {
        times.0 = first.start_s;
    }
    let last = &mut words[words.len() - 1];
    if times.1 > last.start_s && times.1 + 0.5 < last.end_s {
        last.end_s = (last.start_s + usual).max(times.1);
    } else {
        times.1 = last.end_s;
    }
}

/// Cuts off what of a word lies in a pause of the speech: where it reaches into one, it ends, or begins, with the stretch that
/// most of it lies in. A word in no stretch stays as it is.
pub(super) fn within_speech(word: &mut SpokenWord, speech: &[(f64, f64)]) {
    /// What of a pause still belongs to the words beside it: voice activity is exact to about so many seconds.
    const EDGE_S: f64 = 0.1;
    let overlap = |&(start, end): &(f64, f64)| word.end_s.min(end) - word.start_s.max(start);
    let best = speech.iter().filter(|s| overlap(s) > 0.0).max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
    if let Some(&(start, end)) = best {
        word.start_s = word.start_s.max(start - EDGE_S);
        word.end_s = word.end_s.min(end + EDGE_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(words: &[(&str, f64, f64)]) -> Vec<Timed> {
        let timed = |&(text, start_s, end_s): &(&str, f64, f64)| Timed {
            text: text.to_owned(),
            tokens: 1,
            start_s,
            end_s,
            probability: 1.0,
        };
        words.iter().map(timed).collect()
    }

    #[test]
    fn marks_go_with_their_words() {
        let mut words = timed(&[
            (" \"", 0.0, 0.1),
            ("Yes", 0.1, 0.3),
            ("!", 0.3, 0.4),
            ("\"", 0.4, 0.4),
            (" (", 0.5, 0.6),
            ("no", 0.6, 0.8),
            (")", 0.8, 0.9),
        ]);
        join_marks(&mut words);
        let texts: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.tokens)).collect();
        assert_eq!(texts, [("", 0), (" \"Yes!\"", 4), ("", 0), ("", 0), ("", 0), (" (no)", 3), ("", 0)]);
        join_marks(&mut []);
    }

    #[test]
    fn a_word_does_not_take_the_pause_for_its_own() {
        let word = |start_s, end_s| SpokenWord { text: "so".to_owned(), start_s, end_s, probability: 1.0 };
        let speech = [(1.0, 2.0), (4.0, 6.0)];
        for (given, wanted) in [
            // Mostly before the pause, mostly after it, over all of the first stretch, inside, and in no speech.
            ((1.5, 3.8), (1.5, 2.1)),
            ((1.9, 4.9), (3.9, 4.9)),
            ((0.2, 2.6), (0.9, 2.1)),
            ((4.2, 4.5), (4.2, 4.5)),
            ((2.5, 3.0), (2.5, 3.0)),
        ] {
            let mut found = word(given.0, given.1);
            within_speech(&mut found, &speech);
            assert!(
                (found.start_s - wanted.0).abs() < 1e-9 && (found.end_s - wanted.1).abs() < 1e-9,
                "{found:?}"
            );
        }
    }
}
