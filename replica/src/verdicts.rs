//! The verdict pool: verdicts of provers, gathered until two thirds say the same, and made into settlements (rules 10 and 11).
//!
//! Verdicts may come before the block that announces the proof, so they are kept for any subject; what bounds them is that a
//! member of the set can have only so many open at a time. They come from anybody and again and again, so the state decides
//! which of them are made into a settlement: those about the proof that the chain waits for.

use crate::{journal, out::Out, sets::Sets};
use std::{collections::BTreeMap, ops::RangeInclusive};
use types::{
    AccountId, AttemptEnd, BlobId, Certificate, ChainId, Data, Refusal, Settlement, SignedVerdict, Verdict, Workload,
    WorkloadId,
    host::HostRequest,
    limits::PROOF_INLINE_MAX,
    offence::Evidence,
    record::VerdictSet,
    verdict::{Member, Subject, bonds, is_quorum},
};

/// Subjects about which one prover's verdicts are kept; the oldest that the chain does not wait for gives way.
const OPEN_PER_PROVER: usize = 512;

#[derive(Default)]
struct Pool {
    /// Never empty.
    verdicts: BTreeMap<AccountId, SignedVerdict>,
    /// Whether the chain waits for verdicts about this very proof, as far as this node has looked.
    awaited: bool,
    /// The version of the verdict set that judges it, once a block has said so; until then the one in force.
    set: Option<u64>,
    /// When two thirds first agreed.
    quorum_ms: Option<u64>,
    bundle: Option<Data<PROOF_INLINE_MAX>>,
    asked_for_bundle: bool,
}

/// Verdicts that wait for a settlement.
#[derive(Default)]
pub(crate) struct Verdicts {
    pools: BTreeMap<Subject, Pool>,
    /// The pools in which a prover's verdicts are, oldest first.
    open: BTreeMap<AccountId, Vec<Subject>>,
}

impl Verdicts {
    /// Takes in a verdict.
    pub fn insert(
        &mut self,
        signed: SignedVerdict,
        chain: ChainId,
        sets: &Sets,
        out: &mut Out<'_>,
    ) -> Result<Taken, Refusal> {
        let known = self.pools.get(&signed.subject).and_then(|pool| pool.verdicts.get(&signed.prover));
        if known.is_some_and(|known| known.verdict == signed.verdict) {
            return Ok(Taken::Kept);
        }
        let key = sets.key(signed.prover).ok_or(Refusal::Stranger)?;
        if !signed.is_signed_by(chain, key) {
            return Err(Refusal::BadSignature);
        }
        match known {
            // A verdict is final, but for *unavailable*, which a later look may replace.
            Some(known) if known.verdict != Verdict::Unavailable => return contradiction(known, signed),
            _ => {}
        }
        let (subject, prover) = (signed.subject, signed.prover);
        self.pools.entry(subject).or_default().verdicts.insert(prover, signed);
        self.opened(prover, subject);
        Ok(if self.look(&subject, sets, out) { Taken::Agreed } else { Taken::Kept })
    }

    /// Another set was read: two thirds of it may have agreed already. Returns the workloads about which they have.
    pub fn look_again(&mut self, sets: &Sets, out: &mut Out<'_>) -> Vec<WorkloadId> {
        let subjects: Vec<Subject> = self.pools.keys().copied().collect();
        subjects.into_iter().filter(|subject| self.look(subject, sets, out)).map(|subject| subject.workload).collect()
    }

    fn opened(&mut self, prover: AccountId, subject: Subject) {
        let open = self.open.entry(prover).or_default();
        if open.contains(&subject) {
            return;
        }
        open.push(subject);
        if open.len() > OPEN_PER_PROVER {
            let idle = |subject: &Subject| self.pools.get(subject).is_none_or(|pool| !pool.awaited);
            let gone = open.iter().find(|subject| idle(subject)).copied().unwrap_or(subject);
            self.close(prover, &gone);
            self.drop_verdict(prover, &gone);
        }
    }

