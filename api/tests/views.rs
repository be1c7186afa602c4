//! Events, transactions and provers, as they are shown.

use api::{Event, Transaction, Value};
use types::{
    AccountId, Amount, Call, ChainEvent, ChainId, ChainTime, Height, List, Resources, SecretKey, Signed, Text, TxId,
    VerdictSecret, WorkloadId,
    event::Outcome,
    genesis::PeerId,
    host::Notice,
    message::{ProverAction, ProverMessage},
    offence::{Evidence, Offence},
    record::{Miss, Unbonding},
    registry::{Change, ProverUpdate, Registration, Role},
};

const CHAIN: ChainId = ChainId([1; 32]);
const ID: WorkloadId = WorkloadId([7; 32]);

fn secret() -> SecretKey {
    SecretKey::from_bytes(&[5; 32]).expect("key")
}

fn shown(call: Call) -> Transaction {
    let value = types::Transaction {
        chain: CHAIN,
        sender: secret().account(),
        nonce: 3,
        fee_limit: Amount(9),
        valid_until: Height(20),
        call,
    };
    Transaction::from(&Signed::new(value, &secret()))
}

fn events(events: Vec<ChainEvent>) -> Vec<Event> {
    let outcome = Outcome { height: Height(5), events: List::truncated(events) };
    let (hash, leader) = ([1; 32], PeerId([2; 32]));
    Event::of(&Notice::Final { height: 5, hash, time_ms: 6, leader, transactions: vec![TxId([1; 32])], outcome })
}

#[test]
fn what_happens_to_members_is_told() {
    let prover = AccountId([3; 32]);
    let told = events(vec![
        ChainEvent::Epoch { epoch: 2, set: 3, compute_price: Amount(10_000_000) },
        ChainEvent::Tested { prover },
        ChainEvent::Slashed { prover, workload: ID, offence: Offence::TwoVerdicts, amount: Amount(4) },
        ChainEvent::Jailed { prover, until: ChainTime(99) },
        ChainEvent::Renewed { workload: ID, attempt: 1, set: 4 },
    ]);
    let words: Vec<_> = told.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(words, ["epoch", "tested", "slashed", "jailed", "renewed", "block"]);
    assert_eq!((told[0].epoch, told[0].set, told[0].compute_price), (Some(2), Some(3), Some(Amount(10_000_000))));
    assert_eq!((told[1].prover, told[1].height), (Some(prover), Some(5)));
    assert_eq!((told[2].reason.as_deref(), told[2].amount), (Some("two-verdicts"), Some(Amount(4))));
    assert_eq!(told[2].workload, Some(ID));
    assert_eq!((told[3].prover, told[3].until_ms), (Some(prover), Some(99)));
    assert_eq!((told[4].workload, told[4].attempt, told[4].set), (Some(ID), Some(1), Some(4)));
    for event in told {
        let json = serde_json::to_string(&event).expect("json");
        assert_eq!(serde_json::from_str::<Event>(&json).expect("event"), event);
    }
}

#[test]
fn bonds_and_provers_are_told_in_transactions() {
    let bond = shown(Call::Bond { role: Role::Validator, amount: Amount(5) });
    assert_eq!((bond.kind.as_str(), bond.role.as_deref(), bond.amount), ("bond", Some("validator"), Some(Amount(5))));
    let unbond = shown(Call::Unbond { role: Role::Prover, amount: Amount(6) });
    assert_eq!((unbond.kind.as_str(), unbond.role.as_deref()), ("unbond", Some("prover")));
    let verdict = VerdictSecret::derive(&[5; 32]).expect("key");
    let capacity = Resources { cpus: 4, ..Resources::default() };
    let registration = Registration {
        key: verdict.public(),
        possession: verdict.prove_possession(CHAIN, secret().account()),
        capacity,
        address: Text::truncated("http://prover.example:8080"),
        bond: Amount(7),
    };
    let register = shown(Call::Register(Box::new(registration)));
    assert_eq!((register.capacity, register.amount), (Some(capacity), Some(Amount(7))));
    assert_eq!(register.address.as_deref(), Some("http://prover.example:8080"));
    let update = shown(Call::Update(ProverUpdate { drain: Some(true), ..ProverUpdate::default() }));
    assert_eq!((update.kind.as_str(), update.drain, update.capacity), ("update", Some(true), None));
    assert_eq!(shown(Call::Return).kind, "return");
}

#[test]
fn votes_and_evidence_are_told_in_transactions() {
    let change = |parameter, value| Change { parameter: Text::truncated(parameter), value };
    let changes = vec![change("slash", 500), change("transaction_fee", 2_000_000_000)];
    let vote = shown(Call::Vote(List::truncated(changes))).changes.expect("changes");
    let told: Vec<_> = vote.iter().map(|change| (change.parameter.as_str(), change.value)).collect();
    assert_eq!(told, [("slash", Value::Number(500)), ("transaction_fee", Value::Lem(Amount(2_000_000_000)))]);

    let announce = |proof: u8| {
        let action = ProverAction::Announce { proof: types::BlobId([proof; 32]), size: 9 };
        let prover = secret().account();
        Signed::new(ProverMessage { chain: CHAIN, workload: ID, attempt: 1, prover, action }, &secret())
    };
    let evidence = Evidence::TwoAnnouncements { one: announce(1), other: announce(2) };
    let shown = shown(Call::Evidence(Box::new(evidence)));
    assert_eq!((shown.offence.as_deref(), shown.workload), (Some("two-announcements"), Some(ID)));
    assert_eq!(shown.prover, Some(secret().account()));
}

#[test]
fn a_prover_is_shown_with_all_that_is_known_of_it() {
    let key = VerdictSecret::derive(&[5; 32]).expect("key").public();
    let mut record = types::record::Prover::new(AccountId([3; 32]), key, Amount(8), 2);
    record.unbonding = List::truncated(vec![Unbonding { amount: Amount(4), release: ChainTime(50), epoch: 1 }]);
    record.declared = Some(Resources { cpus: 9, ..Resources::default() });
    (record.test, record.draining, record.member) = (Some(ID), true, true);
    record.jailed = Some(ChainTime(77));
    let misses = [AccountId([0; 32]), AccountId([9; 32])].map(|user| Miss { fail: false, user, time: ChainTime(5) });
    record.misses = List::truncated(misses.to_vec());
    let prover = api::Prover::from(&record);
    assert_eq!((prover.bond, prover.unbonding[0].amount, prover.unbonding[0].release_ms), (Amount(8), Amount(4), 50));
    assert_eq!((prover.declared.map(|it| it.cpus), prover.test, prover.seen), (Some(9), Some(ID), 2));
    assert_eq!((prover.draining, prover.member, prover.jailed_until_ms), (true, true, Some(77)));
    let users: Vec<_> = prover.misses.iter().map(|miss| miss.user).collect();
    assert_eq!(users, [None, Some(AccountId([9; 32]))], "a missed epoch is nobody's");
    let json = serde_json::to_string(&prover).expect("json");
    assert_eq!(serde_json::from_str::<api::Prover>(&json).expect("prover"), prover);
}
