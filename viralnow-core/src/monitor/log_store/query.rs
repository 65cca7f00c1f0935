//! Calls by filter.

use super::filters::{LogEntry, LogFilters, LogOrder, LogPage, TimeRange};
use super::{LogStore, row_at, us_of};
use crate::monitor::{SpanStatus, name_matches};
use crate::{Error, ErrorKind, Result};
use rusqlite::types::Value as Sql;
use rusqlite::{Row, Transaction};
use serde_json::Value;
use std::fmt::Write;

const SELECT: &str =
    "SELECT call.id, fn.name, fn.module, fn.file, fn.line, run.pid, call.dur_ns, call.status, call.span,
    call.parent, call.more, error.kind, error.message, stack.text
    FROM call JOIN site ON site.id = call.site JOIN fn ON fn.id = site.fn JOIN run ON run.id = site.run
    LEFT JOIN error ON error.call = call.id LEFT JOIN stack ON stack.id = error.stack WHERE ";

impl LogStore {
    /// The calls that fit. Fails with `INVALID_INPUT` for a limit outside of 1 to 10,000, a duration that is no number,
    /// or `after` with [`LogOrder::Slowest`].
    pub fn query(&self, filters: &LogFilters) -> Result<LogPage> {
        if !(1..=10_000).contains(&filters.limit) {
            let message = "`limit` must be 1 to 10,000; ask for more by `after`";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("limit", filters.limit));
        }
        if filters.min_duration_s.is_some_and(|s| !s.is_finite()) {
            return Err(Error::new(ErrorKind::InvalidInput, "`min_duration_s` must be a number of seconds"));
        }
        if filters.order == LogOrder::Slowest && filters.after.is_some() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "`after` goes with an order over time, not with `slowest`",
            ));
        }
        let entries = self.reading(|transaction| find(transaction, filters))?;
        let full = entries.len() == filters.limit as usize && filters.order != LogOrder::Slowest;
        let next = entries.last().filter(|_| full).map(|entry| entry.id);
        Ok(LogPage { entries, next })
    }

    /// One call by its number; `None` where there is none.
    pub fn entry(&self, id: i64) -> Result<Option<LogEntry>> {
        self.reading(|transaction| {
            let mut statement = transaction.prepare_cached(&format!("{SELECT} call.id = ?1"))?;
            let mut rows = statement.query_map([id], entry)?;
            rows.next().transpose()
        })
    }
}

fn find(transaction: &Transaction<'_>, filters: &LogFilters) -> rusqlite::Result<Vec<LogEntry>> {
    let (sql, values) = statement(transaction, filters)?;
    let mut statement = transaction.prepare(&sql)?;
    statement.query_map(rusqlite::params_from_iter(values), entry)?.collect()
}

/// What is asked, with the values of its parameters.
fn statement(transaction: &Transaction<'_>, filters: &LogFilters) -> rusqlite::Result<(String, Vec<Sql>)> {
    let mut sql = String::from(SELECT);
    let mut values: Vec<Sql> = Vec::new();
    let mut holds = |condition: &str, value: Sql| {
        values.push(value);
        let number = values.len();
        if number > 1 {
            sql.push_str(" AND ");
        }
        sql.push_str(&condition.replace('?', &format!("?{number}")));
    };
    // At most one bound on each side. Given two, SQLite seeks by only one of them and scans from there, so that each page would read all pages
    // before it.
    let TimeRange { from_us, to_us } = filters.time_range.unwrap_or_default();
    let (mut first, mut end) = (from_us.map_or(i64::MIN, row_at), to_us.map(row_at));
    match filters.after {
        Some(after) if filters.order == LogOrder::Oldest => first = first.max(after.saturating_add(1)),
        Some(after) => end = Some(end.map_or(after, |end| end.min(after))),
        None => {}
    }
    holds("call.id >= ?", Sql::Integer(first));
    if let Some(end) = end {
        holds("call.id < ?", Sql::Integer(end));
    }
    match filters.status {
        // As the partial index has it.
        Some(status @ (SpanStatus::Failed | SpanStatus::Cancelled)) => {
            holds("call.status <> 0 AND call.status = ?", Sql::Integer(status as i64));
        }
        Some(SpanStatus::Completed) => holds("call.status = ?", Sql::Integer(0)),
        None => {}
    }
    if let Some(seconds) = filters.min_duration_s {
        holds("call.dur_ns >= ?", Sql::Integer((seconds * 1e9) as i64));
    }
    // `instr` and not `LIKE`: nothing in what is looked for is a wildcard.
    if let Some(part) = &filters.error_contains {
        let part = Sql::Text(part.to_ascii_lowercase());
        holds("(instr(lower(error.kind), ?) > 0 OR instr(lower(error.message), ?) > 0)", part);
    }
    if let Some(part) = &filters.text {
        // As it was recorded, not as JSON has it.
        let fields = ["args", "result", "correlation_id", "asset_id"]
            .map(|key| format!("json_extract(call.more, '$.{key}')"));
        let places = fields.into_iter().chain(["error.message".to_owned(), "stack.text".to_owned()]);
        let any: Vec<_> = places.map(|place| format!("instr(coalesce({place}, ''), ?) > 0")).collect();
        holds(&format!("({})", any.join(" OR ")), Sql::Text(part.clone()));
    }
    if let Some(id) = &filters.correlation_id {
        holds("json_extract(call.more, '$.correlation_id') = ?", Sql::Text(id.clone()));
    }
    if let Some(pattern) = &filters.function_name {
        // One parameter, however many runs there were.
        let sites = serde_json::Value::from(sites_of(transaction, pattern)?).to_string();
        holds("call.site IN (SELECT value FROM json_each(?))", Sql::Text(sites));
    }
    let order = match filters.order {
        LogOrder::Newest => "call.id DESC",
        LogOrder::Oldest => "call.id",
        LogOrder::Slowest => "call.dur_ns DESC, call.id",
    };
    let _ = write!(sql, " ORDER BY {order} LIMIT {}", filters.limit);
    Ok((sql, values))
}

