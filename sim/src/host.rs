//! The simulated outside of a node: a blob store that survives crashes, programs that take virtual time, and a record of what
//! the replica let listeners know. Programs are toys ([`crate::toy`]); everything about blobs is real.

use crate::{
    byzantine::{Behaviour, Made},
    seed::Seed,
    store::Store,
    toy::{self, Kind},
};
use bytes::Bytes;
use ports::Inbox;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use types::{
    BlobId, Data, InputRole, InputSource, Refusal, Text, TxId, Verdict, codec,
    genesis::PeerId,
    host::{Execute, ExecuteOutcome, HostEvent, HostRequest, PartResult, Verify},
    limits::{PART_MAX, VALUE_MAX},
    message::{Fail, FailKind},
    part_map::PartMap,
    transaction::SignedTransaction,
};

/// How long a program proves, in milliseconds of virtual time.
const PROVING_MS: std::ops::Range<u64> = 200..3_000;
/// How long a verifier runs.
const VERIFYING_MS: std::ops::Range<u64> = 5..50;
/// How long the disk takes.
const DISK_MS: std::ops::Range<u64> = 1..5;
/// The largest blob that is read whole.
const SMALL_MAX: usize = 16 * 1024;

/// What a host did and heard, of interest to the world around.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Answers to users, by token.
    pub submitted: BTreeMap<u64, Result<TxId, Refusal>>,
    /// How often something was refused, by what and code.
    pub refused: BTreeMap<(String, String), u64>,
    /// Answers that found no room in the engine's inbox.
    pub lost: u64,
    /// Requests that were none.
    pub malformed: u64,
}

/// The outside of one node, for one of its lives.
pub struct SimHost {
    seed: Seed,
    store: Arc<Mutex<Store>>,
    behaviour: Arc<dyn Behaviour>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    inbox: Option<Arc<dyn Inbox>>,
    /// Proofs that were made here.
    made: BTreeSet<BlobId>,
    /// Answers so far: each has a delay of its own.
    answers: u64,
    heard: Heard,
}

