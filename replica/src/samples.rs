//! Values for tests.

use types::{
    AccountId, Amount, Artifact, Attempt, AttemptEnd, BlobId, Data, Height, List, Millis, Program, ProgramId, Quote,
    Resources, Run, Runtime, State, Text, Workload, WorkloadId,
    workload::{Announced, Moment},
};

/// A workload of this name.
pub fn workload(name: u8, state: State, attempts: Vec<Attempt>) -> Workload {
    Workload {
        id: WorkloadId([name; 32]),
        kind: types::workload::Kind::Run,
        sender: AccountId([2; 32]),
        run: Run {
            program: ProgramId([3; 32]),
            arguments: Data::default(),
            inputs: List::default(),
            resources: Resources::default(),
            compute_max: Millis(1),
            fee_max: Amount(1),
        },
        state,
        created: Moment::default(),
        since: Moment::default(),
        moves_on: None,
        overtime: None,
        renewals: 0,
        fee: Quote::default(),
        runtime: types::Runtime::Wasm,
        billed: Millis(1),
        attempts: List::truncated(attempts),
        end: None,
    }
}

/// An attempt with the proof that was announced, if one was, and how it ended, if it did.
pub fn attempt(proof: Option<u8>, end: Option<AttemptEnd>) -> Attempt {
    let at = Moment::default();
    let announced = proof.map(|byte| Announced { proof: BlobId([byte; 32]), size: 100, at, set: 1 });
    let prover = AccountId([1; 32]);
    Attempt { prover, drawn_by: Height(1), drawn: at, accepted: None, announced, end: end.map(|end| (at, end)) }
}

pub fn program() -> Program {
    let artifact = |byte: u8| Artifact { blob: BlobId([byte; 32]), size: 1000 };
    Program {
        name: Text::truncated("p"),
        proof_system: Text::truncated("s"),
        runtime: Runtime::Wasm,
        prover: artifact(50),
        verifier: artifact(51),
        fuel_limit: 1_000_000,
    }
}
