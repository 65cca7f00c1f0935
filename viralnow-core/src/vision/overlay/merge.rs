//! What was read, with each caption once: the same words in the same place, or on their way through the picture, are one caption;
//! so are the words of one row and the rows of one block that come and go together.

use super::captions::Caption;
use crate::config::edits;

/// The same words, so long apart at most, are the same caption, in seconds.
const APART_S: f64 = 0.6;
/// Words and rows of one caption come and go within this time of each other, in seconds.
const TOGETHER_S: f64 = 0.3;

/// The captions, in the order in which they begin, then from top to bottom.
pub(super) fn merge(mut captions: Vec<Caption>) -> Vec<Caption> {
    order(&mut captions);
    join(&mut captions, same);
    join(&mut captions, row);
    join(&mut captions, block);
    order(&mut captions);
    captions
}

fn order(captions: &mut [Caption]) {
    captions.sort_by(|a, b| {
        a.start_s
            .total_cmp(&b.start_s)
            .then(a.bounds[1].total_cmp(&b.bounds[1]))
            .then(a.bounds[0].total_cmp(&b.bounds[0]))
    });
}

/// Joins pairs until there is none that `joined` joins. What is joined begins with the earlier one: the order of time stays.
fn join(captions: &mut Vec<Caption>, joined: impl Fn(&Caption, &Caption) -> Option<Caption>) {
    let mut gone = vec![false; captions.len()];
    let length = |caption: &Caption| caption.end_s - caption.start_s;
    let mut longest = captions.iter().map(length).fold(0.0, f64::max);
    let mut k = 0;
    while k < captions.len() {
        if gone[k] {
            k += 1;
            continue;
        }
        // What begins long after cannot join.
        let found = (k + 1..captions.len())
            .take_while(|&other| captions[other].start_s <= captions[k].end_s + APART_S)
            .filter(|&other| !gone[other] && captions[other].turned == captions[k].turned)
            .find_map(|other| joined(&captions[k], &captions[other]).map(|both| (other, both)));
        match found {
            Some((other, both)) => {
                gone[other] = true;
                longest = longest.max(length(&both));
                // It may be the same as one before it now, though not as one that ended long before.
                let first_s = both.start_s - longest - APART_S;
                captions[k] = both;
                k = captions.partition_point(|one| one.start_s < first_s);
            }
            None => k += 1,
        }
    }
    let mut kept = gone.iter().map(|gone| !gone);
    captions.retain(|_| kept.next().unwrap_or(true));
}

/// Both in time; the words, the place and the confidence of `best`.
fn both(a: &Caption, b: &Caption, best: &Caption) -> Caption {
    Caption { start_s: a.start_s.min(b.start_s), end_s: a.end_s.max(b.end_s), ..best.clone() }
}

/// The same words close in time; or two readings of one place at one time, of which the better counts.
fn same(a: &Caption, b: &Caption) -> Option<Caption> {
    let weight = |caption: &Caption| (caption.confidence - 0.5) * plain(&caption.text).len() as f32;
    let best = if weight(a) >= weight(b) { a } else { b };
    let (one, other) = (plain(&a.text), plain(&b.text));
    let longer = one.len().max(other.len());
    let apart_s = a.start_s.max(b.start_s) - a.end_s.min(b.end_s);
    let changed = edits(one.iter().copied(), &other);
    let alike = longer > 0 && changed * 6 <= longer && digits(&one) == digits(&other);
    let place = shared(&a.bounds, &b.bounds);
    if alike && apart_s <= APART_S && (place > 0.3 || longer >= 6 && (place > 0.0 || apart_s > -0.2)) {
        return Some(both(a, b, best));
    }
    // A caption that fades is read in part.
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    let part = 2 * short.len() >= long.len()
        && (changed - (long.len() - short.len())) * 6 <= short.len()
        && is_part(&digits(short), &digits(long));
    let shorter_s = (a.end_s - a.start_s).min(b.end_s - b.start_s);
    let at_once = -apart_s > shorter_s / 2.0;
    (place > 0.5 && (at_once || part && short.len() > 3 && apart_s <= APART_S)).then(|| both(a, b, best))
}

