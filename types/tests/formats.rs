//! The formats that cross wires and lie in the state: every value survives its encoding, nothing else decodes, nothing that is
//! signed can be taken for something else, and none of it changes unnoticed.

use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use types::{
    AccountId, Amount, Artifact, Attempt, AttemptEnd, Beacon, BlobId, Body, Call, Certificate, ChainEvent, ChainId,
    ChainTime, Data, End, EndReason, Height, Input, InputRole, InputSource, List, Millis, Params, Program, ProgramId,
    ProverAction, ProverMessage, Quote, Resources, Run, Runtime, SecretKey, Settlement, Signed, SignedVerdict, State,
    Text, Transaction, Verdict, VerdictKey, Workload, WorkloadId,
    block::BeaconEntry,
    codec::{decode, encode},
    event::{AttemptEndKind, Outcome},
    genesis::PeerId,
    gossip::Gossip,
    limits,
    message::{Fail, FailKind},
    offence::{Evidence, Offence},
    record::{
        Ballot, Ballots, Cause, Due, DueHead, Meta, Miss, Movement, Movements, Offers, Prover, Registry, Seats,
        Unbonding, Validator, Validators,
    },
    registry::{Change, Changes, Heartbeat, ProverUpdate, Registration, Role},
    sign::{Signable, Signature, verify},
    verdict::{Subject, VerdictSignature},
    workload::{Announced, Kind, Moment},
};

fn bytes32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn data<const MAX: usize>() -> impl Strategy<Value = Data<MAX>> {
    proptest::collection::vec(any::<u8>(), 0..MAX.min(64)).prop_map(|bytes| Data::new(bytes).expect("short"))
}

fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    "\\PC{0,20}".prop_map(|text| Text::truncated(&text))
}

fn resources() -> impl Strategy<Value = Resources> {
    any::<(u32, u32, u32, u32)>().prop_map(|(cpus, memory_mib, disk_mib, gpus)| Resources {
        gpu_class: gpus / 2,
        runtimes: if gpus % 2 == 0 { Runtime::Wasm } else { Runtime::LinuxX86_64 }.into(),
        cpus,
        memory_mib,
        disk_mib,
        gpus,
    })
}

fn input() -> impl Strategy<Value = Input> {
    let source = prop_oneof![
        data().prop_map(InputSource::Inline),
        (bytes32(), any::<u64>()).prop_map(|(blob, size)| InputSource::Blob { blob: BlobId(blob), size }),
    ];
    let role = prop_oneof![Just(InputRole::Statement), Just(InputRole::Witness)];
    (role, source).prop_map(|(role, source)| Input { role, source })
}

fn run() -> impl Strategy<Value = Run> {
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

fn program() -> impl Strategy<Value = Program> {
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

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Validator), Just(Role::Prover)]
}

