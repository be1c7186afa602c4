//! The open workloads that measured blocks are about: the same, with the same certificates, on chains of every size.

use crate::network::{Network, Prover, bytes};
use anyhow::{Context, Result};
use types::{
    BlobId, Certificate, Data, Settlement, Verdict, WorkloadId,
    verdict::{Member, Subject},
};

/// The version of the verdict set that genesis makes of all provers.
pub const ALL: u64 = 1;
/// The version of a small verdict set, which genesis leaves free.
pub const SMALL: u64 = 0;
/// Members of the small verdict set.
pub const SMALL_MEMBERS: usize = 4;

/// How many entries a measured block has of its kind.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Transfers, each of another sender.
    pub transfers: usize,
    /// Runs, each of another sender.
    pub runs: usize,
    /// Messages of provers.
    pub messages: usize,
    /// Settlements.
    pub settlements: usize,
    /// Workloads whose time is up.
    pub due: usize,
}

impl Amounts {
    /// Those of a busy chain.
    pub const BUSY: Self = Self { transfers: 1000, runs: 256, messages: 128, settlements: 64, due: 128 };
    /// So few that a test can do it.
    pub const FEW: Self = Self { transfers: 6, runs: 3, messages: 2, settlements: 1, due: 2 };
}

/// What an open workload is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A draw: what all others wait for.
    Draw,
    /// A draw, which will not come in time.
    Expiry,
    /// Its prover's accept.
    Accept,
    /// Its prover's announcement.
    Announcement,
    /// The verdicts of a version of the verdict set.
    Verdicts(u64),
}

/// An open workload that measured blocks are about.
pub struct Open {
    /// Its name.
    pub id: WorkloadId,
    /// What it is waiting for.
    pub wait: Wait,
    /// Which of the network's provers is at it, if any is.
    pub prover: usize,
    /// What settles it, if it waits for verdicts.
    pub settlement: Option<Settlement>,
}

/// Makes them, in the order of what they wait for: half as many again as one block is about, twice as many settlements.
///
/// # Errors
/// When a certificate cannot be made.
pub fn open(network: &Network, amounts: &Amounts) -> Result<Vec<Open>> {
    let messages = amounts.messages * 3 / 2;
    let parts = [
        (Wait::Expiry, amounts.due),
        (Wait::Accept, messages),
        (Wait::Announcement, messages),
        (Wait::Verdicts(SMALL), amounts.settlements * 2),
        (Wait::Verdicts(ALL), amounts.settlements * 2),
    ];
    let waits = parts.into_iter().flat_map(|(wait, count)| std::iter::repeat_n(wait, count));
    waits.enumerate().map(|(index, wait)| one(network, index, wait)).collect()
}

fn one(network: &Network, index: usize, wait: Wait) -> Result<Open> {
    let id = WorkloadId(bytes("open", index as u64));
    let settlement = match wait {
        Wait::Verdicts(set) => Some(settlement(network, id, set)?),
        _ => None,
    };
    Ok(Open { id, wait, prover: index % network.provers.len(), settlement })
}

/// The members of a version of the verdict set, ascending.
#[must_use]
pub fn members(network: &Network, set: u64) -> Vec<Member> {
    let most = if set == SMALL { SMALL_MEMBERS } else { usize::MAX };
    network.provers.iter().take(most).map(Prover::member).collect()
}

/// The bytes of a workload's proof: as many as a Groth16 proof with a few public values has.
#[must_use]
pub fn bundle(id: WorkloadId) -> Vec<u8> {
    id.0.repeat(8)
}

/// A settlement with the verdicts of all members.
fn settlement(network: &Network, id: WorkloadId, set: u64) -> Result<Settlement> {
    let bundle = bundle(id);
    let subject = Subject { workload: id, attempt: 1, proof: BlobId::of(&bundle) };
    let size = members(network, set).len();
    let sign = |prover: &Prover| prover.verdicts.sign(network.chain(), &subject, Verdict::Valid);
    let verdicts: Vec<_> = network.provers.iter().take(size).map(sign).enumerate().collect();
    let certificate = Certificate::aggregate(Verdict::Valid, size, &verdicts).context("no certificate")?;
    Ok(Settlement { subject, certificate, bundle: Some(Data::new(bundle)?) })
}
