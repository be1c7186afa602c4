//! What the demonstration found, for people and for machines.

use crate::{
    exit::Failure,
    life::{Life, Mark},
    network::Folder,
    output::{GOOD, STRONG, short, styled},
    units::Span,
};
use api::WorkloadState;
use client::Finished;
use receipt::Checked;
use serde::Serialize;
use std::collections::BTreeMap;
use types::{AccountId, ChainId, Millis, ProgramId, WorkloadId, beacon::GroupKey};

/// All of it.
#[derive(Serialize)]
pub struct Report {
    chain: ChainId,
    group_key: GroupKey,
    /// The group key was dealt by one party, and so was the proof system's set-up.
    dealt: bool,
    nodes: usize,
    program: ProgramId,
    workloads: Vec<OfRun>,
    /// Verified proofs of each prover.
    spread: BTreeMap<AccountId, usize>,
    tampered: Option<Tampered>,
}

/// What became of one run.
#[derive(Serialize)]
pub struct OfRun {
    /// The workload.
    pub workload: WorkloadId,
    /// Its end state.
    pub state: WorkloadState,
    /// One sentence about it.
    pub explain: String,
    /// When it came into which state, by this machine's clock.
    pub marks: Vec<Mark>,
    /// From the submission to the final block of the end, in milliseconds.
    pub submit_to_final_ms: Option<u64>,
    /// From the acceptance to the announcement, in milliseconds.
    pub proving_ms: Option<u64>,
    /// The size of the receipt in bytes.
    pub receipt_bytes: usize,
    /// What the receipt shows.
    pub checked: Checked,
}

/// What became of a receipt that was tampered with.
#[derive(Serialize)]
pub struct Tampered {
    /// The byte in which a bit was flipped.
    pub byte: usize,
    /// Why it was refused; none if it was not.
    pub refused: Option<String>,
}

impl OfRun {
    /// Of a finished run and what was seen of it.
    #[must_use]
    pub fn new(finished: Finished, life: &Life) -> Self {
        let state = finished.workload.state;
        Self {
            workload: finished.checked.workload,
            state,
            explain: finished.workload.explain,
            marks: life.marks.clone(),
            submit_to_final_ms: life.at(state),
            proving_ms: life.between(WorkloadState::Proving, WorkloadState::Proved),
            receipt_bytes: finished.receipt.len(),
            checked: finished.checked,
        }
    }
}

impl Report {
    /// Of a network and its runs.
    ///
    /// # Errors
    /// None so far.
    pub fn new(
        folder: &Folder,
        program: ProgramId,
        workloads: Vec<OfRun>,
        tampered: Option<Tampered>,
    ) -> anyhow::Result<Self> {
        let mut spread = BTreeMap::new();
        let verified = workloads.iter().filter(|run| run.state == WorkloadState::Verified);
        for prover in verified.filter_map(|run| run.checked.prover()) {
            *spread.entry(prover).or_default() += 1;
        }
        Ok(Self {
            chain: folder.genesis.chain(),
            group_key: folder.genesis.group_key,
            dealt: true,
            nodes: folder.places.len(),
            program,
            workloads,
            spread,
            tampered,
        })
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let verified = self.workloads.iter().filter(|run| run.state == WorkloadState::Verified).count();
        let mut lines = vec![
            format!("{} {verified} of {} workloads", styled(GOOD, "verified"), self.workloads.len()),
            format!("  submit to final  {}", spans(self.workloads.iter().filter_map(|run| run.submit_to_final_ms))),
            format!("  proving          {}", spans(self.workloads.iter().filter_map(|run| run.proving_ms))),
        ];
        let spread: Vec<_> = self.spread.iter().map(|(prover, count)| format!("{} × {count}", short(prover))).collect();
        lines.push(format!("  provers          {} of {}: {}", spread.len(), self.nodes, spread.join(", ")));
        lines.push(format!("  group key        {}", styled(STRONG, self.group_key)));
        lines.join("\n")
    }

    /// Whether all of it went as it should.
    ///
    /// # Errors
    /// When a workload ended without a proof, or the tampered receipt was not refused.
    pub fn verdict(&self) -> anyhow::Result<()> {
        if let Some(run) = self.workloads.iter().find(|run| run.state != WorkloadState::Verified) {
            return Err(Failure::without_proof(run.explain.clone()).into());
        }
        if self.tampered.as_ref().is_none_or(|tampered| tampered.refused.is_none()) {
            return Err(Failure::unverified("a receipt that was tampered with was accepted").into());
        }
        Ok(())
    }
}

/// The least, the median and the most of some spans.
fn spans(values: impl Iterator<Item = u64>) -> String {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let span = |ms: &u64| Span(Millis(*ms)).to_string();
    match values.as_slice() {
        [] => "-".to_owned(),
        [one] => span(one),
        [least, .., most] => {
            let median = values.get(values.len() / 2).map(span).unwrap_or_default();
            format!("{median} (median), {} to {}", span(least), span(most))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_summed_up() {
        assert_eq!(spans([].into_iter()), "-");
        assert_eq!(spans([700].into_iter()), "700 ms");
        assert_eq!(spans([3_000, 700, 900].into_iter()), "900 ms (median), 700 ms to 3.0 s");
    }
}
