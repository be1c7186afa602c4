//! The mempool by itself.

use super::*;
use ports::{Action, Outbox};
use types::{
    Amount, Call, ChainId, Data, Input, InputRole, InputSource, List, Millis, ProgramId, Resources, Run, SecretKey,
    Signed, Transaction,
    host::HostRequest,
    limits::{INPUT_INLINE_MAX, INPUTS_MAX, MEMPOOL_BYTES, MEMPOOL_PER_SENDER},
};

fn out(actions: &mut Outbox) -> Out<'_> {
    Out { now: 0, actions }
}

fn take(pool: &mut Mempool, signed: SignedTransaction, own: bool) -> Result<TxId, Refusal> {
    pool.insert(signed, 0, own, &mut out(&mut Vec::new()))
}

fn signed(seed: u8, nonce: u64, fee: u64) -> SignedTransaction {
    let secret = SecretKey::from_bytes(&[seed; 32]).expect("key");
    let value = Transaction {
        chain: ChainId([0; 32]),
        sender: secret.account(),
        nonce,
        fee_limit: Amount(fee),
        valid_until: Height(10),
        call: Call::Transfer { to: AccountId([9; 32]), amount: Amount(1) },
    };
    Signed::new(value, &secret)
}

fn nonces(chosen: &[SignedTransaction]) -> Vec<(u8, u64)> {
    let names = [1u8, 2].map(|seed| (SecretKey::from_bytes(&[seed; 32]).expect("key").account(), seed));
    let name = |account| names.iter().find(|(other, _)| *other == account).expect("known").1;
    chosen.iter().map(|signed| (name(signed.value.sender), signed.value.nonce)).collect()
}

#[test]
fn the_smallest_come_first_whatever_their_limit_and_nonces_stay_in_order() {
    let mut pool = Mempool::default();
    let mut dear = large(1, 0, 0).value;
    dear.fee_limit = Amount(u64::MAX);
    let dear = Signed::new(dear, &SecretKey::from_bytes(&[1; 32]).expect("key"));
    for signed in [signed(1, 1, 900), dear, signed(2, 0, 50), signed(2, 2, 999)] {
        take(&mut pool, signed, false).expect("room");
    }
    let chosen = pool.peek(usize::MAX, 10, &BTreeMap::new());
    assert_eq!(nonces(&chosen), [(2, 0), (1, 0), (1, 1)]);
}

#[test]
fn what_ancestors_hold_is_passed_over() {
    let mut pool = Mempool::default();
    for nonce in 0..3 {
        take(&mut pool, signed(1, nonce, 10), false).expect("room");
    }
    let used = BTreeMap::from([(signed(1, 0, 0).value.sender, 2)]);
    assert_eq!(nonces(&pool.peek(usize::MAX, 10, &used)), [(1, 2)]);
}

#[test]
fn an_included_nonce_and_a_past_height_empty_the_pool() {
    let mut pool = Mempool::default();
    let (first, rival, later) = (signed(1, 0, 10), signed(1, 0, 11), signed(1, 1, 10));
    take(&mut pool, first.clone(), true).expect("room");
    assert_eq!(take(&mut pool, signed(1, 0, 10), false), Ok(first.value.id()));
    assert_eq!(take(&mut pool, signed(1, 0, 9), false), Err(Refusal::NonceTaken));
    take(&mut pool, later, false).expect("room");
    let mut actions = Vec::new();
    let mut out = Out { now: 0, actions: &mut actions };
    pool.applied([rival].iter(), Height(1), &mut out);
    assert!(!pool.contains(&first.value.id()));
    assert_eq!(pool.ids.len(), 1);
    pool.applied([].iter(), Height(10), &mut out);
    assert_eq!((pool.bytes, pool.ids.len(), pool.senders.len()), (0, 0, 0));
}

#[test]
fn a_sender_cannot_fill_the_pool() {
    let mut pool = Mempool::default();
    for nonce in 0..MEMPOOL_PER_SENDER as u64 {
        take(&mut pool, signed(1, nonce, 10), false).expect("room");
    }
    assert_eq!(take(&mut pool, signed(1, 999, 10), false), Err(Refusal::Busy));
    assert!(take(&mut pool, signed(2, 0, 10), false).is_ok());
}

/// A transaction of 68 KiB, of so many bytes less as it is better than others.
fn large(seed: u8, nonce: u64, better: u64) -> SignedTransaction {
    let inline = || InputSource::Inline(Data::new(vec![7; INPUT_INLINE_MAX]).expect("short"));
    let input = |_| Input { role: InputRole::Witness, source: inline() };
    let run = Run {
        program: ProgramId([3; 32]),
        arguments: Data::new(vec![8; 4096 - better as usize]).expect("short"),
        inputs: List::new((0..INPUTS_MAX).map(input).collect()).expect("few"),
        resources: Resources::default(),
        compute_max: Millis(1),
        fee_max: Amount(1),
    };
    let secret = SecretKey::from_bytes(&[seed; 32]).expect("key");
    let value = Transaction { call: Call::Run(run), ..signed(seed, nonce, better).value };
    Signed::new(value, &secret)
}

