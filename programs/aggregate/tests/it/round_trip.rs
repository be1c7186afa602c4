//! What the prover makes, the verifier accepts: the whole way, with a set-up.

use crate::common::{LEAF_KEYS, LEAVES, accepts};
use program::{Error, rehearsal::Rehearsal};

#[test]
fn an_aggregation_is_accepted_and_its_key_is_for_one_number_of_leaves() {
    let (keys, [one, two]) = (aggregate::setup(1, [7; 32]).unwrap(), &*LEAVES);
    let prove = |claims: &[u8], bundles: &[&[u8]]| {
        let inputs = [&[&keys.verifying[..], &LEAF_KEYS.verifying, claims, &keys.proving], bundles].concat();
        Rehearsal::new(1).prove(aggregate::prove, b"", &inputs)
    };
    let output = prove(&one.claim, &[&one.bundle]).unwrap();
    let statement = |claim| [&keys.verifying[..], &LEAF_KEYS.verifying, claim];
    assert!(accepts(statement(&one.claim), &output.proof));
    assert!(!accepts(statement(&two.claim), &output.proof));

    let claims = [&one.claim[..], &two.claim].concat();
    let refused = prove(&claims, &[&one.bundle, &two.bundle]);
    assert_eq!(refused, Err(Error::new("the proving key is for another circuit")));
}
