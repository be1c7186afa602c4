//! What listeners hear, and what they hear that come back.

use super::*;
use api::LAGGED;
use types::{ChainEvent, EndReason, Height, List, State, TxId, event::Outcome, genesis::PeerId, host::Notice};

const ME: AccountId = AccountId([7; 32]);
const PROVER: AccountId = AccountId([8; 32]);

fn workload(number: u8) -> WorkloadId {
    WorkloadId([number; 32])
}

fn of(id: u8) -> Filter {
    Filter { workload: Some(workload(id)), ..Filter::default() }
}

fn progress(id: u8, permille: u32) -> Vec<Event> {
    Event::of(&Notice::Progress { workload: workload(id), attempt: 1, permille })
}

fn block(height: u64, events: Vec<ChainEvent>) -> Vec<Event> {
    let outcome = Outcome { height: Height(height), events: List::truncated(events) };
    let (hash, leader) = ([1; 32], PeerId([2; 32]));
    Event::of(&Notice::Final { height, hash, time_ms: height, leader, transactions: vec![], outcome })
}

fn queued(id: u8, sender: AccountId) -> ChainEvent {
    ChainEvent::Queued { workload: workload(id), sender }
}

fn allocated(id: u8) -> ChainEvent {
    ChainEvent::Allocated { workload: workload(id), attempt: 1, prover: PROVER }
}

fn ended(id: u8) -> ChainEvent {
    ChainEvent::Ended { workload: workload(id), state: State::Expired, reason: EndReason::NoProver }
}

fn at(height: u64, number: u32) -> Place {
    Place { height, number }
}

/// All that a listener hears before the feed ends: places, or the name of what has none.
async fn all(feed: &Feed, mut listener: Listener) -> Vec<String> {
    feed.end();
    let mut heard = Vec::new();
    while let Some(told) = listener.next().await {
        heard.push(told.place.map_or_else(|| told.event.event.clone(), |place| place.to_string()));
    }
    heard
}

#[tokio::test]
async fn a_listener_hears_what_concerns_it_in_order_until_the_end() {
    let feed = Feed::default();
    let mut every = feed.listen(Filter::default()).expect("open");
    let one = feed.listen(of(2)).expect("open");
    feed.tell(progress(1, 10));
    feed.tell(block(5, vec![queued(1, ME), queued(2, ME)]));
    feed.tell(progress(2, 30));
    assert_eq!(all(&feed, one).await, ["5-1", "progress"]);
    assert_eq!(every.next().await.map(|told| told.place), Some(None));
    assert_eq!(every.next().await.map(|told| told.place), Some(Some(at(5, 0))));
    assert!(feed.listen(Filter::default()).is_none());
}

#[tokio::test]
async fn an_account_and_a_prover_hear_all_of_their_workloads() {
    for (filter, expected) in [
        (Filter { account: Some(ME), ..Filter::default() }, vec!["5-0", "6-0", "progress", "7-0"]),
        (Filter { prover: Some(PROVER), ..Filter::default() }, vec!["6-0", "progress", "7-0"]),
        (Filter { account: Some(ME), prover: Some(PROVER), ..of(1) }, vec!["6-0", "progress", "7-0"]),
        (Filter { account: Some(PROVER), ..Filter::default() }, vec!["5-1"]),
    ] {
        let feed = Feed::default();
        let listener = feed.listen(filter).expect("open");
        feed.tell(block(5, vec![queued(1, ME), queued(2, PROVER)]));
        feed.tell(block(6, vec![allocated(1)]));
        feed.tell(progress(1, 10));
        feed.tell(block(7, vec![ended(1)]));
        assert_eq!(feed.past().live.of(&block(9, vec![allocated(2)])[0]).sender, Some(PROVER));
        assert_eq!(feed.past().live.of(&progress(1, 1)[0]), Parties::default(), "what has ended is forgotten");
        assert_eq!(all(&feed, listener).await, expected);
    }
}

#[tokio::test]
async fn a_listener_that_comes_back_hears_what_it_missed_once() {
    let feed = Feed::default();
    feed.tell(block(5, vec![queued(1, ME), queued(2, ME)]));
    feed.tell(block(6, vec![allocated(1), allocated(2)]));
    let (every, unknown) = feed.resume(Filter::default(), at(5, 1)).expect("open");
    assert_eq!(unknown, None);
    let (one, unknown) = feed.resume(of(2), at(5, 0)).expect("open");
    assert_eq!(unknown, None);
    let (ahead, unknown) = feed.resume(Filter::default(), at(7, 0)).expect("open");
    assert_eq!(unknown, None, "another node was further: nothing was missed");
    feed.tell(block(6, vec![allocated(1), allocated(2)]));
    feed.tell(block(7, vec![ended(2)]));
    assert_eq!(all(&feed, every).await, ["5-2", "6-0", "6-1", "6-2", "7-0", "7-1"]);
    assert_eq!(all(&feed, one).await, ["5-1", "6-1", "7-0"]);
    assert_eq!(all(&feed, ahead).await, ["7-1"]);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_named_and_what_was_told_elsewhere_does_not_come_again() {
    let feed = Feed::default();
    feed.tell(block(6, vec![ended(2)]));
    let heard = at(4, 0);
    let (mut listener, unknown) = feed.resume(Filter::default(), heard).expect("open");
    assert_eq!(unknown, Some(Unknown { after: heard, until: Some(at(6, 0)) }));
    listener.heard(at(6, 0));
    listener.heard(at(5, 0));
    assert_eq!(all(&feed, listener).await, ["6-1"]);
    let (_, unknown) = Feed::default().resume(Filter::default(), heard).expect("open");
    assert_eq!(unknown, Some(Unknown { after: heard, until: None }), "a feed that was told nothing knows nothing");
}

#[test]
fn what_is_kept_has_a_bound() {
    let feed = Feed::default();
    for height in 0..=KEPT_MAX as u64 {
        feed.tell(block(height, vec![]));
        feed.tell(progress(1, 1));
    }
    assert_eq!(feed.past().kept.len(), KEPT_MAX);
    assert_eq!(feed.past().kept.front().and_then(|told| told.place), Some(at(1, 0)));
}

#[tokio::test]
async fn a_slow_listener_is_told_and_dropped() {
    let feed = Feed::default();
    let mut slow = feed.listen(Filter::default()).expect("open");
    let dropped = Notice::Dropped { transaction: TxId([0; 32]), refusal: types::Refusal::Busy };
    for _ in 0..=QUEUE_MAX {
        feed.tell(Event::of(&dropped));
    }
    assert_eq!(slow.next().await.map(|told| told.event.event.clone()).as_deref(), Some(LAGGED));
    assert!(slow.next().await.is_none());
}
