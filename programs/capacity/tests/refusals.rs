//! One claim, one graph: everything else is refused, and nothing makes the verifier panic.

mod common;

use capacity::{CHALLENGES, CLAIM_BYTES, verify};
use common::{LABELS_MIB, MEMORY_MIB, PROVED, accepts, claim, prove_claim};
use program::{Output, Statement, rehearsal};
use proptest::prelude::*;

/// Where the openings begin: after the roots and the nonce.
const OPENINGS: usize = 32 * LABELS_MIB + 8;

/// Bytes of an opening: three labels, four paths of 15.
const OPENING: usize = 32 * (3 + 4 * 15);

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn every_flipped_bit_of_a_claim_is_refused() {
    let good = claim(MEMORY_MIB);
    for bit in 0..CLAIM_BYTES * 8 {
        assert!(!accepts(&flipped(&good, bit), &PROVED.proof), "bit {bit}");
    }
}

#[test]
fn more_memory_with_as_many_labels_is_another_claim() {
    let proof = prove_claim(&claim(33)).proof;
    assert!(accepts(&claim(33), &proof));
    assert!(!accepts(&claim(32), &proof));
}

#[test]
fn a_flipped_bit_in_every_root_label_and_sibling_is_refused() {
    let good = &PROVED.proof;
    assert_eq!(good.len(), OPENINGS + CHALLENGES * OPENING);
    for byte in (0..OPENINGS).chain((OPENINGS..good.len()).step_by(32)) {
        assert!(!accepts(&claim(MEMORY_MIB), &flipped(good, byte * 8 + byte % 251 % 8)), "byte {byte}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_an_opening_is_refused() {
    let last = OPENINGS + (CHALLENGES - 1) * OPENING;
    for bit in (last * 8..(last + OPENING) * 8).step_by(9) {
        assert!(!accepts(&claim(MEMORY_MIB), &flipped(&PROVED.proof, bit)), "bit {bit}");
    }
}

#[test]
fn openings_in_another_order_are_refused() {
    let mut proof = PROVED.proof.clone();
    proof[OPENINGS..].rotate_left(OPENING);
    assert!(!accepts(&claim(MEMORY_MIB), &proof));
    let mut proof = PROVED.proof.clone();
    proof.copy_within(OPENINGS..OPENINGS + OPENING, OPENINGS + OPENING);
    assert!(!accepts(&claim(MEMORY_MIB), &proof));
}

#[test]
fn truncated_and_longer_proofs_are_refused() {
    let (claim, good) = (claim(MEMORY_MIB), &PROVED.proof);
    for length in [0, 1, 31, 32, 96, 103, OPENINGS, good.len() - OPENING, good.len() - 32, good.len() - 1] {
        assert!(!accepts(&claim, &good[..length]), "{length}");
    }
    for more in [1, 8, 32, OPENING] {
        assert!(!accepts(&claim, &[&good[..], &vec![0; more]].concat()), "{more}");
    }
}

#[test]
fn claims_of_another_length_are_refused() {
    let good = claim(MEMORY_MIB);
    for other in [&good[..51], &good[..32], &[], &[&good[..], b"\0"].concat()] {
        assert!(!accepts(other, &PROVED.proof), "{}", other.len());
    }
}

#[test]
fn public_values_and_further_inputs_are_refused() {
    let claim = &claim(MEMORY_MIB)[..];
    assert!(rehearsal::verify(verify, &PROVED, &[claim]));
    assert!(!rehearsal::verify(verify, &Output { public_values: vec![0], ..PROVED.clone() }, &[claim]));
    assert!(!rehearsal::verify(verify, &PROVED, &[claim, b""]));
    assert!(!rehearsal::verify(verify, &PROVED, &[claim, claim]));
    assert!(!rehearsal::verify(verify, &PROVED, &[]));
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        proof in prop::collection::vec(any::<u8>(), 0..4096),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4),
        whole in prop::collection::vec(any::<u8>(), CLAIM_BYTES),
    ) {
        let statement = Statement::new(inputs.iter().map(Vec::as_slice).collect());
        prop_assert!(!verify(&statement, &proof, b""));
        prop_assert!(!accepts(&whole, &proof));
    }

    #[test]
    fn bytes_spliced_into_good_ones_are_judged_without_a_panic(
        splice in prop::collection::vec(any::<u8>(), 1..64),
        at in 0usize..OPENINGS + OPENING,
    ) {
        let mut proof = PROVED.proof.clone();
        proof[at..at + splice.len()].copy_from_slice(&splice);
        prop_assume!(proof != PROVED.proof);
        prop_assert!(!accepts(&claim(MEMORY_MIB), &proof));
    }
}