/// Functions, in all runs, that fit a pattern.
fn sites_of(transaction: &Transaction<'_>, pattern: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement = transaction.prepare_cached(
        "SELECT site.id, fn.name, fn.module FROM site JOIN fn ON fn.id = site.fn ORDER BY site.id",
    )?;
    let mut rows = statement.query([])?;
    let mut sites = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, module): (String, String) = (row.get(1)?, row.get(2)?);
        if name_matches(pattern, &name) || name_matches(pattern, &format!("{module}.{name}")) {
            sites.push(row.get(0)?);
        }
    }
    Ok(sites)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let id: i64 = row.get(0)?;
    let span = row.get::<_, i64>(8)? as u64;
    let parent = row.get::<_, Option<i64>>(9)?.map_or(0, |back| span.wrapping_sub(back as u64));
    let more: Option<String> = row.get(10)?;
    let more: Value = more.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let text = |key: &str| more[key].as_str().map(str::to_owned);
    Ok(LogEntry {
        id,
        function_name: row.get(1)?,
        module: row.get(2)?,
        file: row.get(3)?,
        line: row.get(4)?,
        pid: row.get(5)?,
        start_us: us_of(id),
        duration_s: row.get::<_, i64>(6)? as f64 * 1e-9,
        status: match row.get::<_, i64>(7)? {
            0 => SpanStatus::Completed,
            2 => SpanStatus::Cancelled,
            _ => SpanStatus::Failed,
        },
        span,
        parent,
        cpu_s: more["cpu_ns"].as_u64().map(|ns| ns as f64 * 1e-9),
        rss_kib: more["rss_kib"].as_u64(),
        args: text("args"),
        result: text("result"),
        correlation_id: text("correlation_id"),
        asset_id: text("asset_id"),
        error_kind: row.get(11)?,
        error: row.get(12)?,
        stack: row.get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{Capture, MonitorSystem, Outcome, Overflow, SpanToken};
    use rusqlite::StatementStatus;
    use std::time::Duration;

    /// A page costs as much at the end of the log as at its beginning, whatever time is asked for.
    #[test]
    fn a_page_does_not_read_those_before_it() {
        let patience = Duration::from_secs(60);
        let store = LogStore::open(":memory:").unwrap();
        let monitor = MonitorSystem::builder()
            .store(store.clone())
            .adaptive(false)
            .overflow(Overflow::Block { most: patience })
            .build();
        let site = monitor.callsite("paged", "shop", "shop.rs", 3, 1.0, Capture::TIME);
        for _ in 0..5000 {
            monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
        }
        assert!(monitor.flush(patience).complete);
        let all = store.query(&LogFilters { limit: 10_000, ..LogFilters::default() }).unwrap().entries;
        assert_eq!(all.len(), 5000);
        let (from_us, to_us) = (all[4999].start_us, all[0].start_us + 1);
        let range = Some(TimeRange { from_us: Some(from_us), to_us: Some(to_us) });
        for order in [LogOrder::Newest, LogOrder::Oldest] {
            let steps = [0, 4900].map(|before| {
                let last = if order == LogOrder::Newest { before } else { 4999 - before };
                let after = Some(all[last].id);
                let filters =
                    LogFilters { limit: 50, time_range: range, after, order, ..LogFilters::default() };
                store
                    .reading(|transaction| {
                        let (sql, values) = statement(transaction, &filters)?;
                        let mut statement = transaction.prepare(&sql)?;
                        let rows = statement.query_map(rusqlite::params_from_iter(values), entry)?.count();
                        assert_eq!(rows, 50);
                        Ok(statement.get_status(StatementStatus::VmStep))
                    })
                    .unwrap()
            });
            assert!((steps[0] - steps[1]).abs() < 100, "{order:?}: {steps:?}");
        }
        assert!(monitor.shutdown(patience).complete);
    }
}
