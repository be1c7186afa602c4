//! Fetching and serving blobs.

use crate::fixture::{Bench, PEER, account};
use ports::{Action, Channel, Event};
use types::{
    BlobId, ChainEvent, Data, codec,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    host::{HostEvent, HostRequest, PartResult},
};

fn wants(bench: &Bench) -> Vec<BlobId> {
    let told = bench.told();
    told.into_iter()
        .filter_map(|gossip| if let Gossip::Want { blob, .. } = gossip { Some(blob) } else { None })
        .collect()
}

fn drawn() -> Bench {
    let mut bench = Bench::new();
    let record = bench.allocated(0);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    bench
}

fn part(bench: &mut Bench, from: PeerId, blob: BlobId) {
    let part = BulkPart { blob, part: 0, bytes: Data::new(vec![1]).expect("short") };
    bench.event(Event::Message { from: from.0, channel: Channel::Bulk, bytes: codec::encode(&part).into() });
}

fn writes(bench: &Bench) -> usize {
    bench.asked().iter().filter(|asked| matches!(asked, HostRequest::WritePart { .. })).count()
}

#[test]
fn what_a_duty_needs_is_asked_for_and_taken_only_from_whom_it_was_asked() {
    let mut bench = drawn();
    assert_eq!(wants(&bench), [50, 51, 52].map(|byte| BlobId([byte; 32])));
    part(&mut bench, PeerId([201; 32]), BlobId([50; 32]));
    part(&mut bench, PEER, BlobId([99; 32]));
    assert_eq!(writes(&bench), 0);
    part(&mut bench, PEER, BlobId([50; 32]));
    part(&mut bench, PEER, BlobId([50; 32]));
    assert_eq!(writes(&bench), 1);
}

#[test]
fn who_sends_a_wrong_part_is_not_asked_again() {
    let mut bench = drawn();
    let blob = BlobId([50; 32]);
    part(&mut bench, PEER, blob);
    bench.done.clear();
    bench.host(&HostEvent::Wrote { blob, part: 0, peer: PEER, result: PartResult::Wrong });
    assert_eq!(bench.refused(), [("blob-part".to_owned(), "hash-mismatch".to_owned())]);
    bench.wait(3_000);
    assert!(!wants(&bench).contains(&blob));
    let other = PeerId([201; 32]);
    bench.event(Event::Peers(vec![PEER.0, other.0]));
    bench.wait(400);
    assert!(wants(&bench).contains(&blob));
}

#[test]
fn a_part_that_does_not_come_is_asked_for_again() {
    let mut bench = drawn();
    bench.done.clear();
    bench.wait(6_000);
    assert!(!wants(&bench).is_empty());
}

#[test]
fn a_peer_gets_the_part_or_hears_that_it_is_not_there() {
    let mut bench = Bench::new();
    let blob = BlobId([50; 32]);
    bench.hear(&Gossip::Want { blob, size: 1000, part: 0 });
    assert!(matches!(bench.asked()[..], [.., HostRequest::ReadPart { .. }]));
    bench.host(&HostEvent::Part { blob, part: 0, peer: PEER, bytes: Some(Data::new(vec![1]).expect("short")) });
    assert!(bench.place(|action| matches!(action, Action::Send { channel: Channel::Bulk, .. })).is_some());
    bench.host(&HostEvent::Part { blob, part: 1, peer: PEER, bytes: None });
    assert!(matches!(bench.told()[..], [.., Gossip::Lack { .. }]));
}

#[test]
fn one_peer_cannot_have_everything_read_for_it() {
    let mut bench = Bench::new();
    for number in 0..100 {
        bench.hear(&Gossip::Want { blob: BlobId([50; 32]), size: 1000, part: number });
    }
    assert_eq!(bench.asked().iter().filter(|asked| matches!(asked, HostRequest::ReadPart { .. })).count(), 32);
}
