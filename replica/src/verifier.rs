//! The verifier's duty: every proof that is announced is fetched, checked and judged (rule 10).
//!
//! It starts at the gossiped announcement, before that is in a block. The statement comes from the run in the chain, never
//! from the prover. A verdict is durable before it is told and is never contradicted, but for *unavailable*.

use crate::{blobs::Blobs, journal, out::Out};
use std::collections::BTreeMap;
use types::{
    AccountId, BlobId, ChainId, InputSource, List, Program, SignedVerdict, Verdict, VerdictSecret, Workload,
    genesis::PeerId,
    gossip::Gossip,
    host::{HostRequest, Verify},
    verdict::Subject,
};

/// How often a verdict is told again while the chain waits for it, in milliseconds.
const TELL_AGAIN_MS: u64 = 2_000;
/// Proofs that are checked at once.
const CHECKS_MAX: usize = 1_024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fetching,
    Verifying,
    Said,
    /// This host cannot tell: it says nothing (rule 10).
    Silent,
}

/// A proof that was announced, by whom.
pub(crate) struct SaidBy {
    pub subject: Subject,
    pub size: u64,
    /// The peer that is likely to hold it.
    pub peer: Option<PeerId>,
}

struct Check {
    record: Workload,
    program: Program,
    size: u64,
    hint: Option<PeerId>,
    stage: Stage,
    since_ms: u64,
    told_ms: u64,
}

/// What this node's prover has to judge.
pub(crate) struct Checks {
    chain: ChainId,
    account: AccountId,
    secret: VerdictSecret,
    /// How long a proof may be missing before it is called unavailable, in milliseconds.
    patience_ms: u64,
    checks: BTreeMap<Subject, Check>,
    said: BTreeMap<Subject, SignedVerdict>,
}

impl Checks {
    pub fn new(chain: ChainId, account: AccountId, secret: VerdictSecret, patience_ms: u64) -> Self {
        Self { chain, account, secret, patience_ms, checks: BTreeMap::new(), said: BTreeMap::new() }
    }

    /// Reads back what was said before a restart.
    pub fn recall(&mut self, signed: SignedVerdict) {
        self.said.insert(signed.subject, signed);
    }

    /// Whether nothing was begun about a proof.
    pub fn wants(&self, subject: &Subject) -> bool {
        !self.checks.contains_key(subject) && self.checks.len() < CHECKS_MAX
    }

    /// Begins to check a proof of the attempt under way. Returns what was said of it before a restart.
    pub fn begin(&mut self, announced: SaidBy, record: Workload, program: Program, now: u64) -> Option<SignedVerdict> {
        let SaidBy { subject, size, peer } = announced;
        let known = self.said.get(&subject).cloned();
        let is_final = known.as_ref().is_some_and(|signed| signed.verdict != Verdict::Unavailable);
        let stage = if is_final { Stage::Said } else { Stage::Fetching };
        self.checks.insert(subject, Check { record, program, size, hint: peer, stage, since_ms: now, told_ms: 0 });
        known
    }

    /// A workload as it is now: forgets checks that nobody waits for.
    pub fn observe(&mut self, record: &Workload, out: &mut Out<'_>) {
        let announced = record.subject().map(|(subject, _)| subject);
        let is_other = |subject: &Subject| {
            announced.is_some_and(|announced| subject.attempt == announced.attempt && subject.proof != announced.proof)
        };
        let over = |subject: &Subject| {
            subject.workload == record.id && (journal::is_over(record, subject.attempt) || is_other(subject))
        };
        self.checks.retain(|subject, _| !over(subject));
        let said: Vec<Subject> = self.said.keys().filter(|subject| over(subject)).copied().collect();
        for subject in said {
            self.said.remove(&subject);
            out.forget(journal::verdict(&subject));
        }
    }

    /// Goes on with every check that waits for blobs; says *unavailable* when that takes too long; tells verdicts again.
    /// Returns new verdicts of this node.
    pub fn tick(&mut self, blobs: &mut Blobs, out: &mut Out<'_>) -> Vec<SignedVerdict> {
        let mut unavailable = Vec::new();
        for (subject, check) in &mut self.checks {
            match check.stage {
                Stage::Fetching => {
                    // Every blob is asked for, though one that is missing is enough to wait.
                    let hint = |blob: &BlobId| check.hint.filter(|_| *blob == subject.proof);
                    let needs = needs(subject, check).into_iter();
                    let missing: Vec<BlobId> = needs
                        .filter(|(blob, size)| !blobs.need(*blob, *size, hint(blob), out))
                        .map(|(blob, _)| blob)
                        .collect();
                    if missing.is_empty() {
                        check.stage = Stage::Verifying;
                        out.host(&HostRequest::Verify(verify(subject, check)));
                    } else if out.now.saturating_sub(check.since_ms) > self.patience_ms
                        && missing.contains(&subject.proof)
                    {
                        unavailable.push(*subject);
                    }
                }
                Stage::Said if out.now.saturating_sub(check.told_ms) >= TELL_AGAIN_MS => {
                    check.told_ms = out.now;
                    out.actions.extend(self.said.get(subject).map(tell));
                }
                _ => {}
            }
        }
        let fresh = unavailable.into_iter().filter(|subject| !self.said.contains_key(subject)).collect::<Vec<_>>();
        fresh.into_iter().map(|subject| self.say(subject, Verdict::Unavailable, out)).collect()
    }

    /// The host is done with a check. Returns this node's verdict, if it has one.
    pub fn verified(&mut self, subject: Subject, verdict: Option<Verdict>, out: &mut Out<'_>) -> Option<SignedVerdict> {
        let check = self.checks.get_mut(&subject).filter(|check| check.stage == Stage::Verifying)?;
        let Some(verdict) = verdict else {
            check.stage = Stage::Silent;
            return None;
        };
        check.stage = Stage::Said;
        check.told_ms = out.now;
        Some(self.say(subject, verdict, out))
    }

    fn say(&mut self, subject: Subject, verdict: Verdict, out: &mut Out<'_>) -> SignedVerdict {
        let signature = self.secret.sign(self.chain, &subject, verdict);
        let signed = SignedVerdict { subject, verdict, prover: self.account, signature };
        out.persist(journal::verdict(&subject), &signed);
        self.said.insert(subject, signed.clone());
        out.tell_all(&Gossip::Verdict(signed.clone()));
        signed
    }
}

fn tell(signed: &SignedVerdict) -> ports::Action {
    ports::Action::Send {
        to: ports::Recipients::All,
        channel: ports::Channel::Control,
        bytes: types::codec::encode(&Gossip::Verdict(signed.clone())).into(),
    }
}

/// The blobs that a check needs: the proof, the verifier and the statement.
fn needs(subject: &Subject, check: &Check) -> Vec<(BlobId, u64)> {
    let statement = check.record.run.statement().filter_map(|source| match source {
        InputSource::Blob { blob, size } => Some((*blob, *size)),
        InputSource::Inline(_) => None,
    });
    let verifier = check.program.verifier;
    [(subject.proof, check.size), (verifier.blob, verifier.size)].into_iter().chain(statement).collect()
}

fn verify(subject: &Subject, check: &Check) -> Verify {
    Verify {
        workload: subject.workload,
        attempt: subject.attempt,
        proof: subject.proof,
        verifier: check.program.verifier,
        fuel_limit: check.program.fuel_limit,
        statement: List::truncated(check.record.run.statement().cloned().collect()),
    }
}
