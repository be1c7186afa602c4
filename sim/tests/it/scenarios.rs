//! Every scenario of the library with one seed.

use crate::holds;
use sim::scenario;
use std::collections::BTreeSet;

macro_rules! scenarios {
    ($($test:ident: $name:literal,)+) => {
        $(
            #[test]
            fn $test() {
                holds(1, &scenario::named($name).expect("it is listed").expect("it is understood"));
            }
        )+

        const TESTED: &[&str] = &[$($name),+];
    };
}

scenarios! {
    attempts_used: "attempts-used",
    busy: "busy",
    cancelled: "cancelled",
    censored: "censored",
    drained: "drained",
    expired: "expired",
    failed_handover: "failed-handover",
    false_fail: "false-fail",
    false_verdict: "false-verdict",
    halt: "halt",
    jailed: "jailed",
    larger: "larger",
    newcomer: "newcomer",
    no_verdicts: "no-verdicts",
    price_spike: "price-spike",
    seats: "seats",
    silent_prover: "silent-prover",
    sleeper: "sleeper",
    split_vote: "split-vote",
    split_vote_renewed: "split-vote-renewed",
    stalling_prover: "stalling-prover",
    two_announcements: "two-announcements",
    two_announcements_apart: "two-announcements-apart",
    two_verdicts: "two-verdicts",
    two_verdicts_apart: "two-verdicts-apart",
    unbonded: "unbonded",
    untested: "untested",
    vote: "vote",
    withheld_proof: "withheld-proof",
    wrong_proof: "wrong-proof",
}

#[test]
fn every_scenario_is_tested() {
    let listed: BTreeSet<&str> = scenario::LIBRARY.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, TESTED.iter().copied().collect());
}
