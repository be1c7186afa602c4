//! The formats that cross wires and lie in the state: every value survives its encoding, nothing else decodes, nothing that is
//! signed can be taken for something else, and none of it changes unnoticed.

use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use types::{
    AccountId, Amount, Artifact, Attempt, AttemptEnd, Beacon, BlobId, Body, Call, Certificate, ChainId, ChainTime,
    Data, End, EndReason, Height, Input, InputRole, InputSource, List, Millis, Program, ProgramId, ProverAction,
    ProverMessage, Quote, Resources, Run, Runtime, SecretKey, Settlement, Signed, SignedVerdict, State, Text,
    Transaction, Verdict, Workload, WorkloadId,
    block::BeaconEntry,
    codec::{decode, encode},
    gossip::Gossip,
    limits,
    message::{Fail, FailKind},
    sign::{Signable, verify},
    verdict::{Subject, VerdictSignature},
    workload::{Announced, Moment},
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

fn transaction() -> impl Strategy<Value = Transaction> {
    let call = prop_oneof![
        (bytes32(), any::<u64>()).prop_map(|(to, amount)| Call::Transfer { to: AccountId(to), amount: Amount(amount) }),
        program().prop_map(Call::Deploy),
        run().prop_map(Call::Run),
        bytes32().prop_map(|workload| Call::Cancel { workload: WorkloadId(workload) }),
    ];
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
        resources: Resources { cpus: 1, memory_mib: 2, disk_mib: 3, gpus: 4, gpu_class: 5 },
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
    Body {
        beacons: List::new(vec![BeaconEntry { height: Height(3), beacon: Beacon([4; 48]) }]).expect("few"),
        messages: List::new(vec![Signed::new(message, &secret)]).expect("few"),
        settlements: List::new(vec![Settlement { subject, certificate, bundle }]).expect("few"),
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
        sender: secret.account(),
        run,
        state: State::Verified,
        created: moment,
        since: moment,
        moves_on: None,
        fee: Quote { compute: Amount(5), verification: Amount(6) },
        billed: Millis(7),
        attempts: List::new(vec![attempt]).expect("one"),
        end: Some(end),
    }
}

fn sample_verdict() -> SignedVerdict {
    let subject = sample_body().settlements[0].subject;
    SignedVerdict {
        subject,
        verdict: Verdict::Invalid,
        prover: AccountId([1; 32]),
        signature: VerdictSignature([2; 48]),
    }
}

#[test]
fn blocks_workloads_and_verdicts_survive() {
    survives(&sample_body());
    survives(&sample_workload());
    survives(&sample_verdict());
    survives(&Gossip::Verdict(sample_verdict()));
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
    ];
    let frozen = [
        ("transaction", "6c3ac93d72f49205"),
        ("transaction id", "49ea7ea9b0ae7653"),
        ("body", "047b549dfeb3402c"),
        ("workload", "85955834484f94bb"),
        ("verdict", "a61cd79b5663988d"),
        ("gossip", "3bd58630dcc94887"),
    ];
    assert_eq!(found.each_ref().map(|(name, hash)| (*name, hash.as_str())), frozen);
}
