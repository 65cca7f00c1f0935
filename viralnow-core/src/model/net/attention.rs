//! Attention over several heads.

use super::layers::{View, matmul, softmax};

/// Which keys a query sees.
#[derive(Clone, Copy)]
pub(crate) enum Seen {
    /// All of the first so many.
    First(usize),
    /// Those up to its own place, which is the row plus so many.
    UpTo(usize),
}

/// The weights of every head, query and key, one after another: `[heads, queries, keys]`. `q` and `k` are rows of `size`.
pub(crate) fn attention_weights(
    q: &[f32],
    k: &[f32],
    size: usize,
    heads: usize,
    seen: Seen,
    threads: usize,
) -> Vec<f32> {
    let (queries, keys) = (q.len() / size, k.len() / size);
    let width = size / heads;
    let mut out = vec![0.0; heads * queries * keys];
    if out.is_empty() {
        return out;
    }
    let scale = 1.0 / (width as f32).sqrt();
    for_heads(&mut out, queries * keys, threads, |head, weights| {
        let q = View::strided(&q[head * width..], queries, width, size);
        let k = View::strided(&k[head * width..], keys, width, size);
        matmul(q, k.transposed(), scale, false, weights, keys);
        for (row, line) in weights.chunks_exact_mut(keys).enumerate() {
            let last = match seen {
                Seen::First(count) => count,
                Seen::UpTo(before) => before + row + 1,
            };
            if last < keys {
                line[last..].fill(f32::NEG_INFINITY);
            }
        }
        softmax(weights, keys);
        // What is not seen has a weight that is exactly nothing.
        for (row, line) in weights.chunks_exact_mut(keys).enumerate() {
            let last = match seen {
                Seen::First(count) => count,
                Seen::UpTo(before) => before + row + 1,
            };
            if last < keys {
                line[last..].fill(0.0);
            }
        }
    });
    out
}

/// What the queries gather: rows of `size`.
pub(crate) fn attend(weights: &[f32], v: &[f32], size: usize, heads: usize) -> Vec<f32> {
    let keys = v.len() / size;
    let queries = weights.len() / (heads * keys).max(1);
    let width = size / heads;
    let mut out = vec![0.0; queries * size];
    for (head, weights) in weights.chunks_exact((queries * keys).max(1)).enumerate() {
        let v = View::strided(&v[head * width..], keys, width, size);
        matmul(View::rows(weights, keys), v, 1.0, false, &mut out[head * width..], size);
    }
    out
}

/// Queries that are looked at together: what is held at a time is their weights, not those of all, which for a window of Whisper
/// are megabytes a head.
const BLOCK: usize = 240;

/// What the queries gather, where each sees all keys: rows of `size`. As [`attention_weights`] and [`attend`], without holding
/// the weights of all heads.
pub(crate) fn attention(
    q: &[f32],
    k: &[f32],
    v: &[f32],
    size: usize,
    heads: usize,
    threads: usize,
) -> Vec<f32> {
    let (queries, keys) = (q.len() / size, k.len() / size);
    let width = size / heads;
    let scale = 1.0 / (width as f32).sqrt();
    // Head by head, so that each thread writes into a part of its own.
    let mut gathered = vec![0.0; queries * size];
    if gathered.is_empty() {
        return gathered;
    }
    for_heads(&mut gathered, queries * width, threads, |head, out| {
        let [k, v] = [k, v].map(|rows| View::strided(&rows[head * width..], keys, width, size));
        let mut weights = vec![0.0; BLOCK.min(queries) * keys];
        for (n, out) in out.chunks_mut(BLOCK * width).enumerate() {
            let rows = out.len() / width;
            let q = View::strided(&q[n * BLOCK * size + head * width..], rows, width, size);
            let weights = &mut weights[..rows * keys];
            matmul(q, k.transposed(), scale, false, weights, keys);
            softmax(weights, keys);
            matmul(View::rows(weights, keys), v, 1.0, false, out, width);
        }
    });
    let mut out = vec![0.0; queries * size];
    for (head, rows) in gathered.chunks_exact(queries * width).enumerate() {
        for (row, line) in rows.chunks_exact(width).zip(out.chunks_exact_mut(size)) {
            line[head * width..][..width].copy_from_slice(row);
        }
    }
    out
}

/// Does this for each head's part of `out`, on so many threads.
fn for_heads(out: &mut [f32], part: usize, threads: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let heads = out.len() / part;
    let threads = threads.min(heads).max(1);
    if threads == 1 || part < 20_000 {
        out.chunks_exact_mut(part).enumerate().for_each(|(head, part)| work(head, part));
        return;
    }
    let per_thread = heads.div_ceil(threads);
    let work = &work;
    std::thread::scope(|scope| {
        for (n, parts) in out.chunks_mut(part * per_thread).enumerate() {
            scope.spawn(move || {
                parts.chunks_exact_mut(part).enumerate().for_each(|(i, part)| work(n * per_thread + i, part));
            });
        }
    });
}
