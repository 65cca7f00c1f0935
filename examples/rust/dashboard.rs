//! A shop that is watched: `cargo run --example dashboard --features dashboard` prints the dashboard's address.
//!
//! Some threads fetch, score and sell; every half minute fetching fails for a while, so that an alert fires and resolves.

use std::time::{Duration, Instant};
use viralnow_core::monitor::config::{AlertConfig, MonitorConfig};
use viralnow_core::monitor::{Capture, Detail, MonitorSystem, Monitoring, Outcome, SpanToken};

/// Numbers without order, so that the curves move.
fn noise(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 40) as f64 / (1_u64 << 24) as f64
}

fn work(monitor: &MonitorSystem, number: u64, start: Instant, seconds: f64) {
    let site = |name, weight| {
        monitor.callsite(name, "shop", "dashboard.rs", 1, weight, Capture::TIME.and(Capture::CPU))
    };
    let (fetch, score, sell) = (site("fetch_trending", 3.0), site("score_clip", 1.0), site("sell", 1.0));
    let mut state = number + 1;
    while start.elapsed().as_secs_f64() < seconds {
        let job = monitor.begin(fetch, SpanToken::NONE);
        std::thread::sleep(Duration::from_secs_f64(0.002 + 0.01 * noise(&mut state).powi(4)));
        let time = start.elapsed().as_secs_f64() % 30.0;
        if (2.0..4.0).contains(&time) && noise(&mut state) < 0.3 {
            let failed = Outcome::Failed {
                code: "TIMEOUT",
                message: "the platform did not answer bob@example.com in time",
            };
            let detail = Detail {
                args: Some("platform='youtube', token='hunter2'".to_owned()),
                stack: Some("Traceback (most recent call last):\n  File \"shop.py\", line 12, in fetch_trending\nTimeoutError".to_owned()),
                ..Detail::default()
            };
            monitor.end_with(job, &failed, detail);
            continue;
        }
        for _ in 0..5 {
            let span = monitor.begin(score, job.span);
            std::thread::sleep(Duration::from_secs_f64(0.0004 * noise(&mut state)));
            monitor.end(span, &Outcome::Completed);
        }
        monitor.end(monitor.begin(sell, job.span), &Outcome::Completed);
        monitor.end(job, &Outcome::Completed);
    }
}

fn main() -> viralnow_core::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3600.0);
    let port = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5000);
    let alert = AlertConfig {
        threshold: 3.0,
        time_window: 0.05,
        ..AlertConfig::new("fetch_failure", "event_type == 'fetch_failed'")
    };
    let config = MonitorConfig {
        log_file_path: String::new(),
        // Where the log can be searched, for as long as this runs.
        database_path: if cfg!(feature = "sqlite") { ":memory:".to_owned() } else { String::new() },
        dashboard_port: port,
        update_interval: 0.5,
        alerts: vec![alert],
        ..MonitorConfig::default()
    };
    let monitoring = Monitoring::start(&config)?;
    let url = monitoring.dashboard()?;
    println!("{url}");
    let start = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..2 {
            let monitor = monitoring.monitor();
            scope.spawn(move || work(monitor, number, start, seconds));
        }
        while start.elapsed().as_secs_f64() < seconds {
            let done = (start.elapsed().as_secs_f64() / 20.0).fract();
            let told = serde_json::json!({
                "job": "weekly ranking", "fraction": done, "elapsed_s": done * 20.0, "eta_s": (1.0 - done) * 20.0, "step": if done < 0.5 { "fetch" } else { "score" },
                "steps": [{"name": "fetch", "weight": 1.0, "fraction": (done * 2.0).min(1.0)}, {"name": "score", "weight": 1.0, "fraction": (done * 2.0 - 1.0).max(0.0)}],
            });
            let _ = monitoring.monitor().bus().publish("progress.step_progress", told);
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    Ok(())
}
