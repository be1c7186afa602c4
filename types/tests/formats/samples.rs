//! One value of each format, in which nothing is left out.

use super::*;

pub fn sample_transaction(secret: &SecretKey) -> Transaction {
    let input = |role, source| Input { role, source };
    let inputs = vec![
        input(InputRole::Statement, InputSource::Inline(Data::new(vec![1, 2, 3]).expect("short"))),
        input(InputRole::Witness, InputSource::Blob { blob: BlobId([4; 32]), size: 5 }),
    ];
    let run = Run {
        program: ProgramId([6; 32]),
        arguments: Data::new(vec![7]).expect("short"),
        inputs: List::new(inputs).expect("few"),
        resources: sample_capacity(),
        compute_max: Millis(8),
        fee_max: Amount(9),
    };
    Transaction {
        chain: ChainId([1; 32]),
        sender: secret.account(),
        nonce: 2,
        fee_limit: Amount(3),
        valid_until: Height(4),
        call: Call::Run(run),
    }
}

pub fn sample_body() -> Body {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let subject = Subject { workload: WorkloadId([1; 32]), attempt: 1, proof: BlobId([2; 32]) };
    let message = ProverMessage {
        chain: ChainId([1; 32]),
        prover: secret.account(),
        workload: subject.workload,
        attempt: 1,
        action: ProverAction::Announce { proof: subject.proof, size: 3 },
    };
    let certificate = Certificate {
        verdict: Verdict::Valid,
        signers: Data::new(vec![0b111]).expect("short"),
        signature: VerdictSignature([5; 48]),
    };
    let bundle = Some(Data::new(vec![6; 10]).expect("short"));
    let other = ProverMessage { action: ProverAction::Announce { proof: BlobId([3; 32]), size: 3 }, ..message.clone() };
    let (one, other) = (Signed::new(message.clone(), &secret), Signed::new(other, &secret));
    let evidence = [sample_evidence().to_vec(), vec![Evidence::TwoAnnouncements { one, other }]].concat();
    let heartbeat = Heartbeat { chain: ChainId([1; 32]), prover: secret.account(), epoch: 8 };
    Body {
        beacons: List::new(vec![BeaconEntry { height: Height(3), beacon: Beacon([4; 48]) }]).expect("few"),
        messages: List::new(vec![Signed::new(message, &secret)]).expect("few"),
        settlements: List::new(vec![Settlement { subject, certificate, bundle }]).expect("few"),
        evidence: List::new(evidence).expect("few"),
        heartbeats: List::new(vec![Signed::new(heartbeat, &secret)]).expect("few"),
        transactions: List::new(vec![Signed::new(sample_transaction(&secret), &secret)]).expect("few"),
    }
}

pub fn sample_workload() -> Workload {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let Call::Run(run) = sample_transaction(&secret).call else { unreachable!("a run") };
    let moment = Moment { height: Height(1), time: ChainTime(2) };
    let certificate = sample_body().settlements[0].certificate.clone();
    let attempt = Attempt {
        prover: secret.account(),
        drawn_by: Height(1),
        drawn: moment,
        accepted: Some(moment),
        announced: Some(Announced { proof: BlobId([2; 32]), size: 3, at: moment, set: 1 }),
        end: Some((moment, AttemptEnd::Valid(certificate))),
    };
    let end = End {
        reason: EndReason::Proved,
        at: moment,
        to_prover: Amount(1),
        to_verdicts: Amount(2),
        refunded: Amount(3),
        burned: Amount(4),
    };
    Workload {
        id: WorkloadId([1; 32]),
        kind: Kind::Run,
        sender: secret.account(),
        run,
        state: State::Verified,
        created: moment,
        since: moment,
        moves_on: None,
        overtime: Some(Height(9)),
        renewals: 1,
        fee: Quote { compute: Amount(5), verification: Amount(6) },
        runtime: types::Runtime::Wasm,
        billed: Millis(7),
        attempts: List::new(vec![attempt]).expect("one"),
        end: Some(end),
    }
}

pub fn sample_verdict() -> SignedVerdict {
    SignedVerdict {
        subject: Subject { workload: WorkloadId([1; 32]), attempt: 1, proof: BlobId([2; 32]) },
        verdict: Verdict::Invalid,
        prover: AccountId([1; 32]),
        signature: VerdictSignature([2; 48]),
    }
}

