//! What one span costs: with nobody watching, kept in memory, and sent to `tracing` with no subscriber.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use viralnow_core::CorrelationId;
use viralnow_core::monitor::{Callsite, MemoryMonitor, Monitor, NoopMonitor, Scope, TracingMonitor};

static STAGE: Callsite = Callsite { name: "stage", module: "bench", weight: 1.0 };

fn monitor(criterion: &mut Criterion) {
    let monitors: [(&str, Arc<dyn Monitor>); 3] = [
        ("noop", Arc::new(NoopMonitor)),
        ("memory", Arc::new(MemoryMonitor::new())),
        ("tracing_unheard", Arc::new(TracingMonitor::new())),
    ];
    let id = CorrelationId::new("bench").expect("a valid id");
    let mut group = criterion.benchmark_group("monitor/span");
    for (name, monitor) in monitors {
        let scope = Scope::new(monitor, &id).with_asset("clip");
        group.bench_function(name, |bencher| {
            bencher.iter(|| scope.run(&STAGE, |inside| Ok(black_box(inside.correlation_id().len()))));
        });
    }
    group.finish();
}

criterion_group!(benches, monitor);
criterion_main!(benches);