/// Takes a lock, whatever became of its last holder.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimHost {
    /// A host with the disk of its node. `seed` decides its delays.
    #[must_use]
    pub fn new(seed: Seed, store: Arc<Mutex<Store>>, behaviour: Arc<dyn Behaviour>) -> Self {
        Self { seed, store, behaviour, inside: Mutex::default() }
    }

    /// What it did and heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        locked(&self.inside).heard.clone()
    }

    /// A user hands in a transaction.
    pub fn submit(&self, token: u64, transaction: SignedTransaction) {
        self.say(&HostEvent::Submit { token, transaction }, 0);
    }

    /// A user uploads a blob.
    pub fn upload(&self, bytes: Vec<u8>) {
        let size = bytes.len() as u64;
        let blob = locked(&self.store).keep(bytes);
        self.say(&HostEvent::Stored { blob, size }, 0);
    }

    fn say(&self, event: &HostEvent, delay_ms: u64) {
        let mut inside = locked(&self.inside);
        let bytes = Bytes::from(codec::encode(event));
        let taken = inside.inbox.as_ref().is_some_and(|inbox| inbox.deliver(bytes, delay_ms));
        inside.heard.lost += u64::from(!taken);
    }

    /// Answers after a delay from the seed.
    fn answer(&self, event: &HostEvent, delay_ms: std::ops::Range<u64>) {
        let number = {
            let mut inside = locked(&self.inside);
            inside.answers += 1;
            inside.answers
        };
        self.say(event, self.seed.within("delay", number, delay_ms));
    }

    fn request(&self, request: HostRequest) {
        match request {
            HostRequest::Execute(job) => self.execute(&job),
            HostRequest::Verify(job) => self.verify(&job),
            HostRequest::Stat { blob } => {
                let size = locked(&self.store).get(&blob).map(|bytes| bytes.len() as u64);
                self.answer(&HostEvent::Stat { blob, size }, DISK_MS);
            }
            HostRequest::ReadPart { blob, part, peer } => {
                let is_kept = !self.behaviour.serves_proofs() && locked(&self.inside).made.contains(&blob);
                let bytes = locked(&self.store).part(&blob, part).filter(|_| !is_kept);
                let bytes = bytes.and_then(|bytes| Data::new(bytes).ok());
                self.answer(&HostEvent::Part { blob, part, peer, bytes }, DISK_MS);
            }
            HostRequest::WritePart { blob, size, part, bytes, peer } => self.write(blob, size, part, &bytes, peer),
            HostRequest::ReadSmall { blob } => {
                let bytes = locked(&self.store).get(&blob).filter(|bytes| bytes.len() <= SMALL_MAX).cloned();
                self.answer(&HostEvent::Small { blob, bytes }, DISK_MS);
            }
            // No node has an API here: large blobs come part by part from peers, like small ones.
            HostRequest::Fetch { blob, size, .. } => {
                let kept = PartMap::empty(size);
                self.answer(&HostEvent::Fetched { blob, size, whole: false, kept }, DISK_MS);
            }
            HostRequest::Submitted { token, result } => {
                locked(&self.inside).heard.submitted.insert(token, result);
            }
            HostRequest::Refused { what, code } => {
                let mut inside = locked(&self.inside);
                *inside.heard.refused.entry((what.to_string(), code.to_string())).or_default() += 1;
            }
            // An answer about an attempt that was stopped is passed over by the replica. Nobody listens to notices here.
            HostRequest::Stop { .. }
            | HostRequest::Abandon { .. }
            | HostRequest::Hold { .. }
            | HostRequest::Keep { .. }
            | HostRequest::Epoch { .. }
            | HostRequest::Publish(_) => {}
        }
    }

    fn write(&self, blob: BlobId, size: u64, part: u32, bytes: &Data<PART_MAX>, peer: PeerId) {
        let result: PartResult = locked(&self.store).keep_part(blob, size, part, bytes);
        self.answer(&HostEvent::Wrote { blob, part, peer, result }, DISK_MS);
    }

    fn execute(&self, job: &Execute) {
        let Execute { workload, attempt, .. } = *job;
        let done = |outcome| HostEvent::Executed { workload, attempt, outcome };
        match self.run(job) {
            Ran::Ended(outcome) => self.answer(&done(outcome), PROVING_MS),
            Ran::Late(outcome) => self.say(&done(outcome), job.compute_ms * 9 / 10),
            Ran::TimedOut(outcome) => self.say(&done(outcome), job.compute_ms),
            Ran::Stalled => {}
        }
    }

    fn run(&self, job: &Execute) -> Ran {
        let prover = locked(&self.store).get(&job.program.prover.blob).and_then(|artifact| Kind::of(artifact));
        let inputs = job.inputs.iter().filter(|input| input.role == InputRole::Statement).map(|input| &input.source);
        let statement = self.statement(job.program.verifier.blob, inputs);
        match (prover, statement) {
            (Some(kind @ (Kind::Proves | Kind::Lasts)), Some(statement)) => self.prove(job, kind, &statement),
            (Some(Kind::Loops), Some(_)) => Ran::TimedOut(ExecuteOutcome::Failed(self.timeout())),
            _ => Ran::Ended(ExecuteOutcome::HostFault(Text::truncated("a blob is not in the store"))),
        }
    }

    fn prove(&self, job: &Execute, kind: Kind, statement: &[u8]) -> Ran {
        // Another salt each time: a proof that is made again is another one.
        let salt = self.seed.within("salt", locked(&self.inside).answers, 0..u64::MAX);
        let (bundle, checked) = match self.behaviour.made(toy::prove(statement, salt)) {
            Made::Checked(bundle) => (bundle, true),
            Made::Unchecked(bundle) => (bundle, false),
            Made::Said(outcome) => return Ran::Ended(outcome),
            Made::Nothing => return Ran::Stalled,
        };
        let bytes = codec::encode(&bundle);
        if checked && !toy::verify(statement, &bytes) {
            let reason = Text::truncated(&format!("attempt {}: the verifier refuses the proof", job.attempt));
            return Ran::Ended(ExecuteOutcome::Failed(Fail { kind: FailKind::SelfCheck, reason, log: None }));
        }
        let size = bytes.len() as u64;
        let proof = locked(&self.store).keep(bytes);
        locked(&self.inside).made.insert(proof);
        let outcome = ExecuteOutcome::Proved { proof, size };
        if kind == Kind::Lasts { Ran::Late(outcome) } else { Ran::Ended(outcome) }
    }

    fn timeout(&self) -> Fail {
        let log = b"looping for ever\n".to_vec();
        let size = log.len() as u64;
        let log = Some((locked(&self.store).keep(log), size));
        Fail { kind: FailKind::Timeout, reason: Text::truncated("the program ran out of its time"), log }
    }

    fn verify(&self, job: &Verify) {
        let proof = locked(&self.store).get(&job.proof).cloned();
        let statement = self.statement(job.verifier.blob, job.statement.iter());
        let verdict = proof.zip(statement).and_then(|(proof, statement)| {
            let verdict = if toy::verify(&statement, &proof) { Verdict::Valid } else { Verdict::Invalid };
            self.behaviour.judged(verdict)
        });
        let reason = Text::truncated(if verdict.is_some() { "" } else { "a blob is not in the store" });
        let (workload, attempt, proof) = (job.workload, job.attempt, job.proof);
        self.answer(&HostEvent::Verified { workload, attempt, proof, verdict, again: false, reason }, VERIFYING_MS);
    }

    /// The statement, if all of it is in the store.
    fn statement<'a>(&self, verifier: BlobId, inputs: impl Iterator<Item = &'a InputSource>) -> Option<Vec<u8>> {
        let store = locked(&self.store);
        store.get(&verifier)?;
        let bytes = |source: &InputSource| match source {
            InputSource::Inline(data) => Some(data.to_vec()),
            InputSource::Blob { blob, .. } => store.get(blob).cloned(),
        };
        let inputs: Option<Vec<Vec<u8>>> = inputs.map(bytes).collect();
        Some(toy::statement(verifier, &inputs?))
    }
}

/// How a program ended.
enum Ran {
    Ended(ExecuteOutcome),
    /// Shortly before its computing time was used up.
    Late(ExecuteOutcome),
    /// It used up its computing time.
    TimedOut(ExecuteOutcome),
    /// It never does, and nobody stops it.
    Stalled,
}

impl ports::Host for SimHost {
    fn attach(&self, inbox: Arc<dyn Inbox>) {
        locked(&self.inside).inbox = Some(inbox);
    }

    fn perform(&self, request: Bytes) {
        match codec::decode(&request, VALUE_MAX) {
            Ok(request) => self.request(request),
            Err(_) => locked(&self.inside).heard.malformed += 1,
        }
    }
}

#[cfg(test)]
mod tests;