pub fn sample_evidence() -> [Evidence; 2] {
    let verdict = sample_verdict();
    let other = SignedVerdict { verdict: Verdict::Valid, signature: VerdictSignature([3; 48]), ..verdict.clone() };
    [Evidence::FalseVerdict(verdict.clone()), Evidence::TwoVerdicts { one: verdict, other }]
}

pub fn sample_capacity() -> Resources {
    Resources { cpus: 1, memory_mib: 2, disk_mib: 3, gpus: 4, gpu_class: 5, runtimes: Runtime::LinuxX86_64.into() }
}

pub fn sample_changes() -> Changes {
    let change = |parameter: &str, value| Change { parameter: Text::new(parameter.to_owned()).expect("short"), value };
    List::new(vec![change("jail_users", 4), change("seats", 7)]).expect("few")
}

/// One call of each kind that changes who takes part.
pub fn sample_calls() -> [Call; 7] {
    let registration = Registration {
        key: VerdictKey([1; 96]),
        possession: VerdictSignature([2; 48]),
        capacity: sample_capacity(),
        address: Text::truncated("http://prover:1"),
        bond: Amount(3),
    };
    let update = ProverUpdate { capacity: Some(sample_capacity()), drain: Some(true), address: None };
    let [_, evidence] = sample_evidence();
    [
        Call::Bond { role: Role::Validator, amount: Amount(1) },
        Call::Unbond { role: Role::Prover, amount: Amount(2) },
        Call::Register(Box::new(registration)),
        Call::Update(update),
        Call::Return,
        Call::Vote(sample_changes()),
        Call::Evidence(Box::new(evidence)),
    ]
}

pub fn sample_prover() -> Prover {
    let unbonding = Unbonding { amount: Amount(1), release: ChainTime(2), epoch: 3 };
    let miss = Miss { fail: true, user: AccountId([3; 32]), time: ChainTime(4) };
    Prover {
        unbonding: List::new(vec![unbonding]).expect("one"),
        capacity: sample_capacity(),
        declared: Some(sample_capacity()),
        test: Some(WorkloadId([5; 32])),
        jailed: Some(ChainTime(6)),
        misses: List::new(vec![miss]).expect("one"),
        ..Prover::new(AccountId([7; 32]), VerdictKey([8; 96]), Amount(9), 10)
    }
}

pub fn sample_validators() -> Validators {
    let unbonding = List::new(vec![Unbonding { amount: Amount(1), release: ChainTime(2), epoch: 3 }]).expect("one");
    let validator = Validator { peer: PeerId([3; 32]), account: AccountId([4; 32]), bond: Amount(5), unbonding };
    Validators { validators: List::new(vec![validator]).expect("one") }
}

pub fn sample_meta() -> Meta {
    Meta {
        chain: ChainId([1; 32]),
        height: Height(2),
        time: ChainTime(3),
        totals: Default::default(),
        epoch: 4,
        params: Params::default(),
        compute_price: Amount(5),
        used: 6,
        offered: 7,
        units_used: 8,
        units_offered: 9,
        settled: 10,
        seats: 11,
        led: List::new(vec![Height(12)]).expect("one"),
        set: 13,
        set_size: 14,
        queue: Default::default(),
        live: 15,
        wanted: Default::default(),
        due_bucket: 16,
        due_page: 17,
        workloads: 18,
        verified: 19,
        programs: 20,
    }
}

pub fn sample_movements() -> Movements {
    let movement = Movement {
        account: AccountId([1; 32]),
        got: true,
        amount: Amount(2),
        cause: Cause::Bond,
        about: Some([3; 32]),
    };
    Movements { height: Height(4), more: true, entries: List::new(vec![movement]).expect("one") }
}

pub fn sample_outcome() -> Outcome {
    let (workload, prover) = (WorkloadId([1; 32]), AccountId([2; 32]));
    let events = vec![
        ChainEvent::AttemptEnded { workload, attempt: 3, prover, end: AttemptEndKind::Missed },
        ChainEvent::Renewed { workload, attempt: 10, set: 11 },
        ChainEvent::Epoch { epoch: 4, set: 5, compute_price: Amount(6) },
        ChainEvent::Tested { prover },
        ChainEvent::Slashed { prover, workload, offence: Offence::TwoVerdicts, amount: Amount(7) },
        ChainEvent::Jailed { prover, until: ChainTime(8) },
    ];
    Outcome { height: Height(9), events: List::new(events).expect("few") }
}
