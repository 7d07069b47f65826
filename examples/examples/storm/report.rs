//! The table in the end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::network::Tally;
use crate::play::Report;
use crate::store::Effort;

/// One line of the table for each store that was played on.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    cells: Vec<(&'static str, String)>,
}

impl Column {
    pub(crate) fn new(
        name: &'static str,
        report: &Report,
        tally: &Tally,
        effort: Option<&Effort>,
    ) -> Self {
        let Report { elapsed, latencies, verdict, .. } = report;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let own = |counter: fn(&Effort) -> &AtomicU64| {
            effort.map_or_else(|| "-".to_owned(), |effort| count(counter(effort)).to_string())
        };
        let per_second = u128::from(report.operations) * 1000 / elapsed.as_millis().max(1);
        let cells = vec![
            ("operations", report.operations.to_string()),
            ("  per second", per_second.to_string()),
            ("sessions begun", report.sessions.to_string()),
            ("logouts and renewals", report.ended.to_string()),
            ("requests", count(&tally.requests).to_string()),
            ("  harmed by the network", count(&tally.faults).to_string()),
            ("  retries by the SDK", count(&tally.retries).to_string()),
            ("  refused conditions", count(&tally.refused).to_string()),
            ("rebases", own(|effort| &effort.rebases)),
            ("most requests for one write", own(|effort| &effort.most_requests)),
            ("operations on ended sessions", report.gone.to_string()),
            ("loads given up", report.unavailable.to_string()),
            ("unknown outcomes", report.unknown.to_string()),
            ("applied, though told it was gone", verdict.despite_gone.to_string()),
            ("read units", tally.read_units().to_string()),
            ("write units, without refused writes", tally.write_units().to_string()),
            ("latency p50", percentile(latencies, 500)),
            ("  p90", percentile(latencies, 900)),
            ("  p99", percentile(latencies, 990)),
            ("  max", percentile(latencies, 1000)),
            ("probes of ended sessions", report.probes.to_string()),
            ("LOST UPDATES", verdict.lost.to_string()),
            ("REVIVED SESSIONS", report.revived.to_string()),
            ("DOUBLED COUNTERS", verdict.doubled.to_string()),
        ];
        Self { name, cells }
    }
}

pub(crate) fn table(columns: &[Column]) -> String {
    let mut text = format!("{:<36}", "");
    for column in columns {
        text += &format!("{:>16}", column.name);
    }
    let rows = columns.first().map_or(0, |column| column.cells.len());
    for row in 0..rows {
        text += &format!("\n{:<36}", columns[0].cells[row].0);
        for column in columns {
            text += &format!("{:>16}", column.cells[row].1);
        }
    }
    text + "\n"
}

/// What this many in a thousand do not exceed.
fn percentile(sorted: &[Duration], per_mille: usize) -> String {
    let position = (sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
    let latency = sorted.get(position).copied().unwrap_or_default();
    format!("{:.1} ms", latency.as_secs_f64() * 1000.0)
}