    fn close(&mut self, prover: AccountId, subject: &Subject) {
        let Some(open) = self.open.get_mut(&prover) else { return };
        open.retain(|other| other != subject);
        if open.is_empty() {
            self.open.remove(&prover);
        }
    }

    fn drop_verdict(&mut self, prover: AccountId, subject: &Subject) {
        let Some(pool) = self.pools.get_mut(subject) else { return };
        pool.verdicts.remove(&prover);
        if pool.verdicts.is_empty() {
            self.pools.remove(subject);
        }
    }

    /// Notes when two thirds agree, and asks for the bundle that a small valid proof stands in the block with.
    fn look(&mut self, subject: &Subject, sets: &Sets, out: &mut Out<'_>) -> bool {
        let Some(pool) = self.pools.get_mut(subject) else { return false };
        let agreed = sets.get(pool.set).and_then(|set| agreed(pool, set));
        let Some(verdict) = agreed else { return false };
        let is_first = pool.quorum_ms.is_none();
        pool.quorum_ms.get_or_insert(out.now);
        if verdict == Verdict::Valid && !pool.asked_for_bundle {
            pool.asked_for_bundle = true;
            out.host(&HostRequest::ReadSmall { blob: subject.proof });
        }
        is_first && !pool.awaited
    }

    /// The store gave a bundle, if it has it and it is small.
    pub fn bundle(&mut self, proof: BlobId, bytes: Option<Vec<u8>>, inline_max: u64) {
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 <= inline_max) else { return };
        let Ok(data) = Data::new(bytes) else { return };
        for (_, pool) in self.pools.iter_mut().filter(|(subject, _)| subject.proof == proof) {
            pool.bundle = Some(data.clone());
        }
    }

    /// A workload as it is now: notes which of its proofs the chain waits for and which set judges them, forgets those that can
    /// no longer be settled. Returns verdicts that are against what was certified.
    pub fn observe(&mut self, record: &Workload, sets: &Sets, out: &mut Out<'_>) -> Vec<Evidence> {
        let awaited = record.subject().map(|(subject, announced)| (subject, announced.set));
        let mut evidence = Vec::new();
        for subject in self.pools.range(all_of(record.id)).map(|(subject, _)| *subject).collect::<Vec<_>>() {
            if journal::is_moot(record, &subject) {
                evidence.extend(self.against(&subject, certified(record, &subject)));
                self.forget(&subject);
            } else if let Some(pool) = self.pools.get_mut(&subject) {
                let judges = awaited.filter(|(other, _)| *other == subject).map(|(_, set)| set);
                pool.awaited = judges.is_some();
                let before = pool.set.unwrap_or(sets.present());
                pool.set = judges.or(pool.set);
                if pool.set.is_some_and(|set| set != before) {
                    // Another set may judge otherwise, and has its own time to speak.
                    pool.quorum_ms = None;
                    self.look(&subject, sets, out);
                }
            }
        }
        evidence
    }

    /// The final verdicts about a proof that are against the certificate.
    fn against(&self, subject: &Subject, certified: Option<Verdict>) -> Vec<Evidence> {
        let (Some(certified), Some(pool)) = (certified, self.pools.get(subject)) else { return Vec::new() };
        let is_false = |signed: &&SignedVerdict| signed.verdict != certified && signed.verdict != Verdict::Unavailable;
        pool.verdicts.values().filter(is_false).cloned().map(Evidence::FalseVerdict).collect()
    }

    fn forget(&mut self, subject: &Subject) {
        let Some(pool) = self.pools.remove(subject) else { return };
        for prover in pool.verdicts.keys() {
            self.close(*prover, subject);
        }
    }

    /// Settlements that are ready: two thirds agree, either all have spoken or the grace is over, and the chain waits for them.
    /// `announced` are proofs that blocks announce which are not final yet, `done` are those that they settle.
    pub fn peek(
        &self,
        sets: &Sets,
        now: u64,
        grace_ms: u64,
        max: usize,
        announced: &[Subject],
        done: &[Subject],
    ) -> Vec<Settlement> {
        let ready = self.pools.iter().filter_map(|(subject, pool)| {
            let set = sets.get(pool.set)?;
            let over = now.saturating_sub(pool.quorum_ms?) >= grace_ms;
            let spoken = over || pool.verdicts.len() >= set.members.len();
            let counts = (pool.awaited || announced.contains(subject)) && !done.contains(subject);
            (spoken && counts).then(|| settlement(subject, pool, set)).flatten()
        });
        ready.take(max).collect()
    }

    /// When the next grace is over, if one runs.
    pub fn next_ready(&self, now: u64, grace_ms: u64) -> Option<u64> {
        let ends = self.pools.values().filter_map(|pool| Some(pool.quorum_ms?.saturating_add(grace_ms)));
        ends.filter(|end| *end > now).min()
    }
}

