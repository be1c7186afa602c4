//! Large blobs: fetched by the host from the APIs of provers, and from peers where that fails.

use crate::fixture::{Bench, account, keys};
use types::{
    Amount, BlobId, ChainEvent, Input, InputRole, InputSource, List, Text,
    gossip::Gossip,
    host::{HostEvent, HostRequest},
    limits::LARGE_BLOB_BYTES,
    part_map::PartMap,
    record::Prover,
    state_key,
};

const BLOB: BlobId = BlobId([77; 32]);
const SIZE: u64 = LARGE_BLOB_BYTES + 1;

/// A replica that was drawn for a run with a large input, in a network of four provers of which three say where they are.
fn drawn() -> Bench {
    let mut bench = Bench::new();
    for number in 0..4 {
        let mut prover = Prover::new(account(number), keys(number).verdict.public(), Amount(1), 0);
        prover.address = Text::truncated(["http://own", "http://one", "http://two", ""][usize::from(number)]);
        bench.put(state_key::prover(account(number)), &prover);
    }
    bench.crash();
    let mut record = bench.allocated(0);
    let source = InputSource::Blob { blob: BLOB, size: SIZE };
    record.run.inputs = List::new(vec![Input { role: InputRole::Witness, source }]).expect("one");
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    bench
}

fn fetches(bench: &Bench) -> Vec<Vec<String>> {
    let asked = bench.asked();
    let of_blob = asked.iter().filter_map(|asked| match asked {
        HostRequest::Fetch { blob: BLOB, size: SIZE, sources } => {
            Some(sources.iter().map(|it| it.to_string()).collect())
        }
        _ => None,
    });
    of_blob.collect()
}

/// The parts of the blob that peers are asked for.
fn parts(bench: &Bench) -> Vec<u32> {
    let told = bench.told();
    let of_blob = told.iter().filter_map(|told| match told {
        Gossip::Want { blob: BLOB, part, .. } => Some(*part),
        _ => None,
    });
    of_blob.collect()
}

fn failed(bench: &mut Bench, kept: &[u32]) {
    let mut map = PartMap::empty(SIZE);
    kept.iter().for_each(|part| assert!(map.put(*part)));
    bench.host(&HostEvent::Fetched { blob: BLOB, size: SIZE, whole: false, kept: map });
}

#[test]
fn a_large_blob_is_looked_for_at_the_other_provers_and_peers_are_left_alone_meanwhile() {
    let mut bench = drawn();
    let mut sources = fetches(&bench).concat();
    sources.sort();
    assert_eq!(sources, ["http://one", "http://two"]);
    bench.wait(8_000);
    assert_eq!((fetches(&bench).len(), parts(&bench)), (1, vec![]));
    bench.host(&HostEvent::Fetched { blob: BLOB, size: SIZE, whole: true, kept: PartMap::default() });
    bench.wait(15_000);
    assert_eq!(fetches(&bench).len(), 1, "it is here");
}

#[test]
fn what_could_not_be_fetched_peers_are_asked_for_and_later_the_provers_again() {
    let mut bench = drawn();
    let all: Vec<u32> = (0..17).collect();
    failed(&mut bench, &all[..10]);
    assert_eq!(parts(&bench), all[10..], "what is kept is not asked for");
    bench.wait(11_000);
    assert_eq!(fetches(&bench).len(), 2);
    // An answer that nobody waits for any more changes nothing.
    bench.host(&HostEvent::Fetched { blob: BlobId([1; 32]), size: SIZE, whole: false, kept: PartMap::default() });
    failed(&mut bench, &all);
    bench.done.clear();
    bench.wait(15_000);
    assert!(parts(&bench).contains(&0), "all is kept, and yet it is not whole");
}

#[test]
fn a_fetch_that_nobody_needs_any_more_is_abandoned() {
    let mut bench = drawn();
    let mut over = bench.allocated(0);
    over.state = types::State::Expired;
    bench.block(&over, ChainEvent::Ended { workload: over.id, state: over.state, reason: types::EndReason::NoProver });
    bench.wait(25_000);
    assert!(bench.asked().contains(&HostRequest::Abandon { blob: BLOB, size: SIZE }));
    assert_eq!(parts(&bench), [0; 0]);
}
