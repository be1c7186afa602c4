//! What holds for members: parameters in force, validators, and how the money of accounts moves.

use crate::{fake::Served, records};
use api::{Movements, Params, Validators, Value};
use std::time::Duration;
use types::{
    AccountId, Amount, ChainEvent, ChainTime, Height, List, Text, TxId, WorkloadId,
    event::Outcome,
    genesis::PeerId,
    host::Notice,
    record::{self, Ballot, Ballots, Cause, Movement, Seats, Unbonding, Validator},
    registry::Change,
    state_key,
};

#[tokio::test]
async fn parameters_are_those_in_force() {
    let served = Served::new().await;
    let mut meta = records::meta(3);
    meta.params.slash = 123;
    served.engine.put(state_key::meta(), &meta);
    let params: Params = served.get("/v1/params").await.json();
    assert_eq!((params.height, params.epoch, params.compute_price), (7, 5, Amount(20_000_000)));
    let slash = params.params.iter().find(|it| it.name == "slash").expect("there");
    assert_eq!((slash.value, slash.default, slash.max), (Value::Number(123), Value::Number(1000), Value::Number(1000)));
    assert!(slash.votable && slash.unit == "permille" && !slash.about.is_empty());
    assert_eq!(params.values(), Ok(meta.params));
}

fn validator(byte: u8, bond: u64) -> Validator {
    let (peer, account) = (PeerId([byte; 32]), AccountId([byte; 32]));
    Validator { peer, account, bond: Amount(bond), unbonding: List::default() }
}

#[tokio::test]
async fn validators_are_told_with_their_seats_and_votes() {
    let served = Served::new().await;
    assert_eq!(served.get("/v1/validators").await.problem(), (503, "busy".to_owned()), "there is no block yet");
    let mut second = validator(10, 5);
    second.unbonding = List::truncated(vec![Unbonding { amount: Amount(3), release: ChainTime(99), epoch: 1 }]);
    let all = record::Validators { validators: List::truncated(vec![validator(9, 8), second]) };
    served.engine.put(state_key::meta(), &records::meta(3));
    served.engine.put(state_key::validators(), &all);
    let seats = |peers: &[u8]| Seats { seats: List::truncated(peers.iter().map(|byte| PeerId([*byte; 32])).collect()) };
    // Named for one epoch, a node signs in the next.
    for (epoch, peers) in [(4, &[9][..]), (5, &[9, 10]), (6, &[10]), (7, &[9])] {
        served.engine.put(state_key::seats(epoch), &seats(peers));
    }
    let changes = List::truncated(vec![Change { parameter: Text::truncated("slash"), value: 500 }]);
    let ballot = Ballot { account: AccountId([9; 32]), changes };
    served.engine.put(state_key::ballots(), &Ballots { epoch: 5, ballots: List::truncated(vec![ballot]) });
    let told: Validators = served.get("/v1/validators").await.json();
    assert_eq!((told.epoch, told.height, told.seats), (5, 7, 1));
    let [one, two] = told.validators.as_slice() else { panic!("two validators: {told:?}") };
    assert_eq!((one.peer, one.bond, one.seated, one.next, one.led), (PeerId([9; 32]), Amount(8), true, true, 6));
    assert_eq!((&one.signs[..], &two.signs[..]), (&[5, 6, 8][..], &[6, 7][..]));
    assert_eq!((two.seated, two.next, two.unbonding[0].amount, two.vote.is_none()), (false, true, Amount(3), true));
    let vote = one.vote.as_ref().expect("a vote");
    assert_eq!((vote[0].parameter.as_str(), vote[0].value), ("slash", Value::Number(500)));
}

#[tokio::test]
async fn in_the_first_epochs_those_of_genesis_sign() {
    let served = Served::new().await;
    let meta = record::Meta { epoch: 0, ..records::meta(3) };
    served.engine.put(state_key::meta(), &meta);
    let all = record::Validators { validators: List::truncated(vec![validator(9, 8), validator(10, 5)]) };
    served.engine.put(state_key::validators(), &all);
    served.engine.put(state_key::seats(2), &Seats::default());
    let told: Validators = served.get("/v1/validators").await.json();
    let signs: Vec<_> = told.validators.iter().map(|it| it.signs.clone()).collect();
    assert_eq!(signs, [vec![0, 1, 2], vec![]], "the only validator of genesis is the first");
}

const ME: AccountId = AccountId([1; 32]);