/// Fills a pool until there is no room for one more large transaction.
fn fill(pool: &mut Mempool, senders: std::ops::Range<u8>, better: impl Fn(u8) -> u64) {
    let bytes = codec::encode(&large(1, 0, 1)).len();
    for (nonce, sender) in (0..).flat_map(|nonce| senders.clone().map(move |sender| (nonce, sender))) {
        if pool.bytes + bytes > MEMPOOL_BYTES {
            return;
        }
        take(pool, large(sender, nonce, better(sender)), true).expect("room");
    }
}

/// A full pool of senders of whom each brings more than the one before.
fn full() -> Mempool {
    let mut pool = Mempool::default();
    fill(&mut pool, 10..14, u64::from);
    pool
}

fn dropped(actions: &[Action]) -> Vec<(TxId, Refusal)> {
    let requests = actions.iter().filter_map(|action| match action {
        Action::Host(bytes) => codec::decode(bytes, usize::MAX).ok(),
        _ => None,
    });
    let dropped = requests.filter_map(|request| match request {
        HostRequest::Publish(Notice::Dropped { transaction, refusal }) => Some((transaction, refusal)),
        _ => None,
    });
    dropped.collect()
}

#[test]
fn a_newcomer_that_is_refused_pushes_nobody_out() {
    let mut pool = full();
    for nonce in 0..MEMPOOL_PER_SENDER as u64 {
        take(&mut pool, signed(1, nonce, 1 << 40), false).expect("room");
    }
    take(&mut pool, signed(3, 0, 1), false).expect("room");
    let before = pool.ids.clone();
    let mut actions = Vec::new();
    // Its sender has too many, another of the same nonce has a higher limit, or too few bring less.
    let (many, rival) = (large(1, 999, 40), large(1, 0, 30));
    assert_eq!(pool.insert(many, 0, false, &mut out(&mut actions)), Err(Refusal::Busy));
    assert_eq!(pool.insert(rival, 0, false, &mut out(&mut actions)), Err(Refusal::NonceTaken));
    assert_eq!(pool.insert(large(2, 0, 9), 0, false, &mut out(&mut actions)), Err(Refusal::Busy));
    assert_eq!((&pool.ids, &actions), (&before, &Vec::new()));
}

#[test]
fn who_gives_way_hears_of_it_and_is_forgotten() {
    let mut pool = full();
    let count = pool.ids.len();
    let cheapest = pool.senders[&large(10, 0, 0).value.sender].waiting.last_key_value().expect("many").1.id;
    let mut actions = Vec::new();
    let newcomer = large(2, 0, 11);
    pool.insert(newcomer.clone(), 0, false, &mut out(&mut actions)).expect("it brings more");
    assert_eq!(dropped(&actions), [(cheapest, Refusal::Busy)]);
    let forgotten = Action::Persist { key: journal::transaction(cheapest).into(), value: None };
    assert!(actions.contains(&forgotten));
    assert!(pool.contains(&newcomer.value.id()) && !pool.contains(&cheapest));
    assert_eq!(pool.ids.len(), count);
    assert_eq!(pool.bytes, pool.senders.values().flat_map(|sender| sender.waiting.values()).map(|w| w.bytes).sum());
}

/// Whether the pool knows the last transaction of every sender, and no other.
fn knows_the_lasts(pool: &Mempool) -> bool {
    let last = |(account, sender): (&AccountId, &Sender)| {
        sender.waiting.last_key_value().map(|(nonce, waiting)| (waiting.rate(), *account, *nonce))
    };
    pool.lasts == pool.senders.iter().filter_map(last).collect()
}

#[test]
fn the_last_transactions_of_senders_are_known_whatever_comes_and_goes() {
    let mut pool = full();
    assert!(knows_the_lasts(&pool) && !pool.lasts.is_empty());
    // Some give way, one is replaced, one comes before others.
    for signed in [large(2, 5, 11), large(2, 5, 12), large(2, 4, 13)] {
        take(&mut pool, signed, false).expect("it pays more");
        assert!(knows_the_lasts(&pool));
    }
    let (of_two, of_ten) = (large(2, 5, 12), large(10, 3, 1));
    pool.applied([of_ten].iter(), Height(1), &mut out(&mut Vec::new()));
    assert!(knows_the_lasts(&pool));
    pool.refuse(&of_two, Refusal::Busy, &mut out(&mut Vec::new()));
    assert!(knows_the_lasts(&pool));
    pool.applied([].iter(), Height(10), &mut out(&mut Vec::new()));
    assert!(pool.lasts.is_empty());
}

#[test]
fn a_sender_does_not_push_out_what_its_newcomer_waits_for() {
    let mut pool = Mempool::default();
    for nonce in 0..MEMPOOL_PER_SENDER as u64 - 1 {
        take(&mut pool, large(1, nonce, 10), false).expect("room");
    }
    fill(&mut pool, 2..5, |_| 30);
    let last = large(1, MEMPOOL_PER_SENDER as u64 - 1, 20);
    assert_eq!(take(&mut pool, last, false), Err(Refusal::Busy));
}

#[test]
fn who_is_replaced_hears_of_it() {
    let mut pool = Mempool::default();
    let (old, new) = (signed(1, 0, 10), signed(1, 0, 20));
    take(&mut pool, old.clone(), true).expect("room");
    let mut actions = Vec::new();
    pool.insert(new.clone(), 0, true, &mut out(&mut actions)).expect("it pays more");
    assert_eq!(dropped(&actions), [(old.value.id(), Refusal::NonceUsed { got: 0, next: 1 })]);
    assert_eq!(pool.ids, BTreeSet::from([new.value.id()]));
}
