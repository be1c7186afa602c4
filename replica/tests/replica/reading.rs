//! Reads of the state: for whom, and how many at once.

use crate::fixture::{Bench, account, keys};
use ports::{Action, Event};
use types::{
    Amount, Body, Call, ChainEvent, Height, List, ProverAction, SecretKey, Signed, Transaction, Workload, WorkloadId,
    codec,
    genesis::PeerId,
    gossip::Gossip,
    host::{HostEvent, HostRequest},
    record::Account,
    state_key,
    transaction::SignedTransaction,
};

fn said(bench: &Bench, kind: &str) -> usize {
    let told = bench.told();
    told.iter().filter(|told| matches!(told, Gossip::Prover(signed) if signed.value.action.kind() == kind)).count()
}

fn refusals(bench: &Bench, what: &str, code: &str) -> usize {
    bench.refused().into_iter().filter(|refused| *refused == (what.to_owned(), code.to_owned())).count()
}

fn name(number: u16) -> WorkloadId {
    let mut name = [0; 32];
    name[..2].copy_from_slice(&number.to_le_bytes());
    WorkloadId(name)
}

fn transfer(bench: &Bench, nonce: u64, secret: &SecretKey) -> SignedTransaction {
    let call = Call::Transfer { to: account(1), amount: Amount(1) };
    let (chain, fee_limit, valid_until) = (bench.genesis.chain(), Amount(1 << 30), Height(100));
    Signed::new(Transaction { chain, sender: account(9), nonce, fee_limit, valid_until, call }, secret)
}

#[test]
fn after_a_start_every_live_workload_is_looked_at_however_many_there_are() {
    let mut bench = Bench::new();
    let first = bench.allocated(0);
    let last = Workload { id: WorkloadId([78; 32]), ..first.clone() };
    bench.put(types::state_key::workload(last.id), &last);
    let mut ids: Vec<_> = (0..20_000).map(name).collect();
    (ids[0], ids[19_999]) = (first.id, last.id);
    bench.put_live(&ids);
    bench.crash();
    assert_eq!(said(&bench, "accept"), 2);
}

#[test]
fn what_one_peer_says_takes_no_room_from_others_or_from_duties() {
    let mut bench = Bench::new();
    let accept = |bench: &Bench, number| Gossip::Prover(bench.message(name(number), 1, ProverAction::Accept));
    bench.slow_reads();
    for number in 0..300 {
        let gossip = accept(&bench, number);
        bench.hear(&gossip);
    }
    assert_eq!(refusals(&bench, "prover-message", "busy"), 300 - 256);
    let gossip = accept(&bench, 300);
    bench.hear_from(PeerId([201; 32]), &gossip);
    assert_eq!(refusals(&bench, "prover-message", "busy"), 300 - 256);
    let transaction = transfer(&bench, 0, &keys(9).account);
    bench.host(&HostEvent::Submit { token: 1, transaction });
    let record = bench.allocated(0);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    // The messages, the transaction, the workload, the chain as a whole.
    assert_eq!(bench.answer_reads(), 257 + 1 + 1 + 1);
    assert_eq!(said(&bench, "accept"), 1);
    // What was answered makes room again.
    let gossip = accept(&bench, 301);
    bench.hear(&gossip);
    assert_eq!(refusals(&bench, "prover-message", "busy"), 300 - 256);
}

#[test]
fn users_have_room_of_their_own() {
    let mut bench = Bench::new();
    bench.slow_reads();
    for token in 0..1_030 {
        let transaction = transfer(&bench, token, &keys(9).account);
        bench.host(&HostEvent::Submit { token, transaction });
    }
    assert_eq!(refusals(&bench, "transaction", "busy"), 6);
    let signed = transfer(&bench, 2_000, &keys(9).account);
    bench.hear(&Gossip::Transaction(signed));
    let gossip = Gossip::Prover(bench.message(name(1), 1, ProverAction::Accept));
    bench.hear(&gossip);
    assert_eq!(bench.answer_reads(), 1_024 + 2);
}

#[test]
fn forgeries_of_peers_cost_no_read_and_do_not_wait() {
    let mut bench = Bench::new();
    let mut forged = bench.message(name(1), 1, ProverAction::Accept);
    forged.value.prover = account(2);
    bench.slow_reads();
    bench.hear(&Gossip::Prover(forged));
    let signed = transfer(&bench, 0, &keys(1).account);
    bench.hear(&Gossip::Transaction(signed));
    assert_eq!(bench.answer_reads(), 0);
    assert_eq!(refusals(&bench, "prover-message", "bad-signature"), 1);
    assert_eq!(refusals(&bench, "transaction", "bad-signature"), 1);
}

#[test]
fn what_is_ahead_of_the_state_waits_for_it() {
    let mut bench = Bench::new();
    let mut record = bench.allocated(1);
    record.id = name(1);
    for _ in 0..3 {
        let signed = bench.message(record.id, 1, ProverAction::Accept);
        bench.hear(&Gossip::Prover(signed));
    }
    bench.event(Event::Propose { token: 1, height: 9, parent_time_ms: 0, ancestors: vec![] });
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(1) });
    let proposed = bench.done.iter().find_map(|action| match action {
        Action::Propose { body, .. } => Body::decode(body).ok(),
        _ => None,
    });
    assert_eq!(proposed.map(|body| body.messages.len()), Some(1));
}

#[test]
fn what_comes_from_a_peer_first_and_then_from_a_user_is_durable_before_the_user_hears_of_it() {
    for at_once in [false, true] {
        let mut bench = Bench::new();
        bench.put(state_key::account(account(9)), &Account { balance: Amount(1 << 50), ..Account::default() });
        let transaction = transfer(&bench, 0, &keys(9).account);
        if at_once {
            bench.slow_reads();
        }
        bench.hear(&Gossip::Transaction(transaction.clone()));
        bench.host(&HostEvent::Submit { token: 1, transaction: transaction.clone() });
        bench.answer_reads();
        let answer = HostRequest::Submitted { token: 1, result: Ok(transaction.value.id()) };
        let answer = Action::Host(codec::encode(&answer).into());
        let persisted = bench.place(|action| matches!(action, Action::Persist { value: Some(_), .. }));
        assert!(persisted.expect("persisted") < bench.place(|action| *action == answer).expect("answered"));
        // It is this node's own: told again until it is in a block, and forgotten then.
        bench.done.clear();
        bench.wait(3_200);
        assert_eq!(bench.told(), [Gossip::Transaction(transaction.clone())]);
        bench.height += 1;
        let body = Body { transactions: List::truncated(vec![transaction]), ..Body::default() };
        let body = body.encode().into();
        let (height, time_ms, leader) = (bench.height, 0, [0; 32]);
        bench.event(Event::Final { height, hash: [0; 32], time_ms, leader, body, outcome: None });
        assert!(bench.place(|action| matches!(action, Action::Persist { value: None, .. })).is_some());
    }
}
