//! The verifier's duty: every proof that is announced is fetched, checked and judged (rule 10).
//!
//! It starts at the gossiped announcement, before that is in a block: at most once for each attempt, and what a block holds
//! goes first. The statement comes from the run in the chain, never from the prover. A verdict is durable before it is told and
//! is never contradicted, but for *unavailable*.

use crate::{
    blobs::{Blobs, Need, Use},
    gossip::Origin,
    journal, messages,
    out::Out,
};
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, ChainId, InputSource, List, Program, ProverAction, SignedVerdict, Verdict, VerdictSecret, Workload,
    WorkloadId,
    genesis::PeerId,
    gossip::Gossip,
    host::{HostRequest, Verify},
    message::SignedProverMessage,
    verdict::Subject,
};

/// How often a verdict is told again while the chain waits for it, in milliseconds.
const TELL_AGAIN_MS: u64 = 2_000;
/// Until a host that could not judge a proof is asked again, in milliseconds.
const AGAIN_MS: u64 = 2_000;
/// Proofs that are checked at once.
const CHECKS_MAX: usize = 1_024;
/// Blobs that one check has fetched at once, so that a few with statements that nobody has do not take all the room.
const FETCHED_AT_ONCE: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its blobs are fetched, from a time on.
    Fetching {
        since_ms: u64,
    },
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
    /// Whether a block holds the announcement.
    pub in_chain: bool,
}

impl SaidBy {
    /// What a message announces.
    pub fn told(signed: &SignedProverMessage, origin: Origin) -> Option<Self> {
        let ProverAction::Announce { size, .. } = signed.value.action else { return None };
        let peer = if let Origin::Peer(peer) = origin { Some(peer) } else { None };
        Some(Self { subject: messages::subject(signed)?, size, peer, in_chain: false })
    }

    /// What the chain holds of a workload's attempt under way.
    pub fn in_chain(record: &Workload) -> Option<Self> {
        let (subject, announced) = record.subject()?;
        Some(Self { subject, size: announced.size, peer: None, in_chain: true })
    }
}

struct Check {
    record: Workload,
    program: Program,
    size: u64,
    hint: Option<PeerId>,
    in_chain: bool,
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
    /// Workloads with a proof in a block for which there was no room.
    refused: BTreeSet<WorkloadId>,
    said: BTreeMap<Subject, SignedVerdict>,
}

impl Checks {
    pub fn new(chain: ChainId, account: AccountId, secret: VerdictSecret, patience_ms: u64) -> Self {
        Self {
            chain,
            account,
            secret,
            patience_ms,
            checks: BTreeMap::new(),
            refused: BTreeSet::new(),
            said: BTreeMap::new(),
        }
    }

    /// Reads back what was said before a restart.
    pub fn recall(&mut self, signed: SignedVerdict) {
        self.said.insert(signed.subject, signed);
    }

    /// Everything that was said and is still of use.
    pub fn said(&self) -> impl Iterator<Item = &SignedVerdict> {
        self.said.values()
    }

    /// Whether a proof is to be checked and was not begun with: one that a block holds, or the first that is told of an attempt.
    pub fn wants(&self, said: &SaidBy) -> bool {
        let has_room = self.checks.len() < CHECKS_MAX;
        match said.in_chain {
            true => !self.checks.contains_key(&said.subject) && (has_room || self.oldest_told().is_some()),
            false => !self.checks.keys().any(|known| is_same_attempt(known, &said.subject)) && has_room,
        }
    }

    /// Whether a proof is to be checked now. One that a block holds and for which there is no room is remembered.
    pub fn wants_or_remembers(&mut self, said: &SaidBy) -> bool {
        let wants = self.wants(said);
        let is_refused = said.in_chain && !wants && !self.checks.contains_key(&said.subject);
        if is_refused && self.refused.len() < CHECKS_MAX {
            self.refused.insert(said.subject.workload);
        }
        wants
    }

    /// A workload with a proof for which there was no room, if there is some now.
    pub fn next_refused(&mut self) -> Option<WorkloadId> {
        let has_room = self.checks.len() < CHECKS_MAX;
        if has_room { self.refused.pop_first() } else { None }
    }

    /// The check that was begun first of those whose announcement is in no block yet.
    fn oldest_told(&self) -> Option<Subject> {
        let told = self.checks.iter().filter(|(_, check)| !check.in_chain);
        told.min_by_key(|(_, check)| check.since_ms).map(|(subject, _)| *subject)
    }

    /// Begins to check a proof of the attempt under way. Returns what was said of it before a restart.
    pub fn begin(&mut self, announced: SaidBy, record: Workload, program: Program, now: u64) -> Option<SignedVerdict> {
        let SaidBy { subject, size, peer: hint, in_chain } = announced;
        if in_chain {
            self.make_room(&subject);
        }
        let known = self.said.get(&subject).cloned();
        let is_final = known.as_ref().is_some_and(|signed| signed.verdict != Verdict::Unavailable);
        let stage = if is_final { Stage::Said } else { Stage::Fetching { since_ms: now } };
        self.checks.insert(subject, Check { record, program, size, hint, in_chain, stage, since_ms: now, told_ms: 0 });
        known
    }

    /// What a block holds takes the place of what was told of the same attempt, or else of what was told first: that begins
    /// again when a block holds it.
    fn make_room(&mut self, subject: &Subject) {
        self.checks.retain(|known, _| !is_same_attempt(known, subject));
        if self.checks.len() >= CHECKS_MAX
            && let Some(oldest) = self.oldest_told()
        {
            self.checks.remove(&oldest);
        }
    }

