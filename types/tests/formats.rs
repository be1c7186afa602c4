//! The formats that cross wires and lie in the state: every value survives its encoding, nothing else decodes, nothing that is
//! signed can be taken for something else, and none of it changes unnoticed.

#[path = "formats/samples.rs"]
mod samples;
#[path = "formats/strategies.rs"]
mod strategies;

use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use samples::*;
use strategies::*;
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
