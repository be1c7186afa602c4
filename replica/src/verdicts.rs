//! The verdict pool: verdicts of provers, gathered until two thirds say the same, and made into settlements (rules 10 and 11).
//!
//! Verdicts may come before the block that announces the proof, so they are kept for any subject; what bounds them is that a
//! member of the set can have only so many open at a time.

use crate::out::Out;
use std::collections::BTreeMap;
use types::{
    AccountId, BlobId, Certificate, ChainId, Data, Refusal, Settlement, SignedVerdict, Verdict, WorkloadId,
    host::HostRequest,
    limits::PROOF_INLINE_MAX,
    record::VerdictSet,
    verdict::{Subject, is_quorum},
};

/// Subjects about which one prover's verdicts are kept; its oldest gives way.
const OPEN_PER_PROVER: usize = 512;

#[derive(Default)]
struct Pool {
    verdicts: BTreeMap<AccountId, SignedVerdict>,
    /// When two thirds first agreed.
    quorum_ms: Option<u64>,
    bundle: Option<Data<PROOF_INLINE_MAX>>,
    asked_for_bundle: bool,
}

/// Verdicts that wait for a settlement.
#[derive(Default)]
pub(crate) struct Verdicts {
    pools: BTreeMap<Subject, Pool>,
    open: BTreeMap<AccountId, Vec<Subject>>,
}

impl Verdicts {
    /// Takes in a verdict. True if it says something new.
    pub fn insert(
        &mut self,
        signed: SignedVerdict,
        chain: ChainId,
        set: &VerdictSet,
        out: &mut Out<'_>,
    ) -> Result<bool, Refusal> {
        let known = self.pools.get(&signed.subject).and_then(|pool| pool.verdicts.get(&signed.prover));
        match known {
            Some(known) if known.verdict == signed.verdict => return Ok(false),
            // A verdict is final, but for *unavailable*, which a later look may replace.
            Some(known) if known.verdict != Verdict::Unavailable => return Err(Refusal::Repeated),
            _ => {}
        }
        let place = set.members.binary_search_by_key(&signed.prover, |member| member.account);
        let member = place.ok().and_then(|place| set.members.get(place)).ok_or(Refusal::Stranger)?;
        if !signed.is_signed_by(chain, &member.key) {
            return Err(Refusal::BadSignature);
        }
        let (subject, prover) = (signed.subject, signed.prover);
        self.pools.entry(subject).or_default().verdicts.insert(prover, signed);
        self.opened(prover, subject);
        self.look(&subject, set, out);
        Ok(true)
    }

    fn opened(&mut self, prover: AccountId, subject: Subject) {
        let open = self.open.entry(prover).or_default();
        if open.contains(&subject) {
            return;
        }
        open.push(subject);
        if open.len() > OPEN_PER_PROVER {
            let oldest = open.remove(0);
            if let Some(pool) = self.pools.get_mut(&oldest) {
                pool.verdicts.remove(&prover);
            }
        }
    }

    /// Notes when two thirds agree, and asks for the bundle that a small valid proof stands in the block with.
    fn look(&mut self, subject: &Subject, set: &VerdictSet, out: &mut Out<'_>) {
        let Some(pool) = self.pools.get_mut(subject) else { return };
        let Some(verdict) = agreed(pool, set) else { return };
        pool.quorum_ms.get_or_insert(out.now);
        if verdict == Verdict::Valid && !pool.asked_for_bundle {
            pool.asked_for_bundle = true;
            out.host(&HostRequest::ReadSmall { blob: subject.proof });
        }
    }

    /// The store gave a bundle, if it has it and it is small.
    pub fn bundle(&mut self, proof: BlobId, bytes: Option<Vec<u8>>, inline_max: u64) {
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 <= inline_max) else { return };
        let Ok(data) = Data::new(bytes) else { return };
        for (_, pool) in self.pools.iter_mut().filter(|(subject, _)| subject.proof == proof) {
            pool.bundle = Some(data.clone());
        }
    }

    /// Forgets attempts of a workload: those before `attempt`, or all.
    pub fn forget(&mut self, workload: WorkloadId, before: Option<u16>) {
        let gone =
            |subject: &Subject| subject.workload == workload && before.is_none_or(|attempt| subject.attempt < attempt);
        self.pools.retain(|subject, _| !gone(subject));
        for open in self.open.values_mut() {
            open.retain(|subject| !gone(subject));
        }
        self.open.retain(|_, open| !open.is_empty());
    }

    /// Settlements that are ready: two thirds agree, and either all have spoken or the grace is over.
    pub fn peek(&self, set: &VerdictSet, now: u64, grace_ms: u64, max: usize, done: &[Subject]) -> Vec<Settlement> {
        let ready = self.pools.iter().filter(|(subject, _)| !done.contains(subject));
        let ready = ready.filter_map(|(subject, pool)| {
            let over = now.saturating_sub(pool.quorum_ms?) >= grace_ms;
            (over || pool.verdicts.len() >= set.members.len()).then(|| settlement(subject, pool, set)).flatten()
        });
        ready.take(max).collect()
    }

    /// When the next grace is over, if one runs.
    pub fn next_ready(&self, now: u64, grace_ms: u64) -> Option<u64> {
        let ends = self.pools.values().filter_map(|pool| Some(pool.quorum_ms?.saturating_add(grace_ms)));
        ends.filter(|end| *end > now).min()
    }
}

/// What two thirds of the set say, if they do.
fn agreed(pool: &Pool, set: &VerdictSet) -> Option<Verdict> {
    [Verdict::Valid, Verdict::Invalid, Verdict::Unavailable].into_iter().find(|verdict| {
        let equal = pool.verdicts.values().filter(|signed| signed.verdict == *verdict).count();
        is_quorum(equal, set.members.len())
    })
}

fn settlement(subject: &Subject, pool: &Pool, set: &VerdictSet) -> Option<Settlement> {
    let verdict = agreed(pool, set)?;
    let equal = pool.verdicts.values().filter(|signed| signed.verdict == verdict);
    let indexed: Vec<_> = equal
        .filter_map(|signed| {
            let place = set.members.binary_search_by_key(&signed.prover, |member| member.account).ok()?;
            Some((place, signed.signature))
        })
        .collect();
    let certificate = Certificate::aggregate(verdict, set.members.len(), &indexed)?;
    let bundle = pool.bundle.clone().filter(|_| verdict == Verdict::Valid);
    Some(Settlement { subject: *subject, certificate, bundle })
}
