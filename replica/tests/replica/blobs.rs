//! Fetching and serving blobs.

use crate::fixture::{Bench, PEER, account};
use ports::{Action, Channel, Event};
use types::{
    BlobId, ChainEvent, Data, Input, InputRole, InputSource, List, ProverAction, Workload, WorkloadId, codec,
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

/// The sizes by which a blob is asked for.
fn sizes(bench: &Bench, of: BlobId) -> Vec<u64> {
    let told = bench.told();
    told.into_iter()
        .filter_map(|gossip| match gossip {
            Gossip::Want { blob, size, .. } if blob == of => Some(size),
            _ => None,
        })
        .collect()
}

fn written(bench: &Bench, of: BlobId) -> Vec<u64> {
    let asked = bench.asked();
    asked
        .iter()
        .filter_map(|asked| match asked {
            HostRequest::WritePart { blob, size, .. } if *blob == of => Some(*size),
            _ => None,
        })
        .collect()
}

fn wrong(blob: BlobId) -> HostEvent {
    HostEvent::Wrote { blob, part: 0, peer: PEER, result: PartResult::Wrong }
}

#[test]
fn a_false_size_that_is_told_does_not_keep_a_proof_from_coming_nor_honest_peers_from_being_asked() {
    for wrong_before in [true, false] {
        let mut bench = Bench::new();
        let (record, proof) = (bench.allocated(1), BlobId([60; 32]));
        let told = bench.message(record.id, 1, ProverAction::Announce { proof, size: 7 });
        bench.hear(&Gossip::Prover(told));
        assert_eq!(sizes(&bench, proof), [7]);
        part(&mut bench, PEER, proof);
        // The store may answer about the false size before or after the true one is known.
        if wrong_before {
            bench.host(&wrong(proof));
        }
        bench.announced(&record, proof, 100);
        bench.wait(200);
        if !wrong_before {
            bench.host(&wrong(proof));
        }
        assert_eq!(sizes(&bench, proof), [7, 100]);
        part(&mut bench, PEER, proof);
        assert_eq!(written(&bench, proof), [7, 100]);
        bench.host(&HostEvent::Wrote { blob: proof, part: 0, peer: PEER, result: PartResult::Whole });
        bench.done.clear();
        bench.wait(5_000);
        assert!(!wants(&bench).contains(&proof));
    }
}

#[test]
fn two_blocks_that_differ_in_the_size_of_a_blob_do_not_keep_it_from_coming() {
    let mut bench = drawn();
    let (statement, record) = (BlobId([52; 32]), bench.allocated(0));
    let InputSource::Blob { blob, .. } = record.run.inputs[0].source else { unreachable!() };
    assert_eq!(blob, statement);
    let mut false_one = Workload { id: WorkloadId([78; 32]), ..record };
    let source = InputSource::Blob { blob, size: 5_000 };
    false_one.run.inputs = List::new(vec![Input { role: InputRole::Statement, source }]).expect("one");
    let event = ChainEvent::Allocated { workload: false_one.id, attempt: 1, prover: account(0) };
    bench.block(&false_one, event);
    assert_eq!(sizes(&bench, blob), [1_000, 5_000]);
    // The store names no size when it answers: the second part is not written beside the first.
    part(&mut bench, PEER, blob);
    part(&mut bench, PEER, blob);
    assert_eq!(written(&bench, blob), [1_000]);
    bench.host(&wrong(blob));
    bench.wait(200);
    part(&mut bench, PEER, blob);
    assert_eq!(written(&bench, blob), [1_000, 5_000]);
    bench.host(&HostEvent::Wrote { blob, part: 0, peer: PEER, result: PartResult::Whole });
    bench.done.clear();
    bench.wait(5_000);
    assert!(!wants(&bench).contains(&blob));
}

#[test]
fn parts_that_the_store_gave_up_are_asked_for_again() {
    let mut bench = drawn();
    let blob = BlobId([50; 32]);
    part(&mut bench, PEER, blob);
    bench.done.clear();
    // Its only part is kept, and yet it is not whole.
    bench.host(&HostEvent::Wrote { blob, part: 0, peer: PEER, result: PartResult::Kept });
    assert_eq!(wants(&bench), [blob]);
}

#[test]
fn what_blocks_name_is_fetched_before_what_is_only_told_of() {
    let mut bench = Bench::new();
    for blob in [50, 51, 52] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    let record = bench.allocated(1);
    let proof = |number: u16| {
        let mut name = [0; 32];
        name[..2].copy_from_slice(&number.to_be_bytes());
        name
    };
    for number in 0..300 {
        let record = Workload { id: WorkloadId(proof(number)), ..record.clone() };
        bench.put(types::state_key::workload(record.id), &record);
        let gossip = bench.announcement(&record, 1, BlobId(proof(number)));
        bench.hear(&gossip);
    }
    assert_eq!(wants(&bench).len(), 256);
    let last = BlobId([60; 32]);
    bench.announced(&record, last, 100);
    assert_eq!(sizes(&bench, last), [100]);
}
