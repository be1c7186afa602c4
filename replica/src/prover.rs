//! The prover's duty: what was drawn for this node is accepted, its blobs fetched, the program run, the proof announced
//! (rules 7 to 9).
//!
//! An announcement or a fail is durable before it is told and is never contradicted: after a crash the same message is told
//! again, and a program is run again only if nothing was said.

use crate::{
    blobs::{Blobs, Need, Use},
    journal,
    messages::Messages,
    out::Out,
};
use std::collections::BTreeMap;
use types::{
    AccountId, ChainId, InputSource, Program, ProverAction, ProverMessage, SecretKey, Signed, State, Text, Workload,
    WorkloadId,
    gossip::Gossip,
    host::{Execute, ExecuteOutcome, HostRequest},
    message::{Fail, FailKind, SignedProverMessage},
    workload::Kind,
};

/// Times a program is started again when the host was to blame.
const HOST_FAULTS_MAX: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fetching,
    Executing,
    Said,
}

/// One attempt of this node's prover.
struct Turn {
    record: Workload,
    attempt: u16,
    program: Program,
    stage: Stage,
    since_ms: u64,
    faults: u32,
}

/// What this node's prover has to do.
pub(crate) struct Turns {
    chain: ChainId,
    secret: SecretKey,
    turns: BTreeMap<WorkloadId, Turn>,
    /// What was said before a restart, by workload and attempt.
    said: BTreeMap<(WorkloadId, u16), SignedProverMessage>,
    /// Whether what is drawn is handed back.
    refuses: bool,
}

impl Turns {
    pub fn new(chain: ChainId, secret: SecretKey) -> Self {
        Self { chain, secret, turns: BTreeMap::new(), said: BTreeMap::new(), refuses: false }
    }

    /// The account of this node's prover.
    pub fn account(&self) -> AccountId {
        self.secret.account()
    }

    /// Whether what is drawn from now on is handed back.
    pub const fn refuse(&mut self, refuse: bool) {
        self.refuses = refuse;
    }

    /// Reads back what was said before a restart.
    pub fn recall(&mut self, signed: SignedProverMessage) {
        self.said.insert((signed.value.workload, signed.value.attempt), signed);
    }

    /// Whether a workload's attempt under way is this prover's.
    fn is_mine(&self, record: &Workload) -> Option<u16> {
        let (attempt, current) = record.current()?;
        let open = matches!(record.state, State::Allocated | State::Proving);
        (open && current.prover == self.secret.account()).then_some(attempt)
    }

    /// Whether the program of this workload is wanted, to begin with it.
    pub fn wants(&self, record: &Workload) -> bool {
        self.is_mine(record)
            .is_some_and(|attempt| self.turns.get(&record.id).is_none_or(|turn| turn.attempt != attempt))
    }

    /// A workload as it is now: ends a turn that is over, or keeps the newer record.
    pub fn observe(&mut self, record: &Workload, out: &mut Out<'_>) {
        let mine = self.is_mine(record);
        if let Some(turn) = self.turns.get_mut(&record.id)
            && mine == Some(turn.attempt)
        {
            turn.record = record.clone();
            return;
        }
        self.end(record.id, out);
        let of_record = self.said.keys().filter(|(id, _)| *id == record.id);
        let over: Vec<_> = of_record.filter(|(_, attempt)| journal::is_over(record, *attempt)).copied().collect();
        for (id, attempt) in over {
            self.said.remove(&(id, attempt));
            out.forget(journal::prover(id, attempt));
        }
    }

    fn end(&mut self, id: WorkloadId, out: &mut Out<'_>) {
        let Some(turn) = self.turns.remove(&id) else { return };
        if turn.stage == Stage::Executing {
            out.host(&HostRequest::Stop { workload: id, attempt: turn.attempt });
        }
    }

    /// Begins with an attempt that was drawn for this prover.
    pub fn begin(&mut self, record: Workload, program: Program, messages: &mut Messages, out: &mut Out<'_>) {
        let Some(attempt) = self.is_mine(&record) else { return };
        let id = record.id;
        // A test of its own capacity is no work for others.
        let refused = self.refuses && record.state == State::Allocated && record.kind == Kind::Run;
        if record.state == State::Allocated {
            let answer = if refused { ProverAction::HandBack } else { ProverAction::Accept };
            say(self.sign(id, attempt, answer), messages, out);
        }
        let said = self.said.get(&(id, attempt)).cloned();
        let stage = if said.is_some() || refused { Stage::Said } else { Stage::Fetching };
        if let Some(said) = said {
            say(said, messages, out);
        }
        self.turns.insert(id, Turn { record, attempt, program, stage, since_ms: out.now, faults: 0 });
    }