/// What became of a verdict that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept, now or before.
    Kept,
    /// Two thirds agree from now on about a proof that the chain is not known to wait for.
    Agreed,
    /// It contradicts what the same prover said before.
    Contradiction(Box<Evidence>),
}

/// A second final verdict of one prover about one proof.
fn contradiction(known: &SignedVerdict, signed: SignedVerdict) -> Result<Taken, Refusal> {
    if signed.verdict == Verdict::Unavailable {
        return Err(Refusal::Repeated);
    }
    Ok(Taken::Contradiction(Box::new(Evidence::TwoVerdicts { one: known.clone(), other: signed })))
}

/// What a certificate says about a proof, valid or invalid.
fn certified(record: &Workload, subject: &Subject) -> Option<Verdict> {
    let attempt = record.attempts.get(usize::from(subject.attempt).checked_sub(1)?)?;
    attempt.announced.filter(|announced| announced.proof == subject.proof)?;
    match attempt.end.as_ref()?.1 {
        AttemptEnd::Valid(_) => Some(Verdict::Valid),
        AttemptEnd::Rejected(_) => Some(Verdict::Invalid),
        _ => None,
    }
}

/// Every subject that a workload can have.
const fn all_of(workload: WorkloadId) -> RangeInclusive<Subject> {
    let first = Subject { workload, attempt: 0, proof: BlobId([0; 32]) };
    let last = Subject { workload, attempt: u16::MAX, proof: BlobId([u8::MAX; 32]) };
    first..=last
}

/// What members with two thirds of the bonds of the set say, if they do.
fn agreed(pool: &Pool, set: &VerdictSet) -> Option<Verdict> {
    [Verdict::Valid, Verdict::Invalid, Verdict::Unavailable].into_iter().find(|verdict| {
        let equal = pool.verdicts.values().filter(|signed| signed.verdict == *verdict);
        let members = equal.filter_map(|signed| set.members.get(place(set, signed)?));
        is_quorum(bonds(members), bonds(&set.members))
    })
}

/// The signer's place in the set.
fn place(set: &VerdictSet, signed: &SignedVerdict) -> Option<usize> {
    set.members.binary_search_by_key(&signed.prover, |member: &Member| member.account).ok()
}

fn settlement(subject: &Subject, pool: &Pool, set: &VerdictSet) -> Option<Settlement> {
    let verdict = agreed(pool, set)?;
    let equal = pool.verdicts.values().filter(|signed| signed.verdict == verdict);
    let indexed: Vec<_> = equal.filter_map(|signed| Some((place(set, signed)?, signed.signature))).collect();
    let certificate = Certificate::aggregate(verdict, set.members.len(), &indexed)?;
    let bundle = pool.bundle.clone().filter(|_| verdict == Verdict::Valid);
    Some(Settlement { subject: *subject, certificate, bundle })
}

#[cfg(test)]
mod tests;