    /// A workload as it is now: notes what is in a block, forgets checks that nobody waits for.
    pub fn observe(&mut self, record: &Workload, out: &mut Out<'_>) {
        let over = |subject: &Subject| subject.workload == record.id && journal::is_moot(record, subject);
        self.checks.retain(|subject, _| !over(subject));
        if let Some(said) = SaidBy::in_chain(record)
            && let Some(check) = self.checks.get_mut(&said.subject)
        {
            (check.size, check.in_chain) = (said.size, true);
        }
        let said: Vec<Subject> = self.said.keys().filter(|subject| over(subject)).copied().collect();
        for subject in said {
            self.said.remove(&subject);
            out.forget(journal::verdict(&subject));
        }
    }

    /// Goes on with every check that waits for blobs; says *unavailable* when that takes too long; tells verdicts again.
    /// Returns what this node says.
    pub fn tick(&mut self, blobs: &mut Blobs, out: &mut Out<'_>) -> Vec<SignedVerdict> {
        let missing = self.fetch(blobs, out);
        let mut said = self.tell_again(out);
        said.extend(missing.into_iter().map(|subject| self.say(subject, Verdict::Unavailable, out)));
        said
    }

    /// Asks for the blobs of every check that waits for some. Returns the proofs that are missing for too long by now.
    fn fetch(&mut self, blobs: &mut Blobs, out: &mut Out<'_>) -> Vec<Subject> {
        let mut late = Vec::new();
        let now = out.now;
        let fetching = |check: &Check| matches!(check.stage, Stage::Fetching { since_ms } if since_ms <= now);
        for (subject, check) in self.checks.iter_mut().filter(|(_, check)| fetching(check)) {
            let missing = needs(subject, check).into_iter().filter(|need| !blobs.need(need, out));
            let missing: Vec<Need> = missing.take(FETCHED_AT_ONCE).collect();
            if missing.is_empty() {
                check.stage = Stage::Verifying;
                out.host(&HostRequest::Verify(verify(subject, check)));
            } else if !self.said.contains_key(subject)
                && let Some(proof) = missing.iter().find(|need| need.what_for == Use::Proof)
                // A proof that nobody was asked for is not unavailable.
                && let Some(asked_ms) = blobs.asked_ms(proof)
                && out.now.saturating_sub(asked_ms) > self.patience_ms
            {
                late.push(*subject);
            }
        }
        late
    }

    /// Tells again what was said of proofs that the chain still waits for: *unavailable* too, while the proof is missing.
    fn tell_again(&mut self, out: &mut Out<'_>) -> Vec<SignedVerdict> {
        let now = out.now;
        let open = |check: &Check| matches!(check.stage, Stage::Said | Stage::Fetching { .. });
        let due = |check: &Check| open(check) && now.saturating_sub(check.told_ms) >= TELL_AGAIN_MS;
        let mut told = Vec::new();
        for (subject, check) in self.checks.iter_mut().filter(|(_, check)| due(check)) {
            let Some(signed) = self.said.get(subject) else { continue };
            check.told_ms = now;
            out.tell_all(&Gossip::Verdict(signed.clone()));
            told.push(signed.clone());
        }
        told
    }

    /// The host has judged a proof. Returns this node's verdict, if it was asked for.
    pub fn verified(&mut self, subject: Subject, verdict: Verdict, out: &mut Out<'_>) -> Option<SignedVerdict> {
        let check = self.checks.get_mut(&subject).filter(|check| check.stage == Stage::Verifying)?;
        check.stage = Stage::Said;
        Some(self.say(subject, verdict, out))
    }

    /// The host could not judge a proof. Where a blob turned out to be damaged, that is fetched, and where the host may be
    /// able to tell later, it is asked again after a pause.
    pub fn not_verified(&mut self, subject: &Subject, again: bool, blobs: &Blobs, now: u64) {
        let Some(check) = self.checks.get_mut(subject).filter(|check| check.stage == Stage::Verifying) else { return };
        let is_whole = needs(subject, check).iter().all(|need| blobs.has(&need.blob));
        check.stage = match (is_whole, again) {
            (false, _) => Stage::Fetching { since_ms: now },
            (true, true) => Stage::Fetching { since_ms: now.saturating_add(AGAIN_MS) },
            (true, false) => Stage::Silent,
        };
    }

    fn say(&mut self, subject: Subject, verdict: Verdict, out: &mut Out<'_>) -> SignedVerdict {
        let signature = self.secret.sign(self.chain, &subject, verdict);
        let signed = SignedVerdict { subject, verdict, prover: self.account, signature };
        out.persist(journal::verdict(&subject), &signed);
        self.said.insert(subject, signed.clone());
        if let Some(check) = self.checks.get_mut(&subject) {
            check.told_ms = out.now;
        }
        out.tell_all(&Gossip::Verdict(signed.clone()));
        signed
    }
}

fn is_same_attempt(one: &Subject, other: &Subject) -> bool {
    (one.workload, one.attempt) == (other.workload, other.attempt)
}

/// The blobs that a check needs: the proof first, the verifier and the statement.
fn needs(subject: &Subject, check: &Check) -> Vec<Need> {
    let Check { size, hint, in_chain, .. } = *check;
    let proof = Need { what_for: Use::Proof, blob: subject.proof, size, hint, in_chain };
    let statement = check.record.run.statement().filter_map(|source| match source {
        InputSource::Blob { blob, size } => Some(Need::of_chain(Use::Check, *blob, *size)),
        InputSource::Inline(_) => None,
    });
    let verifier = check.program.verifier;
    [proof, Need::of_chain(Use::Check, verifier.blob, verifier.size)].into_iter().chain(statement).collect()
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

#[cfg(test)]
mod tests;