fn digits(signs: &[char]) -> Vec<char> {
    signs.iter().copied().filter(char::is_ascii_digit).collect()
}

/// Whether the signs are all in the others, in their order.
fn is_part(signs: &[char], of: &[char]) -> bool {
    let mut rest = of.iter();
    signs.iter().all(|sign| rest.any(|other| other == sign))
}

/// Whether they come and go together.
fn together(a: &Caption, b: &Caption) -> bool {
    (a.start_s - b.start_s).abs() <= TOGETHER_S && (a.end_s - b.end_s).abs() <= TOGETHER_S
}

/// Words beside each other.
fn row(a: &Caption, b: &Caption) -> Option<Caption> {
    let (left, right) = if a.bounds[0] <= b.bounds[0] { (a, b) } else { (b, a) };
    let (low, high) = heights(a, b);
    let overlap = a.bounds[3].min(b.bounds[3]) - a.bounds[1].max(b.bounds[1]);
    // Shares of the width against shares of the height: taken for a picture twice as high as wide at most.
    let gap = right.bounds[0] - left.bounds[2];
    let fits =
        together(a, b) && overlap >= 0.5 * low && high <= 2.0 * low && (-0.02..=3.0 * high).contains(&gap);
    fits.then(|| joined(left, right, " "))
}

/// Rows below each other.
fn block(a: &Caption, b: &Caption) -> Option<Caption> {
    let (upper, lower) = if a.bounds[1] <= b.bounds[1] { (a, b) } else { (b, a) };
    let rows = |caption: &Caption| caption.text.lines().count().max(1) as f64;
    let height = |caption: &Caption| (caption.bounds[3] - caption.bounds[1]) / rows(caption);
    let (one, other) = (height(upper), height(lower));
    let gap = lower.bounds[1] - upper.bounds[3];
    let overlap = a.bounds[2].min(b.bounds[2]) - a.bounds[0].max(b.bounds[0]);
    let narrower = (a.bounds[2] - a.bounds[0]).min(b.bounds[2] - b.bounds[0]);
    let fits = together(a, b)
        && one.max(other) <= 1.6 * one.min(other)
        && (-0.3 * one..=1.6 * one.min(other)).contains(&gap)
        && overlap >= 0.5 * narrower;
    fits.then(|| joined(upper, lower, "\n"))
}

fn heights(a: &Caption, b: &Caption) -> (f64, f64) {
    let (one, other) = (a.bounds[3] - a.bounds[1], b.bounds[3] - b.bounds[1]);
    (one.min(other), one.max(other))
}

fn joined(first: &Caption, second: &Caption, by: &str) -> Caption {
    let signs = |caption: &Caption| caption.text.chars().count() as f32;
    let (one, other) = (signs(first), signs(second));
    let [left, top, right, bottom] = first.bounds;
    let [l, t, r, b] = second.bounds;
    Caption {
        start_s: first.start_s.min(second.start_s),
        end_s: first.end_s.max(second.end_s),
        text: format!("{}{by}{}", first.text, second.text),
        confidence: (first.confidence * one + second.confidence * other) / (one + other).max(1.0),
        bounds: [left.min(l), top.min(t), right.max(r), bottom.max(b)],
        turned: first.turned,
    }
}

/// How much of the smaller area lies in the other, in [0, 1].
fn shared(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let side = |k: usize| (a[k + 2].min(b[k + 2]) - a[k].max(b[k])).max(0.0);
    let area = |bounds: &[f64; 4]| (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]);
    let smaller = area(a).min(area(b));
    if smaller > 0.0 { side(0) * side(1) / smaller } else { 0.0 }
}

