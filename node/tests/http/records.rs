//! Records that tests put into the state.

use types::{
    AccountId, Amount, Artifact, Attempt, AttemptEnd, BlobId, Call, Certificate, ChainId, ChainTime, Data, End,
    EndReason, Height, List, Millis, Params, Program, ProgramId, Quote, Resources, Run, Runtime, SecretKey, Signed,
    State, Text, Transaction, Verdict, Workload, WorkloadId,
    message::{Fail, FailKind},
    record::{Cursor, DeployedProgram, Meta, Totals},
    transaction::SignedTransaction,
    verdict::VerdictSignature,
    workload::{Announced, Kind, Moment},
};

pub fn run() -> Run {
    Run {
        program: ProgramId([3; 32]),
        arguments: Data::default(),
        inputs: List::default(),
        resources: Resources { cpus: 1, memory_mib: 64, disk_mib: 0, gpus: 0, gpu_class: 0, ..Resources::default() },
        compute_max: Millis(60_000),
        fee_max: Amount(4_000_000_000),
    }
}

pub fn signed(call: Call) -> SignedTransaction {
    let secret = SecretKey::from_bytes(&[5; 32]).expect("a key");
    let (sender, chain) = (secret.account(), ChainId([1; 32]));
    let value = Transaction { chain, sender, nonce: 0, fee_limit: Amount(1), valid_until: Height(9), call };
    Signed::new(value, &secret)
}

pub fn moment(height: u64) -> Moment {
    Moment { height: Height(height), time: ChainTime(2000 * height) }
}

pub fn workload(state: State, attempts: Vec<Attempt>) -> Workload {
    let end = End {
        reason: EndReason::Proved,
        at: moment(7),
        to_prover: Amount::ZERO,
        to_verdicts: Amount::ZERO,
        refunded: Amount(3_200_000_000),
        burned: Amount::ZERO,
    };
    Workload {
        id: WorkloadId([1; 32]),
        kind: Kind::Run,
        sender: AccountId([2; 32]),
        run: run(),
        state,
        created: moment(3),
        since: moment(4),
        overtime: None,
        renewals: 0,
        moves_on: (!state.is_end()).then_some(ChainTime(30_000)),
        fee: Quote { compute: Amount(3_000_000_000), verification: Amount(200_000_000) },
        runtime: types::Runtime::Wasm,
        billed: Millis(65_000),
        attempts: List::truncated(attempts),
        end: state.is_end().then_some(end),
    }
}

pub fn attempt(proof: Option<(BlobId, u64)>, end: Option<AttemptEnd>) -> Attempt {
    Attempt {
        prover: AccountId([1; 32]),
        drawn_by: Height(3),
        drawn: moment(5),
        accepted: Some(moment(5)),
        announced: proof.map(|(proof, size)| Announced { proof, size, at: moment(6), set: 0 }),
        end: end.map(|end| (moment(7), end)),
    }
}

pub fn valid() -> AttemptEnd {
    let signers = Data::new(vec![0b1110]).expect("small");
    AttemptEnd::Valid(Certificate { verdict: Verdict::Valid, signers, signature: VerdictSignature([0; 48]) })
}

pub fn failed(log: Option<(BlobId, u64)>) -> AttemptEnd {
    AttemptEnd::Failed(Fail { kind: FailKind::Exit, reason: Text::truncated("code 1"), log })
}

pub fn program() -> DeployedProgram {
    let artifact = Artifact { blob: BlobId([4; 32]), size: 1000 };
    let program = Program {
        name: Text::truncated("squares"),
        proof_system: Text::truncated("trivial/1"),
        runtime: Runtime::Wasm,
        prover: artifact,
        verifier: artifact,
        fuel_limit: 5_000_000,
    };
    DeployedProgram { program, deployer: AccountId([2; 32]), at: moment(2) }
}

pub fn meta(set_size: u64) -> Meta {
    Meta {
        chain: ChainId([0; 32]),
        height: Height(7),
        time: ChainTime(14_200),
        totals: Totals::default(),
        epoch: 5,
        params: Params::default(),
        compute_price: Amount(20_000_000),
        used: 0,
        offered: 0,
        units_used: 0,
        units_offered: 0,
        settled: 0,
        seats: 1,
        led: List::truncated(vec![Height(6), Height(2)]),
        set: 0,
        set_size,
        queue: Cursor { head: 130, tail: 133 },
        live: 3,
        wanted: Cursor::default(),
        due_bucket: 0,
        due_page: 0,
        workloads: 3,
        verified: 0,
        programs: 1,
    }
}
