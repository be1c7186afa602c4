//! Any values.

use super::*;

pub fn bytes32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

pub fn data<const MAX: usize>() -> impl Strategy<Value = Data<MAX>> {
    proptest::collection::vec(any::<u8>(), 0..MAX.min(64)).prop_map(|bytes| Data::new(bytes).expect("short"))
}

pub fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    "\\PC{0,20}".prop_map(|text| Text::truncated(&text))
}

pub fn resources() -> impl Strategy<Value = Resources> {
    any::<(u32, u32, u32, u32)>().prop_map(|(cpus, memory_mib, disk_mib, gpus)| Resources {
        gpu_class: gpus / 2,
        runtimes: if gpus % 2 == 0 { Runtime::Wasm } else { Runtime::LinuxX86_64 }.into(),
        cpus,
        memory_mib,
        disk_mib,
        gpus,
    })
}

pub fn input() -> impl Strategy<Value = Input> {
    let source = prop_oneof![
        data().prop_map(InputSource::Inline),
        (bytes32(), any::<u64>()).prop_map(|(blob, size)| InputSource::Blob { blob: BlobId(blob), size }),
    ];
    let role = prop_oneof![Just(InputRole::Statement), Just(InputRole::Witness)];
    (role, source).prop_map(|(role, source)| Input { role, source })
}

pub fn run() -> impl Strategy<Value = Run> {
    let inputs = proptest::collection::vec(input(), 0..4);
    (bytes32(), data(), inputs, resources(), any::<(u64, u64)>()).prop_map(
        |(program, arguments, inputs, resources, (time, fee))| Run {
            program: ProgramId(program),
            arguments,
            inputs: List::new(inputs).expect("few"),
            resources,
            compute_max: Millis(time),
            fee_max: Amount(fee),
        },
    )
}

pub fn program() -> impl Strategy<Value = Program> {
    (text(), text(), any::<([u8; 32], u64)>(), any::<([u8; 32], u64)>(), any::<u64>()).prop_map(
        |(name, proof_system, prover, verifier, fuel_limit)| Program {
            name,
            proof_system,
            runtime: Runtime::Wasm,
            prover: Artifact { blob: BlobId(prover.0), size: prover.1 },
            verifier: Artifact { blob: BlobId(verifier.0), size: verifier.1 },
            fuel_limit,
        },
    )
}

pub fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Validator), Just(Role::Prover)]
}

pub fn registration() -> impl Strategy<Value = Registration> {
    (any::<[u8; 32]>(), any::<[u8; 32]>(), resources(), text(), any::<u64>()).prop_map(
        |(key, possession, capacity, address, bond)| Registration {
            key: VerdictKey(key.repeat(3).try_into().expect("96 bytes")),
            possession: VerdictSignature([possession.as_slice(), &[1; 16]].concat().try_into().expect("48 bytes")),
            capacity,
            address,
            bond: Amount(bond),
        },
    )
}

pub fn update() -> impl Strategy<Value = ProverUpdate> {
    use proptest::option::of;
    (of(resources()), of(any::<bool>()), of(text())).prop_map(|(capacity, drain, address)| ProverUpdate {
        capacity,
        drain,
        address,
    })
}

pub fn changes() -> impl Strategy<Value = Changes> {
    let change = (text(), any::<u64>()).prop_map(|(parameter, value)| Change { parameter, value });
    proptest::collection::vec(change, 0..4).prop_map(|changes| List::new(changes).expect("few"))
}

pub fn evidence() -> impl Strategy<Value = Evidence> {
    let signed = |secret: u8, message| Signed::new(message, &SecretKey::from_bytes(&[secret; 32]).expect("key"));
    prop_oneof![
        verdict().prop_map(Evidence::FalseVerdict),
        (verdict(), verdict()).prop_map(|(one, other)| Evidence::TwoVerdicts { one, other }),
        (prover_message(), prover_message(), 1..9u8).prop_map(move |(one, other, secret)| {
            Evidence::TwoAnnouncements { one: signed(secret, one), other: signed(secret, other) }
        }),
    ]
}

pub fn verdict() -> impl Strategy<Value = SignedVerdict> {
    let verdict = prop_oneof![Just(Verdict::Valid), Just(Verdict::Invalid), Just(Verdict::Unavailable)];
    (bytes32(), any::<u16>(), bytes32(), verdict, bytes32(), bytes32()).prop_map(
        |(workload, attempt, proof, verdict, prover, signature)| SignedVerdict {
            subject: Subject { workload: WorkloadId(workload), attempt, proof: BlobId(proof) },
            verdict,
            prover: AccountId(prover),
            signature: VerdictSignature([signature.as_slice(), &[1; 16]].concat().try_into().expect("48 bytes")),
        },
    )
}

pub fn call() -> impl Strategy<Value = Call> {
    let amount = || any::<u64>().prop_map(Amount);
    prop_oneof![
        (bytes32(), amount()).prop_map(|(to, amount)| Call::Transfer { to: AccountId(to), amount }),
        program().prop_map(Call::Deploy),
        run().prop_map(Call::Run),
        bytes32().prop_map(|workload| Call::Cancel { workload: WorkloadId(workload) }),
        (role(), amount()).prop_map(|(role, amount)| Call::Bond { role, amount }),
        (role(), amount()).prop_map(|(role, amount)| Call::Unbond { role, amount }),
        registration().prop_map(|registration| Call::Register(Box::new(registration))),
        update().prop_map(Call::Update),
        Just(Call::Return),
        changes().prop_map(Call::Vote),
        evidence().prop_map(|evidence| Call::Evidence(Box::new(evidence))),
    ]
}

pub fn transaction() -> impl Strategy<Value = Transaction> {
    let call = call();
    (bytes32(), bytes32(), any::<(u64, u64, u64)>(), call).prop_map(|(chain, sender, (nonce, fee, until), call)| {
        Transaction {
            chain: ChainId(chain),
            sender: AccountId(sender),
            nonce,
            fee_limit: Amount(fee),
            valid_until: Height(until),
            call,
        }
    })
}

pub fn prover_message() -> impl Strategy<Value = ProverMessage> {
    let fail = (text(), proptest::option::of(any::<([u8; 32], u64)>())).prop_map(|(reason, log)| Fail {
        kind: FailKind::Trap,
        reason,
        log: log.map(|(blob, size)| (BlobId(blob), size)),
    });
    let action = prop_oneof![
        Just(ProverAction::Accept),
        Just(ProverAction::HandBack),
        fail.prop_map(ProverAction::Fail),
        any::<([u8; 32], u64)>().prop_map(|(proof, size)| ProverAction::Announce { proof: BlobId(proof), size }),
    ];
    (bytes32(), bytes32(), bytes32(), any::<u16>(), action).prop_map(|(chain, prover, workload, attempt, action)| {
        ProverMessage {
            chain: ChainId(chain),
            prover: AccountId(prover),
            workload: WorkloadId(workload),
            attempt,
            action,
        }
    })
}
