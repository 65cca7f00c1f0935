//! Writing and reading one payload, in memory and in a file.
#![recursion_limit = "256"]

#[path = "../tests/support/payload.rs"]
mod support;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use support::payload;
use viralnow_core::store::{FeatureStore, SqliteStore};

fn store(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory for the file");
    let file = dir.path().join("bench.db");
    let file = file.to_str().expect("a path in UTF-8");
    let mut group = criterion.benchmark_group("store");
    for (name, path) in [("memory", ":memory:"), ("file", file)] {
        let store = SqliteStore::open(path).expect("a fresh store");
        let mut n = 0;
        group.bench_function(format!("put_new/{name}"), |bencher| {
            let fresh = || {
                n += 1;
                payload(&format!("asset-{n}"), "bench", n)
            };
            bencher.iter_batched(fresh, |new| store.put(&new).expect("put"), BatchSize::SmallInput);
        });
        let same = payload("same", "bench", 1);
        group.bench_function(format!("put_same/{name}"), |bencher| {
            bencher.iter(|| store.put(black_box(&same)).expect("put"));
        });
        group.bench_function(format!("get/{name}"), |bencher| {
            bencher.iter(|| black_box(store.get(&same.asset_id).expect("get")));
        });
    }
    group.finish();
}

criterion_group!(benches, store);
criterion_main!(benches);