/// Letters and digits in lower case.
fn plain(text: &str) -> Vec<char> {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(start_s: f64, end_s: f64, text: &str, bounds: [f64; 4]) -> Caption {
        Caption { start_s, end_s, text: text.to_owned(), confidence: 0.9, bounds, turned: false }
    }

    fn merged(captions: &[Caption]) -> Vec<(f64, f64, String)> {
        merge(captions.to_vec()).into_iter().map(|c| (c.start_s, c.end_s, c.text)).collect()
    }

    const LOW: [f64; 4] = [0.1, 0.8, 0.9, 0.84];

    #[test]
    fn one_caption_comes_out_once() {
        let twice = [caption(1.0, 2.0, "wait for it", LOW), caption(2.2, 3.0, "Wait for lt", LOW)];
        assert_eq!(merged(&twice), [(1.0, 3.0, "wait for it".to_owned())]);
        let later = [caption(1.0, 2.0, "wait for it", LOW), caption(3.0, 4.0, "wait for it", LOW)];
        assert_eq!(merged(&later).len(), 2);
        let numbers = [caption(1.0, 2.0, "Fact 1", LOW), caption(2.0, 3.0, "Fact 2", LOW)];
        assert_eq!(merged(&numbers).len(), 2);
        let fading = [caption(1.0, 2.0, "wait for it all", LOW), caption(2.0, 2.4, "wait it a", LOW)];
        assert_eq!(merged(&fading), [(1.0, 2.4, "wait for it all".to_owned())]);
        let readings = [caption(1.0, 3.0, "wait for it", LOW), caption(1.5, 3.0, "ait fc", LOW)];
        assert_eq!(merged(&readings), [(1.0, 3.0, "wait for it".to_owned())]);
    }

    #[test]
    fn words_and_rows_that_come_together_are_one() {
        let parts = [
            caption(1.0, 3.0, "MOVIE", [0.4, 0.44, 0.6, 0.48]),
            caption(1.1, 3.0, "OPEN", [0.15, 0.44, 0.35, 0.48]),
            caption(1.0, 3.1, "PRESENTS", [0.2, 0.52, 0.6, 0.56]),
        ];
        assert_eq!(merged(&parts), [(1.0, 3.1, "OPEN MOVIE\nPRESENTS".to_owned())]);
        let apart = [caption(0.0, 3.0, "FOLLOW", LOW), caption(1.0, 3.0, "for more", [0.1, 0.86, 0.9, 0.9])];
        assert_eq!(merged(&apart).len(), 2);
    }

    /// Pairs are looked for again only where there may be some: the same comes of it as from the beginning each time.
    #[test]
    fn joining_is_that_of_all_with_all() {
        fn plainly(captions: &mut Vec<Caption>, joined: impl Fn(&Caption, &Caption) -> Option<Caption>) {
            while let Some((k, other, both)) = (0..captions.len()).find_map(|k| {
                let others = (k + 1..captions.len())
                    .take_while(|&o| captions[o].start_s <= captions[k].end_s + APART_S);
                others.filter_map(|o| Some((k, o, joined(&captions[k], &captions[o])?))).next()
            }) {
                captions.remove(other);
                captions[k] = both;
            }
        }
        let mut state = 7_u64;
        let mut draw = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let mut joins = 0;
        for _ in 0..200 {
            let mut all: Vec<Caption> = (0..40)
                .map(|_| {
                    let (start_s, top) = (draw(100) as f64 / 10.0, draw(8) as f64 / 10.0);
                    let word =
                        ["wait for it", "wait f0r it", "follow me", "ait for", "more"][draw(5) as usize];
                    let end_s = start_s + draw(30) as f64 / 10.0;
                    caption(start_s, end_s, word, [0.1, top, 0.5, top + 0.04])
                })
                .collect();
            order(&mut all);
            for rule in [same, row, block] {
                let (mut ours, mut plain) = (all.clone(), all.clone());
                join(&mut ours, rule);
                plainly(&mut plain, rule);
                joins += all.len() - plain.len();
                let told = |all: &[Caption]| {
                    all.iter().map(|c| (c.start_s, c.end_s, c.text.clone())).collect::<Vec<_>>()
                };
                assert_eq!(told(&ours), told(&plain));
            }
        }
        assert!(joins > 1000, "{joins}");
    }
}
