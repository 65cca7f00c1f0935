//! Which token may come next (Radford et al. 2022): times come in pairs and never go back, and a text begins with one.

use super::tokens::Tokens;

/// Forbids in `logits` what may not come after the tokens that were given for this window, `so_far`.
pub(super) fn forbid(logits: &mut [f32], so_far: &[u32], tokens: &Tokens) {
    let times = tokens.times as usize;
    let is_time = |token: Option<&u32>| token.is_some_and(|&token| token >= tokens.times);
    for &token in &tokens.never {
        logits[token as usize] = f32::NEG_INFINITY;
    }
    logits[tokens.no_times as usize] = f32::NEG_INFINITY;
    if so_far.is_empty() {
        for &token in &tokens.not_first {
            logits[token as usize] = f32::NEG_INFINITY;
        }
    }
    let (last, before) = (so_far.last(), so_far.len().checked_sub(2).and_then(|place| so_far.get(place)));
    let closes = is_time(last) && !(so_far.len() < 2 || is_time(before));
    if closes {
        // After the end of a segment comes the beginning of the next, or the end of all.
        logits[..tokens.end as usize].fill(f32::NEG_INFINITY);
    } else if is_time(last) {
        // After its beginning its text.
        logits[times..].fill(f32::NEG_INFINITY);
    }
    if let Some(&newest) = so_far.iter().rev().find(|&&token| token >= tokens.times) {
        // The next one may begin where the last ended; but it has a length.
        let from = newest as usize + usize::from(!closes);
        let end = from.min(logits.len());
        logits[times..end].fill(f32::NEG_INFINITY);
    }
    if so_far.is_empty() {
        logits[..times].fill(f32::NEG_INFINITY);
        let beyond = (times + tokens.latest_start + 1).min(logits.len());
        logits[beyond..].fill(f32::NEG_INFINITY);
    }
    // Where the times together are likelier than any word, it is one of them.
    let (words, of_times) = logits.split_at(times);
    let likeliest = words.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if log_sum(of_times) > f64::from(likeliest) {
        logits[..times].fill(f32::NEG_INFINITY);
    }
}

/// The logarithm of the sum of the exponentials.
pub(super) fn log_sum(logits: &[f32]) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let most = f64::from(most);
    most + logits.iter().map(|&logit| (f64::from(logit) - most).exp()).sum::<f64>().ln()
}
