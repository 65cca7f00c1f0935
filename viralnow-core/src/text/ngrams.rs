//! Linear models on words and pairs of words: TF-IDF of n-grams that are kept as fingerprints, weights in 8 bits.
//!
//! `training/ngrams.py` writes the files and says the same in Python.

/// What one step of an idf is.
const IDF_STEP: f64 = 12.0 / 255.0;
/// Tokens of a text that are looked at.
const MOST: usize = 20_000;

/// A model with one or more outputs.
#[derive(Debug)]
pub(super) struct Ngrams {
    outputs: Vec<Output>,
    /// Rising fingerprints.
    prints: Vec<u32>,
    idf: &'static [u8],
    /// Where the weights of each n-gram start, in pairs of bytes; one more than there are n-grams.
    starts: Vec<u32>,
    /// Pairs: output, weight.
    weights: &'static [u8],
}

#[derive(Debug, Clone, Copy)]
struct Output {
    bias: f64,
    scale: f64,
    threshold: f64,
}

impl Ngrams {
    /// Reads what the training wrote. The files are part of the library, and a test reads them all.
    pub(super) fn new(file: &'static [u8]) -> Self {
        assert_eq!(&file[..4], b"VNG1", "no model of n-grams");
        let word = |i: usize| u32::from_le_bytes([file[i], file[i + 1], file[i + 2], file[i + 3]]);
        let (outputs, count) = (word(4) as usize, word(8) as usize);
        let number = |i: usize| f64::from(f32::from_bits(word(12 + 4 * i)));
        let outputs: Vec<Output> = (0..outputs)
            .map(|j| Output {
                bias: number(j),
                scale: number(outputs + j),
                threshold: number(2 * outputs + j),
            })
            .collect();
        let prints = 12 + 12 * outputs.len();
        let idf = prints + 4 * count;
        let weights = idf + 2 * count;
        let mut starts = vec![0; count + 1];
        for (i, many) in file[idf + count..weights].iter().enumerate() {
            starts[i + 1] = starts[i] + u32::from(*many);
        }
        assert_eq!(file.len(), weights + 2 * starts[count] as usize, "a model of n-grams is cut short");
        Self {
            outputs,
            prints: (0..count).map(|i| word(prints + 4 * i)).collect(),
            idf: &file[idf..idf + count],
            starts,
            weights: &file[weights..],
        }
    }

    /// The sum of each output, and whether any n-gram of the text is known.
    pub(super) fn sums(&self, text: &str) -> (Vec<f64>, bool) {
        let mut known: Vec<usize> =
            grams(text).iter().filter_map(|print| self.prints.binary_search(print).ok()).collect();
        known.sort_unstable();
        known.dedup();
        let idf = |i: usize| f64::from(self.idf[i]) * IDF_STEP;
        let length = known.iter().map(|&i| idf(i).powi(2)).sum::<f64>().sqrt();
        let mut sums = vec![0.0; self.outputs.len()];
        for &i in &known {
            let range = 2 * self.starts[i] as usize..2 * self.starts[i + 1] as usize;
            for pair in self.weights[range].chunks_exact(2) {
                sums[usize::from(pair[0])] += idf(i) * f64::from(pair[1] as i8);
            }
        }
        for (sum, output) in sums.iter_mut().zip(&self.outputs) {
            *sum = *sum * output.scale / length.max(1e-12) + output.bias;
        }
        (sums, !known.is_empty())
    }

    /// The threshold of an output.
    pub(super) fn threshold(&self, output: usize) -> f64 {
        self.outputs[output].threshold
    }
}

/// 1 / (1 + e^-x)
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The fingerprints of all words and pairs of words.
fn grams(text: &str) -> Vec<u32> {
    let mut prints = Vec::new();
    let mut last = String::from("^");
    let mut print = |parts: [&str; 2]| {
        let joined = parts[0].bytes().chain((!parts[1].is_empty()).then_some(b' ')).chain(parts[1].bytes());
        let hash = joined.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        prints.push((hash ^ (hash >> 32)) as u32);
    };
    let lower = text.to_lowercase().replace('’', "'");
    for token in tokens(&lower).take(MOST) {
        print([token, ""]);
        print([&last, token]);
        last.clear();
        last.push_str(token);
    }
    prints
}

/// Words with the apostrophes within them, runs of `!` and `?` as `!`, `!!`, `?`, `??` or `!?`, and pictures.
fn tokens(lower: &str) -> impl Iterator<Item = &str> {
    let mut rest = lower;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let length = if first.is_alphanumeric() {
                word_length(rest)
            } else if matches!(first, '!' | '?') {
                let run = rest.len() - rest.trim_start_matches(['!', '?']).len();
                let (mark, tail) = rest.split_at(run);
                rest = tail;
                return Some(match (mark.contains('!') && mark.contains('?'), run) {
                    (true, _) => "!?",
                    (false, 1) => mark,
                    (false, _) => &mark[..2],
                });
            } else if matches!(first, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}') {
                first.len_utf8()
            } else {
                rest = &rest[first.len_utf8()..];
                continue;
            };
            let (token, tail) = rest.split_at(length);
            rest = tail;
            return Some(token);
        }
    })
}

fn word_length(rest: &str) -> usize {
    let run =
        |from: usize| rest[from..].find(|c: char| !c.is_alphanumeric()).map_or(rest.len(), |end| from + end);
    let mut end = run(0);
    while rest[end..].starts_with('\'') && rest[end + 1..].starts_with(char::is_alphanumeric) {
        end = run(end + 1);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_training() {
        let found = |text: &str| {
            tokens(&text.to_lowercase().replace('’', "'")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            found("I DON’T know... why?!! 😍ok_then 'quoted' $5"),
            ["i", "don't", "know", "why", "!?", "😍", "ok", "then", "quoted", "5"]
        );
        assert_eq!(found("no!!! really??? yes!"), ["no", "!!", "really", "??", "yes", "!"]);
        assert_eq!(found("--- ..."), [""; 0]);
    }

    #[test]
    fn fingerprints_are_those_of_the_training() {
        // FNV-1a of 64 bits of "a" and "foobar" (Fowler, Noll, Vo), folded.
        let fold = |hash: u64| (hash ^ (hash >> 32)) as u32;
        assert_eq!(grams("a")[0], fold(0xaf63_dc4c_8601_ec8c));
        assert_eq!(grams("foobar")[0], fold(0x8594_4171_f739_67e8));
    }
}
