//! The engine on virtual time.

use crate::{
    member::{BEACON, ECHO_MS},
    world::Toys,
};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::bls12381::primitives::{
    ops,
    variant::{MinSig, Variant},
};
use engine_sim::{Fault, Link, Node, Plan, Report, run};
use std::time::Duration;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn simulate(plan: &Plan, toys: &mut Toys) -> Report {
    run(plan, toys).unwrap_or_else(|violation| panic!("{violation}"))
}

/// The group key, as anybody who follows the genesis knows it.
fn group_key(plan: &Plan) -> <MinSig as Variant>::Public {
    <MinSig as Variant>::Public::decode(bytes::Bytes::copy_from_slice(&group_key_bytes(plan))).expect("a point")
}

fn group_key_bytes(plan: &Plan) -> [u8; 96] {
    engine::group_key(&plan.committee.output).expect("an output")
}

#[test]
fn four_nodes_agree_and_recover_the_same_beacons() {
    let plan = Plan::local(4, 1);
    let mut toys = Toys::new(&plan, 30);
    let report = simulate(&plan, &mut toys);
    toys.agree().expect("agreement");
    let seen = toys.notes.lock().expect("lock");
    let key = group_key(&plan);
    for node in 0..4 {
        for height in 1..=25 {
            assert!(seen.finals.contains_key(&(node, height)), "node {node} saw height {height}");
            let beacon = seen.beacons.get(&(node, height)).unwrap_or_else(|| panic!("node {node} has beacon {height}"));
            let signature = <MinSig as Variant>::Signature::decode(beacon.clone()).expect("a signature");
            ops::verify_message::<MinSig>(&key, BEACON, &height.to_be_bytes(), &signature).expect("the group's");
        }
    }
    assert_eq!(seen.peers.values().copied().collect::<Vec<_>>(), [3; 4]);
    assert_eq!(seen.pongs.len(), 4);
    assert!(seen.pongs.iter().all(|(_, after_ms)| (ECHO_MS..ECHO_MS + 100).contains(after_ms)), "{:?}", seen.pongs);
    assert!(seen.outcomes.values().all(Option::is_some));
    assert!(seen.times.values().is_sorted());
    let passed = Duration::from_millis(seen.times[&30] - plan.committee.genesis_time_ms);
    assert!(passed > report.at / 2 && passed <= report.at, "chain time moved {passed:?} within {:?}", report.at);
    assert!(seen.reads > 0);
}

#[test]
fn one_seed_gives_one_history() {
    let hash = |seed| {
        let plan = Plan::local(4, seed);
        simulate(&plan, &mut Toys::new(&plan, 10)).hash
    };
    let (first, again, other) = (hash(2), hash(2), hash(3));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn a_crashed_node_finds_what_it_persisted_and_goes_on() {
    let mut plan = Plan::local(4, 4);
    plan.faults = vec![Fault::Crash { at: seconds(6), node: 1, down: seconds(3) }];
    let mut toys = Toys::new(&plan, 40);
    let report = simulate(&plan, &mut toys);
    assert_eq!(report.crashes, 1);
    let seen = toys.notes.lock().expect("lock");
    let (_, _, start) =
        seen.starts.iter().find(|(node, incarnation, _)| (*node, *incarnation) == (1, 1)).expect("restarted");
    assert!(start.height > 3, "it resumes at {}", start.height);
    let keys: Vec<&[u8]> = start.persisted.iter().map(|(key, _)| &key[..]).collect();
    assert_eq!(keys.len(), 4, "three commands and their number: {keys:?}");
    assert!(keys.is_sorted() && keys[3] == b"made");
}

#[test]
fn all_nodes_survive_a_blackout_in_the_middle_of_their_writes() {
    let mut plan = Plan::local(4, 5);
    plan.faults = vec![Fault::Blackout { at: Duration::from_millis(5050) }, Fault::Blackout { at: seconds(9) }];
    let mut toys = Toys::new(&plan, 80);
    let report = simulate(&plan, &mut toys);
    assert_eq!(report.crashes, 8);
    assert!(toys.notes.lock().expect("lock").starts.iter().any(|(_, _, start)| start.height > 3));
}

#[test]
fn a_node_that_slept_through_an_epoch_catches_up_and_signs_again() {
    let mut plan = Plan::local(4, 10);
    plan.committee.epoch_blocks = 32;
    plan.faults = vec![Fault::Crash { at: seconds(2), node: 3, down: seconds(14) }];
    let mut toys = Toys::new(&plan, 75);
    simulate(&plan, &mut toys);
    let seen = toys.notes.lock().expect("lock");
    assert!(seen.epochs.contains_key(&(3, 1)) && seen.epochs[&(3, 2)].2, "it has a share of epoch 2");
}

#[test]
fn a_node_that_is_no_validator_follows() {
    let mut plan = Plan::local(4, 12);
    plan.nodes.push(Node { secret: [9; 32], share: None });
    let mut toys = Toys::new(&plan, 15);
    simulate(&plan, &mut toys);
    let seen = toys.notes.lock().expect("lock");
    assert!(seen.finals.contains_key(&(4, 10)) && !seen.epochs[&(4, 0)].2);
    assert_eq!(seen.peers[&4], 4);
}

#[test]
fn a_fifth_of_all_messages_may_be_lost() {
    let mut plan = Plan::local(4, 6);
    plan.link = Link { loss_percent: 20, ..Link::GOOD };
    simulate(&plan, &mut Toys::new(&plan, 20));
}

#[test]
fn a_partition_stops_the_chain_and_its_end_heals_it() {
    let mut plan = Plan::local(4, 7);
    plan.faults = vec![
        Fault::Links { at: seconds(4), between: vec![(0, 2), (0, 3), (1, 2), (1, 3)], link: None },
        Fault::Heal { at: seconds(12) },
    ];
    let report = simulate(&plan, &mut Toys::new(&plan, 30));
    assert!(report.at > seconds(12));
}

#[test]
fn one_group_key_checks_evidence_of_every_epoch() {
    let mut plan = Plan::local(4, 8);
    plan.committee.epoch_blocks = 32;
    let mut toys = Toys::new(&plan, 75);
    toys.prove_at = vec![10, 40, 70];
    simulate(&plan, &mut toys);
    let key = group_key_bytes(&plan);
    let epochs: Vec<u64> =
        toys.evidence.iter().map(|(_, evidence)| crate::evidence::check(&key, evidence).epoch).collect();
    for epoch in [0, 1, 2] {
        assert_eq!(epochs.iter().filter(|other| **other == epoch).count(), 4, "{epochs:?}");
    }
    let seen = toys.notes.lock().expect("lock");
    let sharing = |epoch| seen.epochs[&(0, epoch)].1.clone();
    assert_ne!(sharing(0), sharing(1), "the shares were renewed");
    assert!((0..3).all(|epoch| (0..4).all(|node| seen.epochs[&(node, epoch)].2)), "everybody signs in every epoch");
}

#[test]
fn evidence_with_any_byte_changed_is_refused() {
    let plan = Plan::local(4, 9);
    let mut toys = Toys::new(&plan, 12);
    toys.prove_at = vec![8];
    simulate(&plan, &mut toys);
    let (_, evidence) = toys.evidence.first().expect("evidence");
    crate::evidence::check(&group_key_bytes(&plan), evidence);
    crate::evidence::refuse_every_change(&group_key_bytes(&plan), evidence);
}