fn registration() -> impl Strategy<Value = Registration> {
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

fn update() -> impl Strategy<Value = ProverUpdate> {
    use proptest::option::of;
    (of(resources()), of(any::<bool>()), of(text())).prop_map(|(capacity, drain, address)| ProverUpdate {
        capacity,
        drain,
        address,
    })
}

fn changes() -> impl Strategy<Value = Changes> {
    let change = (text(), any::<u64>()).prop_map(|(parameter, value)| Change { parameter, value });
    proptest::collection::vec(change, 0..4).prop_map(|changes| List::new(changes).expect("few"))
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let signed = |secret: u8, message| Signed::new(message, &SecretKey::from_bytes(&[secret; 32]).expect("key"));
    prop_oneof![
        verdict().prop_map(Evidence::FalseVerdict),
        (verdict(), verdict()).prop_map(|(one, other)| Evidence::TwoVerdicts { one, other }),
        (prover_message(), prover_message(), 1..9u8).prop_map(move |(one, other, secret)| {
            Evidence::TwoAnnouncements { one: signed(secret, one), other: signed(secret, other) }
        }),
    ]
}

fn verdict() -> impl Strategy<Value = SignedVerdict> {
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

fn call() -> impl Strategy<Value = Call> {
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

fn transaction() -> impl Strategy<Value = Transaction> {
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

fn prover_message() -> impl Strategy<Value = ProverMessage> {
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

/// What encodes and decodes to itself, and whose every other length is refused.
fn survives<T: BorshSerialize + BorshDeserialize + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = encode(value);
    assert_eq!(decode::<T>(&bytes, bytes.len()).as_ref(), Ok(value));
    for len in 0..bytes.len() {
        assert!(decode::<T>(&bytes[..len], bytes.len()).is_err(), "cut to {len} of {}", bytes.len());
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(decode::<T>(&longer, longer.len()).is_err(), "a byte follows");
    assert!(decode::<T>(&bytes, bytes.len() - 1).is_err(), "over the limit");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn transactions_survive(value in transaction()) {
        survives(&value);
    }

    #[test]
    fn prover_messages_survive(value in prover_message()) {
        survives(&value);
    }

    #[test]
    fn what_decodes_from_any_bytes_encodes_to_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(value) = decode::<Gossip>(&bytes, 300) {
            prop_assert_eq!(encode(&value), bytes.clone());
        }
        if let Ok(value) = Body::decode(&bytes) {
            prop_assert_eq!(value.encode(), bytes);
        }
    }

    #[test]
    fn a_changed_byte_of_a_transaction_is_refused_or_another_transaction(value in transaction(), at: usize, bit in 0..8u8) {
        let mut bytes = encode(&value);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(other) = decode::<Transaction>(&bytes, bytes.len()) {
            prop_assert_ne!(other.id(), value.id());
            prop_assert_eq!(encode(&other), bytes);
        }
    }

    #[test]
    fn a_signature_is_good_for_its_value_alone(one in transaction(), two in transaction()) {
        prop_assume!(one != two);
        let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
        let one = Transaction { sender: secret.account(), ..one };
        let signed = Signed::new(one.clone(), &secret);
        prop_assert!(signed.clone().verify(one.chain).is_ok());
        let moved = Signed { value: Transaction { sender: secret.account(), ..two }, signature: signed.signature };
        if moved.value != one {
            let chain = moved.value.chain;
            prop_assert!(moved.verify(chain).is_err());
        }
    }
}

#[test]
fn the_same_bytes_signed_in_another_domain_are_not_signed() {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let message = b"the same bytes";
    let signature = secret.sign(Transaction::DOMAIN, message);
    assert!(verify(secret.account(), Transaction::DOMAIN, message, &signature));
    assert!(!verify(secret.account(), ProverMessage::DOMAIN, message, &signature));
    // The border between domain and message is part of what is signed.
    let joined = [Transaction::DOMAIN, b"x"].concat();
    let signature = secret.sign(&joined, b"y");
    assert!(!verify(secret.account(), Transaction::DOMAIN, b"xy", &signature));
}

#[test]
fn a_transaction_of_another_chain_is_refused_by_name() {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let value = sample_transaction(&secret);
    let chain = value.chain;
    let signed = Signed::new(value, &secret);
    assert_eq!(signed.clone().verify(ChainId([9; 32])).expect_err("elsewhere").code(), "wrong-chain");
    let forged = Signed { value: Transaction { nonce: 99, ..signed.value }, signature: signed.signature };
    assert_eq!(forged.verify(chain).expect_err("forged").code(), "bad-signature");
}

fn sample_transaction(secret: &SecretKey) -> Transaction {
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

fn sample_body() -> Body {
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

fn sample_workload() -> Workload {
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

fn sample_verdict() -> SignedVerdict {
    SignedVerdict {
        subject: Subject { workload: WorkloadId([1; 32]), attempt: 1, proof: BlobId([2; 32]) },
        verdict: Verdict::Invalid,
        prover: AccountId([1; 32]),
        signature: VerdictSignature([2; 48]),
    }
}

fn sample_evidence() -> [Evidence; 2] {
    let verdict = sample_verdict();
    let other = SignedVerdict { verdict: Verdict::Valid, signature: VerdictSignature([3; 48]), ..verdict.clone() };
    [Evidence::FalseVerdict(verdict.clone()), Evidence::TwoVerdicts { one: verdict, other }]
}

fn sample_capacity() -> Resources {
    Resources { cpus: 1, memory_mib: 2, disk_mib: 3, gpus: 4, gpu_class: 5, runtimes: Runtime::LinuxX86_64.into() }
}

fn sample_changes() -> Changes {
    let change = |parameter: &str, value| Change { parameter: Text::new(parameter.to_owned()).expect("short"), value };
    List::new(vec![change("jail_users", 4), change("seats", 7)]).expect("few")
}

/// One call of each kind that changes who takes part.
fn sample_calls() -> [Call; 7] {
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

fn sample_prover() -> Prover {
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

fn sample_validators() -> Validators {
    let unbonding = List::new(vec![Unbonding { amount: Amount(1), release: ChainTime(2), epoch: 3 }]).expect("one");
    let validator = Validator { peer: PeerId([3; 32]), account: AccountId([4; 32]), bond: Amount(5), unbonding };
    Validators { validators: List::new(vec![validator]).expect("one") }
}

fn sample_meta() -> Meta {
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

fn sample_movements() -> Movements {
    let movement = Movement {
        account: AccountId([1; 32]),
        got: true,
        amount: Amount(2),
        cause: Cause::Bond,
        about: Some([3; 32]),
    };
    Movements { height: Height(4), more: true, entries: List::new(vec![movement]).expect("one") }
}

fn sample_outcome() -> Outcome {
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

#[test]
fn blocks_workloads_and_verdicts_survive() {
    survives(&sample_body());
    survives(&sample_workload());
    survives(&sample_verdict());
    survives(&Gossip::Verdict(sample_verdict()));
    survives(&Gossip::Heartbeat(sample_body().heartbeats[0].clone()));
    survives(&sample_outcome());
}

#[test]
fn records_of_who_takes_part_survive() {
    sample_calls().iter().for_each(survives);
    sample_evidence().iter().for_each(survives);
    survives(&sample_prover());
    survives(&sample_validators());
    survives(&sample_meta());
    survives(&sample_movements());
    survives(&Seats { seats: List::new(vec![PeerId([1; 32])]).expect("one") });
    survives(&Registry { provers: List::new(vec![AccountId([1; 32])]).expect("one") });
    survives(&Offers { largest: List::new(vec![sample_capacity()]).expect("one") });
    let ballot = Ballot { account: AccountId([1; 32]), changes: sample_changes() };
    survives(&Ballots { epoch: 2, ballots: List::new(vec![ballot]).expect("one") });
    let entries = vec![Due::Workload(WorkloadId([1; 32])), Due::Unbonding(Role::Validator, AccountId([2; 32]))];
    survives(&DueHead { full: 3, entries: List::new(entries).expect("few") });
}

#[test]
fn a_heartbeat_is_no_other_message_and_holds_for_its_chain() {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let heartbeat = Heartbeat { chain: ChainId([1; 32]), prover: secret.account(), epoch: 8 };
    let signed = Signed::new(heartbeat, &secret);
    assert!(signed.clone().verify(heartbeat.chain).is_ok());
    assert_eq!(signed.clone().verify(ChainId([2; 32])).expect_err("elsewhere").code(), "wrong-chain");
    let later = Signed { value: Heartbeat { epoch: 9, ..heartbeat }, signature: signed.signature };
    assert_eq!(later.verify(heartbeat.chain).expect_err("another epoch").code(), "bad-signature");
    let bytes = encode(&heartbeat);
    assert!(verify(heartbeat.prover, Heartbeat::DOMAIN, &bytes, &signed.signature));
    for domain in [Transaction::DOMAIN, ProverMessage::DOMAIN] {
        assert!(!verify(heartbeat.prover, domain, &bytes, &signed.signature));
    }
    assert!(!verify(heartbeat.prover, Heartbeat::DOMAIN, &bytes, &Signature([0; 64])));
}

#[test]
fn the_largest_of_everything_fits_where_it_travels() {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let input = Input {
        role: InputRole::Statement,
        source: InputSource::Inline(Data::new(vec![0; limits::INPUT_INLINE_MAX]).expect("just")),
    };
    let Call::Run(run) = sample_transaction(&secret).call else { unreachable!("a run") };
    let run = Run {
        arguments: Data::new(vec![0; limits::ARGUMENTS_MAX]).expect("just"),
        inputs: List::new(vec![input; limits::INPUTS_MAX]).expect("just"),
        ..run
    };
    let largest = Signed::new(Transaction { call: Call::Run(run), ..sample_transaction(&secret) }, &secret);
    assert!(encode(&largest).len() <= limits::TRANSACTION_MAX);
    assert!(encode(&Gossip::Transaction(largest)).len() <= limits::GOSSIP_MAX);
    let longest = Fail {
        kind: FailKind::Exit,
        reason: Text::new("x".repeat(limits::TEXT_MAX)).expect("just"),
        log: Some((BlobId([0; 32]), 0)),
    };
    let message = ProverMessage {
        chain: ChainId([1; 32]),
        prover: secret.account(),
        workload: WorkloadId([0; 32]),
        attempt: 1,
        action: ProverAction::Fail(longest),
    };
    assert!(encode(&Signed::new(message, &secret)).len() <= limits::PROVER_MESSAGE_MAX);
}

/// A format that changes is another protocol: change the domain strings with it, and then these hashes.
#[test]
fn formats_are_frozen() {
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let hash = |bytes: Vec<u8>| blake3::hash(&bytes).to_hex()[..16].to_owned();
    let found = [
        ("transaction", hash(encode(&sample_transaction(&secret)))),
        ("transaction id", sample_transaction(&secret).id().to_string()[..16].to_owned()),
        ("body", hash(sample_body().encode())),
        ("workload", hash(encode(&sample_workload()))),
        ("verdict", hash(encode(&sample_verdict()))),
        ("gossip", hash(encode(&Gossip::Want { blob: BlobId([1; 32]), size: 2, part: 3 }))),
        ("calls", hash(encode(&sample_calls().to_vec()))),
        ("evidence", hash(encode(&sample_evidence().to_vec()))),
        ("heartbeat", hash(encode(&sample_body().heartbeats[0]))),
        ("prover", hash(encode(&sample_prover()))),
        ("validators", hash(encode(&sample_validators()))),
        ("meta with default parameters", hash(encode(&sample_meta()))),
        ("movements", hash(encode(&sample_movements()))),
        ("outcome", hash(encode(&sample_outcome()))),
    ];
    let frozen = [
        ("transaction", "3b40a773904dbd08"),
        ("transaction id", "e414b0f1df28d7c7"),
        ("body", "c51fdcfa6b67ddfa"),
        ("workload", "1a54e3d35b82bc83"),
        ("verdict", "a61cd79b5663988d"),
        ("gossip", "689a9ba62190c8fb"),
        ("calls", "74ae28f2e2ed8252"),
        ("evidence", "977728a01b379e6c"),
        ("heartbeat", "de6532ae3482adce"),
        ("prover", "8b43ef9f1a0fe03f"),
        ("validators", "b2af7c64de974bf0"),
        ("meta with default parameters", "c61a7f38b56923ea"),
        ("movements", "f5155bf2a1883295"),
        ("outcome", "e8a080ff8183c819"),
    ];
    assert_eq!(found.each_ref().map(|(name, hash)| (*name, hash.as_str())), frozen);
}
