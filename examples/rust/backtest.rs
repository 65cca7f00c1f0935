//! How our ranking of trending clips, and other ones, would have done on tables of daily lists.
//!
//! ```text
//! cargo run --release -p viralnow-core --example backtest -- [--held-out] [--json] TABLE.csv...
//! ```
//! `--held-out` judges only what the shipped model was not fitted to: for the tables that it was trained on. With `--json`
//! nothing but a JSON array goes to the standard output.

use std::process::ExitCode;
use viralnow_core::clips::backtest::{BacktestRow, BacktestRows, backtest};

/// Judges every table that can be judged; says whether all could.
fn run(tables: &[String], rows: BacktestRows, json: bool) -> bool {
    let (mut all, mut well) = (Vec::new(), true);
    for table in tables {
        match backtest(table, rows) {
            Ok(judged) => {
                if judged.is_empty() {
                    eprintln!(
                        "backtest: {table}: no list has 20 clips that were seen again within a day and did not all fare alike"
                    );
                }
                all.extend(judged);
            }
            Err(error) => {
                eprintln!("backtest: {}: {error}", error.kind());
                well = false;
            }
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&all).expect("plain rows"));
        return well;
    }
    let mut before = None;
    for row in &all {
        let BacktestRow { file, objective, task, rows, days, .. } = row;
        let this = (file, objective, task);
        if before.replace(this) != Some(this) {
            let what = if row.objective == viralnow_core::clips::Objective::Gain { "gain" } else { "growth" };
            println!("\n{file}, task {task:?}, {what}: {rows} clips on {days} lists");
            println!(
                "{:24} {:>6} {:>15} {:>6} {:>9} {:>8} {:>6}",
                "", "P@10%", "95 %", "AUC", "Spearman", "nDCG@20", "ECE"
            );
        }
        let ece = row.ece.map_or(String::new(), |ece| format!("{ece:.4}"));
        println!(
            "{:24} {:6.3}  [{:.3}, {:.3}] {:6.3} {:9.3} {:8.3} {ece:>6}",
            row.method, row.p_at_10, row.ci_low, row.ci_high, row.auc, row.spearman, row.ndcg_20
        );
    }
    well
}

fn main() -> ExitCode {
    let (flags, tables): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    if tables.is_empty() || flags.iter().any(|flag| !matches!(flag.as_str(), "--held-out" | "--json")) {
        eprintln!("usage: backtest [--held-out] [--json] TABLE.csv...");
        return ExitCode::from(2);
    }
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let rows = if has("--held-out") { BacktestRows::HeldOut } else { BacktestRows::All };
    if run(&tables, rows, has("--json")) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
