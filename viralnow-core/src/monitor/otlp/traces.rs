//! Which trace a span belongs to: that is known when the outermost span around it has ended.

use crate::monitor::{Batch, FinishedSpan};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long spans wait for the one around them.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many wait at most.
const MOST: usize = 20_000;

/// A span with the number of the outermost one around it.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) span: FinishedSpan,
    pub(super) root: u64,
}

#[derive(Debug)]
pub(super) struct Traces {
    run: u64,
    /// By the number of the span around them, with the moment when the first of them came.
    waiting: HashMap<u64, (Instant, Vec<FinishedSpan>)>,
    count: usize,
}

impl Traces {
    pub(super) fn new() -> Self {
        let run = uuid::Uuid::now_v7().as_u128();
        // Of its random half.
        Self { run: run as u64, waiting: HashMap::new(), count: 0 }
    }

    /// A number that other runs do not have.
    pub(super) fn run(&self) -> u64 {
        self.run
    }

    /// Takes a batch; those spans that are ready now.
    pub(super) fn take(&mut self, batch: &Batch, now: Instant) -> Vec<Ready> {
        let mut ready = Vec::new();
        for span in &batch.spans {
            if span.parent.0 == 0 {
                let root = span.span.0;
                ready.push(Ready { span: span.clone(), root });
                self.below(root, root, &mut ready);
            } else {
                self.waiting.entry(span.parent.0).or_insert_with(|| (now, Vec::new())).1.push(span.clone());
                self.count += 1;
            }
        }
        if self.count > MOST {
            ready.extend(self.all());
        }
        ready
    }

    /// Those whose outermost span has not come in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Ready> {
        let late = |(_, (since, _)): &(&u64, &(Instant, Vec<FinishedSpan>))| {
            now.saturating_duration_since(*since) >= PATIENCE
        };
        let late: Vec<u64> = self.waiting.iter().filter(late).map(|(around, _)| *around).collect();
        self.give_up(late)
    }

    /// All that wait.
    pub(super) fn all(&mut self) -> Vec<Ready> {
        let all = self.waiting.keys().copied().collect();
        self.give_up(all)
    }

    fn give_up(&mut self, around: Vec<u64>) -> Vec<Ready> {
        let mut ready = Vec::new();
        // The outer ones first: a span has a smaller number than those inside it, but for those of other threads.
        let mut around = around;
        around.sort_unstable();
        for root in around {
            self.below(root, root, &mut ready);
        }
        ready
    }

    /// Moves what is inside this span, at any depth.
    fn below(&mut self, around: u64, root: u64, ready: &mut Vec<Ready>) {
        let mut todo = vec![around];
        while let Some(around) = todo.pop() {
            let Some((_, spans)) = self.waiting.remove(&around) else { continue };
            self.count -= spans.len();
            for span in spans {
                todo.push(span.span.0);
                ready.push(Ready { span, root });
            }
        }
    }
}