fn movement(account: AccountId, got: bool, amount: u64, cause: Cause) -> Movement {
    Movement { account, got, amount: Amount(amount), cause, about: Some([amount as u8; 32]) }
}

/// A block that moved money, as the state keeps it: `pages` of movements.
fn keep(served: &Served, height: u64, pages: &[&[Movement]]) {
    for (number, page) in (0..).zip(pages) {
        let more = number + 1 < pages.len() as u64;
        let entries = List::truncated(page.to_vec());
        let page = record::Movements { height: Height(height), more, entries };
        served.engine.put(state_key::movements(Height(height), number), &page);
    }
}

fn publish(served: &Served, height: u64) {
    let outcome = Outcome { height: Height(height), events: List::truncated(vec![ChainEvent::BeaconWanted]) };
    let (hash, leader, transactions) = ([1; 32], PeerId([3; 32]), vec![TxId([1; 32])]);
    served.publish(Notice::Final { height, hash, time_ms: height * 500, leader, transactions, outcome });
}

/// The movements of an account once the node has read the block of a height.
async fn movements(served: &Served, height: u64, query: &str) -> Movements {
    for _ in 0..200 {
        let page: Movements = served.get(&format!("/v1/accounts/{ME}/movements{query}")).await.json();
        if page.height >= height {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the node never read block {height}");
}

#[tokio::test]
async fn the_money_of_an_account_is_told_block_by_block() {
    let served = Served::new().await;
    served.follow_money();
    assert_eq!(movements(&served, 7, "").await.movements, [], "what was there before the node started");
    let other = AccountId([2; 32]);
    keep(
        &served,
        8,
        &[
            &[movement(ME, false, 1, Cause::Fee), movement(ME, false, 2, Cause::Lock)],
            &[movement(other, true, 3, Cause::Compute), movement(ME, true, 4, Cause::Refund)],
        ],
    );
    publish(&served, 8);
    // Block 9 moved nothing: what lies in its place is another block's.
    publish(&served, 9);
    let page = movements(&served, 9, "").await;
    let told: Vec<_> = page.movements.iter().map(|it| (it.amount.0, it.cause.as_str(), it.place)).collect();
    assert_eq!(told, [(4, "refund", 3), (2, "lock", 1), (1, "fee", 0)]);
    let [refund, _, fee] = page.movements.as_slice() else { panic!("three movements: {page:?}") };
    assert_eq!((refund.got, refund.height, refund.time_ms), (true, 8, 4_000));
    assert_eq!((refund.workload, refund.transaction), (Some(WorkloadId([4; 32])), None));
    assert_eq!((fee.workload, fee.transaction), (None, Some(TxId([1; 32]))));
    assert_eq!((page.since, page.next), (1, None));

    let first = movements(&served, 9, "?limit=2").await;
    assert_eq!((first.movements.len(), first.next.as_deref()), (2, Some("8.1")));
    let last = movements(&served, 9, "?limit=2&before=8.1").await;
    assert_eq!((last.movements.len(), last.next), (1, None));
    let wrong = served.get(&format!("/v1/accounts/{ME}/movements?before=yesterday")).await;
    assert_eq!(wrong.problem(), (400, "bad-request".to_owned()));
}

#[tokio::test]
async fn a_block_that_nobody_told_of_is_read_with_the_next() {
    let served = Served::new().await;
    served.follow_money();
    movements(&served, 7, "").await;
    keep(&served, 8, &[&[movement(ME, true, 1, Cause::Transfer)]]);
    keep(&served, 9, &[&[movement(ME, true, 2, Cause::Transfer)]]);
    let header = ports::Header {
        epoch: 1,
        view: 2,
        leader: [3; 32],
        parent_view: 1,
        parent: [4; 32],
        height: 8,
        time_ms: 4_321,
        state_root: [7; 32],
        operations_root: [8; 32],
        operations_start: 0,
        operations_end: 9,
        body_hash: [10; 32],
        reshare_hash: [0; 32],
    };
    let block = ports::Block { hash: header.hash(), header: header.encode(), body: bytes::Bytes::new() };
    served.engine.blocks.lock().expect("lock").insert(8, block);
    publish(&served, 9);
    let page = movements(&served, 9, "").await;
    let told: Vec<_> = page.movements.iter().map(|it| (it.amount.0, it.time_ms)).collect();
    assert_eq!(told, [(2, 4_500), (1, 4_321)], "its time is that of its header");
}
