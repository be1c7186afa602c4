//! What a replica refuses, with which code, and that nothing of it stays.

use crate::fixture::{Bench, PEER, account, keys};
use ports::{Channel, Event};
use types::{
    BlobId, ChainId, Data, Height, ProverAction, ProverMessage, Signed, State, gossip::Gossip, host::HostRequest,
};

fn codes(bench: &Bench) -> Vec<(String, String)> {
    bench.refused()
}

fn pair(what: &str, code: &str) -> (String, String) {
    (what.to_owned(), code.to_owned())
}

#[test]
fn bytes_that_are_no_message() {
    let mut bench = Bench::new();
    for (channel, bytes) in
        [(Channel::Control, vec![]), (Channel::Control, vec![255; 40]), (Channel::Bulk, vec![1, 2, 3])]
    {
        bench.event(Event::Message { from: PEER.0, channel, bytes: bytes.into() });
    }
    assert_eq!(
        codes(&bench),
        [pair("gossip", "malformed"), pair("gossip", "malformed"), pair("blob-part", "malformed")]
    );
}

#[test]
fn a_proof_of_a_prover_that_was_not_drawn() {
    let mut bench = Bench::new();
    let mut record = bench.allocated(1);
    record.state = State::Proving;
    bench.put(types::state_key::workload(record.id), &record);
    let gossip = bench.announcement(&record, 2, BlobId([60; 32]));
    bench.hear(&gossip);
    assert_eq!(codes(&bench), [pair("prover-message", "not-drawn")]);
    bench.wait(1_000);
    assert!(bench.asked().iter().all(|asked| !matches!(asked, HostRequest::Verify(_))));
}

#[test]
fn messages_of_strangers_of_other_chains_and_with_false_signatures() {
    let mut bench = Bench::new();
    let record = bench.allocated(1);
    let message = |prover: u8, chain: ChainId| ProverMessage {
        chain,
        prover: account(prover),
        workload: record.id,
        attempt: 1,
        action: ProverAction::Accept,
    };
    let chain = bench.genesis.chain();
    let stranger = Signed::new(message(8, chain), &keys(8).account);
    let elsewhere = Signed::new(message(1, ChainId([1; 32])), &keys(1).account);
    let forged = Signed::new(message(1, chain), &keys(2).account);
    for signed in [stranger, elsewhere, forged] {
        bench.hear(&Gossip::Prover(signed));
    }
    let refused = codes(&bench);
    let expected = ["not-drawn", "wrong-chain", "bad-signature"].map(|code| pair("prover-message", code));
    assert_eq!(refused, expected);
}

#[test]
fn shares_of_heights_far_ahead_and_of_unknown_committees() {
    let mut bench = Bench::new();
    let share = Data::new(vec![1; 49]).expect("short");
    bench.hear(&Gossip::BeaconShare { height: Height(1_000_000), epoch: 0, share: share.clone() });
    bench.hear(&Gossip::BeaconShare { height: Height(2), epoch: 77, share });
    assert_eq!(codes(&bench), [pair("beacon-share", "beacon"), pair("beacon-share", "beacon")]);
}
