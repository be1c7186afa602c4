//! What was measured, for people and for machines, and whether it grows no faster than it may.

use crate::{block::Kind, measure::Options};
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What is counted.
    pub what: &'static str,
    /// Whether signatures are checked; none where there are no signatures.
    pub signatures_checked: Option<bool>,
    /// Accounts and open workloads of the chain.
    pub size: usize,
    /// How many of it are in a block.
    pub per_block: usize,
    /// How many the ledger does in a second.
    pub per_second: f64,
    /// What one costs, in microseconds: the median of all samples.
    pub micros: f64,
    /// How far the middle half of the samples reaches, as a part of the median.
    pub spread: f64,
    /// What one costs on this chain, as a multiple of what it costs on the first.
    pub growth: f64,
    /// The most that this may be; none where it is not the ledger that is measured.
    pub growth_max: Option<f64>,
}

/// All figures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Samples of each figure.
    pub samples: usize,
    /// The figures: those of one kind next to each other, the baseline first.
    pub rows: Vec<Row>,
    /// Whether nothing grows faster than it may.
    pub within: bool,
}

impl Row {
    /// A figure from what one entry took in each sample, in seconds.
    #[must_use]
    pub fn new(kind: Kind, signatures: Option<bool>, size: usize, per_block: usize, mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let at = |quarter: usize| seconds.get((seconds.len() - 1) * quarter / 4).copied().unwrap_or(f64::NAN);
        let median = at(2);
        Self {
            what: kind.name(),
            signatures_checked: signatures,
            size,
            per_block,
            per_second: 1.0 / median,
            micros: median * 1e6,
            spread: (at(3) - at(1)) / median,
            growth: 1.0,
            growth_max: (kind != Kind::Store).then_some(1.0),
        }
    }

    fn is_within(&self) -> bool {
        self.growth_max.is_none_or(|most| self.growth <= most)
    }

    fn is_next_to(&self, other: &Self) -> bool {
        (self.what, self.signatures_checked) == (other.what, other.signatures_checked)
    }
}

impl Report {
    /// Compares each figure with that of the same kind on the first chain.
    #[must_use]
    pub fn new(options: &Options, mut rows: Vec<Row>) -> Self {
        for group in rows.chunk_by_mut(Row::is_next_to) {
            let Some((base, size)) = group.first().map(|row| (row.micros, row.size)) else { continue };
            for row in group {
                row.growth = row.micros / base;
                row.growth_max = row.growth_max.map(|_| logarithmic(size, row.size));
            }
        }
        let within = rows.iter().all(Row::is_within);
        Self { samples: options.samples, rows, within }
    }

    /// The figures as a table, with a line that says whether they are within their bounds.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let sizes: Vec<usize> =
            self.rows.iter().take_while(|row| row.is_next_to(&self.rows[0])).map(|r| r.size).collect();
        let mut header = vec!["what".to_owned(), "signatures".to_owned(), "per block".to_owned()];
        header.extend(sizes.iter().flat_map(|size| [format!("/s at {size}"), "µs".to_owned(), "±".to_owned()]));
        header.extend(sizes.iter().skip(1).map(|size| format!("growth to {size}")));
        table.set_header(header);
        for group in self.rows.chunk_by(Row::is_next_to) {
            table.add_row(line(group));
        }
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let legend =
            "µs of processor time for each, the median of all blocks; ± is half the width of their middle half.";
        format!("{table}\n\n{legend}\n{}\n", self.verdict(&sizes))
    }

    fn verdict(&self, sizes: &[usize]) -> String {
        let first = sizes.first().copied().unwrap_or_default();
        let most: Vec<String> =
            sizes.iter().skip(1).map(|size| format!("{:.2} at {size}", logarithmic(first, *size))).collect();
        let most = most.join(", ");
        if self.within {
            return format!("Nothing costs more than logarithmic growth from {first} allows ({most}).");
        }
        let over = |row: &&Row| !row.is_within();
        let name = |row: &Row| format!("{} at {} ({:.2})", row.what, row.size, row.growth);
        let over: Vec<String> = self.rows.iter().filter(over).map(name).collect();
        format!("More than logarithmic growth from {first} allows ({most}): {}.", over.join(", "))
    }
}

/// How much more something may cost where there are `size` instead of `first`, if its cost is some part that never changes and
/// some part that grows with the logarithm.
fn logarithmic(first: usize, size: usize) -> f64 {
    (size as f64).ln() / (first as f64).ln()
}

/// One kind on all chains.
fn line(group: &[Row]) -> Vec<String> {
    let Some(first) = group.first() else { return Vec::new() };
    let signatures = first.signatures_checked.map_or("", |checked| if checked { "checked" } else { "not checked" });
    let mut cells = vec![first.what.to_owned(), signatures.to_owned(), first.per_block.to_string()];
    for row in group {
        let spread = format!("{:.0} %", row.spread * 50.0);
        cells.extend([format!("{:.0}", row.per_second), format!("{:.2}", row.micros), spread]);
    }
    let growth = |row: &Row| format!("{:.2}{}", row.growth, if row.is_within() { "" } else { " !" });
    cells.extend(group.iter().skip(1).map(growth));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::Amounts;

    fn report(kind: Kind, micros: &[f64]) -> Report {
        let sizes = [1_000, 100_000, 1_000_000];
        let row = |(size, micros): (usize, &f64)| Row::new(kind, Some(true), size, 10, vec![micros / 1e6]);
        let options = Options { sizes: sizes.to_vec(), samples: 1, amounts: Amounts::FEW };
        Report::new(&options, sizes.into_iter().zip(micros).map(row).collect())
    }

    #[test]
    fn what_grows_with_the_logarithm_is_within_and_what_grows_faster_is_not() {
        assert!(report(Kind::Run, &[10.0, 10.0, 10.0]).within);
        assert!(report(Kind::Run, &[10.0, 16.0, 19.9]).within);
        assert!(!report(Kind::Run, &[10.0, 10.0, 20.1]).within);
        assert!(!report(Kind::Run, &[10.0, 17.0, 19.0]).within, "half way as well");
        assert!(report(Kind::Store, &[1.0, 5.0, 9.0]).within, "memory is not the ledger's");
    }

    #[test]
    fn a_figure_is_the_median_and_its_spread_the_middle_half() {
        let row = Row::new(Kind::Run, None, 1000, 1, vec![5e-6, 1e-6, 4e-6, 2e-6, 3e-6]);
        assert!((row.micros - 3.0).abs() < 1e-9 && (row.spread - 2.0 / 3.0).abs() < 1e-9);
        assert!((row.per_second - 1e6 / 3.0).abs() < 1e-3);
    }

    #[test]
    fn what_grows_too_fast_is_named() {
        let text = report(Kind::Run, &[10.0, 10.0, 30.0]).table();
        assert!(text.contains("3.00 !") && text.contains("run at 1000000 (3.00)"), "{text}");
        assert!(report(Kind::Run, &[10.0, 10.0, 10.0]).table().contains("Nothing costs more"));
    }
}