    /// Goes on with every turn that waits for blobs.
    pub fn tick(&mut self, blobs: &mut Blobs, messages: &mut Messages, out: &mut Out<'_>) {
        let fetching = self.turns.iter_mut().filter(|(_, turn)| turn.stage == Stage::Fetching);
        let mut late = Vec::new();
        for (id, turn) in fetching {
            let needs = needs(&turn.record, &turn.program);
            // Every blob is asked for, though one that is missing is enough to wait.
            let missing = needs.iter().filter(|need| !blobs.need(need, out)).count();
            if missing == 0 {
                turn.stage = Stage::Executing;
                out.host(&HostRequest::Execute(execute(turn)));
            } else if out.now.saturating_sub(turn.since_ms) > allowance_ms(&turn.record) {
                late.push(*id);
            }
        }
        for id in late {
            let reason = Text::truncated("the inputs could not be fetched in time");
            self.conclude(id, ProverAction::Fail(Fail { kind: FailKind::Inputs, reason, log: None }), messages, out);
        }
    }

    /// The host is done with an attempt. Returns what is said of it.
    pub fn executed(
        &mut self,
        id: WorkloadId,
        attempt: u16,
        outcome: ExecuteOutcome,
        messages: &mut Messages,
        out: &mut Out<'_>,
    ) -> Option<SignedProverMessage> {
        let turn = self.turns.get_mut(&id).filter(|turn| turn.attempt == attempt && turn.stage == Stage::Executing)?;
        let action = match outcome {
            ExecuteOutcome::Proved { proof, size } => ProverAction::Announce { proof, size },
            ExecuteOutcome::Failed(fail) => ProverAction::Fail(fail),
            ExecuteOutcome::HostFault(_) | ExecuteOutcome::Stopped if turn.faults < HOST_FAULTS_MAX => {
                turn.faults = turn.faults.saturating_add(1);
                turn.stage = Stage::Fetching;
                return None;
            }
            ExecuteOutcome::HostFault(reason) => ProverAction::Fail(Fail { kind: FailKind::Host, reason, log: None }),
            ExecuteOutcome::Stopped => return None,
        };
        self.conclude(id, action, messages, out)
    }

    fn conclude(
        &mut self,
        id: WorkloadId,
        action: ProverAction,
        messages: &mut Messages,
        out: &mut Out<'_>,
    ) -> Option<SignedProverMessage> {
        let turn = self.turns.get_mut(&id)?;
        turn.stage = Stage::Said;
        let attempt = turn.attempt;
        let signed = self.sign(id, attempt, action);
        out.persist(journal::prover(id, attempt), &signed);
        self.said.insert((id, attempt), signed.clone());
        say(signed.clone(), messages, out);
        Some(signed)
    }

    fn sign(&self, workload: WorkloadId, attempt: u16, action: ProverAction) -> SignedProverMessage {
        let value = ProverMessage { chain: self.chain, prover: self.secret.account(), workload, attempt, action };
        Signed::new(value, &self.secret)
    }
}

fn say(signed: SignedProverMessage, messages: &mut Messages, out: &mut Out<'_>) {
    out.tell_all(&Gossip::Prover(signed.clone()));
    messages.insert(signed, true, out.now);
}

/// What moving the inputs may take: the billed time less the computing time.
fn allowance_ms(record: &Workload) -> u64 {
    record.billed.0.saturating_sub(record.run.compute_max.0)
}

/// The blobs that a prover needs: both artifacts and every input.
fn needs(record: &Workload, program: &Program) -> Vec<Need> {
    let artifacts =
        [&program.prover, &program.verifier].map(|artifact| Need::of_chain(Use::Turn, artifact.blob, artifact.size));
    let inputs = record.run.inputs.iter().filter_map(|input| match input.source {
        InputSource::Blob { blob, size } => Some(Need::of_chain(Use::Turn, blob, size)),
        InputSource::Inline(_) => None,
    });
    artifacts.into_iter().chain(inputs).collect()
}

fn execute(turn: &Turn) -> Execute {
    Execute {
        workload: turn.record.id,
        attempt: turn.attempt,
        program: turn.program.clone(),
        arguments: turn.record.run.arguments.clone(),
        inputs: turn.record.run.inputs.clone(),
        resources: turn.record.run.resources,
        compute_ms: turn.record.run.compute_max.0,
    }
}
