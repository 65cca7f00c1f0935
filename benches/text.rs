//! Text: one post, and a thousand of them. `benches/peers` does the same work with the Python peers.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use viralnow_core::{Preset, text};

/// Posts of one to three sentences.
const POSTS: [&str; 8] = [
    "Did you know 90% of people brush their teeth wrong? Here's why.",
    "This company scammed me out of $2,000 and nobody cares. Unacceptable.",
    "Best day ever 😍😍 so grateful for you all ❤️ #blessed #family",
    "Dr. Smith went to Washington D.C. on Jan. 5th. He met Mr. Jones at 3 p.m.",
    "The food was great, but the service was absolutely horrible.",
    "THIS IS INSANE!!! I literally CANNOT stop laughing",
    "Octopuses have three hearts, nine brains and blue blood. Two of the hearts stop beating when the animal swims.",
    "Follow for part two, save this for later and comment YES if you want the template.",
];

fn texts(criterion: &mut Criterion) {
    let posts: Vec<&str> = POSTS.iter().copied().cycle().take(1000).collect();
    let mut group = criterion.benchmark_group("text");
    group.throughput(Throughput::Elements(posts.len() as u64)).sample_size(20);
    let mut measure = |name: &str, work: &dyn Fn(&str)| {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for post in &posts {
                    work(black_box(post));
                }
            });
        });
    };
    measure("sentiment", &|post| _ = black_box(text::sentiment(post)));
    measure("sentences", &|post| _ = black_box(text::sentences(post, Some("en"))));
    measure("readability", &|post| _ = black_box(text::readability(post, Preset::Balanced)));
    measure("readability_reference", &|post| _ = black_box(text::readability(post, Preset::Reference)));
    measure("language", &|post| _ = black_box(text::language(post)));
    measure("hook", &|post| _ = black_box(text::hook(post)));
    measure("keywords", &|post| _ = black_box(text::keywords(post, Some("en"), 10)));
}

criterion_group!(benches, texts);
criterion_main!(benches);
