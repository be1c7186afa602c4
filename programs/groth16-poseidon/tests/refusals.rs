//! One statement, one encoding: everything else is refused, and nothing makes the verifier panic.

mod common;

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, short_weierstrass::Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_serialize::CanonicalSerialize;
use common::{KEYS, LENGTH, PROVED, accepts, claim};
use groth16_poseidon::{KEY_BYTES, decode_key, decode_proof, decode_scalar, setup, verify};
use program::{Output, Statement, rehearsal};
use proptest::prelude::*;

/// Bytes of `number + modulus`, if 32 are enough.
fn shifted<F: PrimeField>(bytes: &[u8]) -> Vec<u8> {
    let mut sum = 0u16;
    let modulus = F::MODULUS.to_bytes_le();
    let shifted = bytes.iter().zip(modulus).map(|(a, b)| {
        sum = u16::from(*a) + u16::from(b) + (sum >> 8);
        sum as u8
    });
    let shifted: Vec<u8> = shifted.collect();
    assert_eq!(sum >> 8, 0, "no room for the shift");
    shifted
}

#[test]
fn another_digest_is_refused() {
    let mut wrong = claim(LENGTH);
    wrong[4] ^= 1;
    assert!(!accepts(&KEYS.verifying, &wrong, &PROVED.proof));
}

#[test]
fn a_digest_plus_the_modulus_is_refused() {
    let good = claim(LENGTH);
    let shifted = [&good[..4], &shifted::<Fr>(&good[4..])].concat();
    // The same number for the pairing, another statement for the network.
    assert_eq!(Fr::from_le_bytes_mod_order(&shifted[4..]), Fr::from_le_bytes_mod_order(&good[4..]));
    assert!(accepts(&KEYS.verifying, &good, &PROVED.proof));
    assert!(!accepts(&KEYS.verifying, &shifted, &PROVED.proof));
}

#[test]
fn the_key_binds_the_length() {
    for length in [0, 1, LENGTH - 1, LENGTH + 1, 1000, u32::MAX] {
        let other = [&length.to_le_bytes(), &claim(LENGTH)[4..]].concat();
        assert!(!accepts(&KEYS.verifying, &other, &PROVED.proof), "{length}");
    }
}

#[test]
fn another_key_for_the_same_length_is_refused() {
    let other = setup(LENGTH, [8; 32]).unwrap();
    assert!(!accepts(&other.verifying, &claim(LENGTH), &PROVED.proof));
}

#[test]
fn every_flipped_bit_of_a_proof_is_refused() {
    for bit in 0..PROVED.proof.len() * 8 {
        let mut proof = PROVED.proof.clone();
        proof[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepts(&KEYS.verifying, &claim(LENGTH), &proof), "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_key_is_refused() {
    for index in 0..KEY_BYTES {
        let mut key = KEYS.verifying.clone();
        key[index] ^= 1 << (index % 8);
        assert!(!accepts(&key, &claim(LENGTH), &PROVED.proof), "byte {index}");
    }
}

#[test]
fn public_values_and_further_inputs_are_refused() {
    let (key, claim) = (&KEYS.verifying[..], &claim(LENGTH)[..]);
    assert!(!rehearsal::verify(verify, &Output { public_values: vec![0], ..PROVED.clone() }, &[key, claim]));
    assert!(!rehearsal::verify(verify, &PROVED, &[key, claim, b""]));
    assert!(!rehearsal::verify(verify, &PROVED, &[key]));
    assert!(!rehearsal::verify(verify, &PROVED, &[claim, key]));
}

#[test]
fn truncated_and_longer_encodings_are_refused() {
    let (key, claim, proof) = (&KEYS.verifying[..], claim(LENGTH), &PROVED.proof[..]);
    let shorter = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let longer = |bytes: &[u8]| [bytes, b"\0"].concat();
    for change in [shorter, longer] {
        assert!(!accepts(&change(key), &claim, proof));
        assert!(!accepts(key, &change(&claim), proof));
        assert!(!accepts(key, &claim, &change(proof)));
    }
    assert!(!accepts(&[], &claim, proof) && !accepts(key, &[], proof) && !accepts(key, &claim, &[]));
}

#[test]
fn a_scalar_has_one_encoding() {
    let modulus = Fr::MODULUS.to_bytes_le();
    assert_eq!(decode_scalar(&modulus), None);
    assert_eq!(decode_scalar(&[0xff; 32]), None);
    assert_eq!(decode_scalar(&[0; 31]), None);
    let mut largest = modulus;
    largest[0] -= 1;
    assert_eq!(decode_scalar(&largest), Some(-Fr::from(1u64)));
}

#[test]
fn a_coordinate_plus_the_modulus_is_refused() {
    // The generator of G1 has x = 1, so that adding the modulus leaves room for the two flags.
    let mut point = Vec::new();
    G1Affine::generator().serialize_compressed(&mut point).unwrap();
    let with_a = |a: &[u8]| [a, &PROVED.proof[32..]].concat();
    assert!(decode_proof(&with_a(&point)).is_some());
    assert!(decode_proof(&with_a(&shifted::<Fq>(&point))).is_none());
}

#[test]
fn infinity_has_one_encoding() {
    let mut infinity = [0; 32];
    infinity[31] = 0x40;
    let with_a = |a: &[u8]| [a, &PROVED.proof[32..]].concat();
    assert!(decode_proof(&with_a(&infinity)).is_some());
    infinity[0] = 1;
    assert!(decode_proof(&with_a(&infinity)).is_none());
}

#[test]
fn the_sign_of_an_uncompressed_point_is_not_free() {
    // Bit 7 of the last byte of y says which of the two roots it is, as y itself does.
    let mut key = KEYS.verifying.clone();
    key[63] ^= 0x80;
    assert!(decode_key(&KEYS.verifying).is_some() && decode_key(&key).is_none());
}

/// A point of the curve of G2 that is not in the group.
fn outside_the_group() -> G2Affine {
    (1u64..)
        .filter_map(|x| Affine::get_point_from_x_unchecked(x.into(), true))
        .find(|point: &G2Affine| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap()
}

#[test]
fn a_point_outside_the_group_is_refused() {
    let mut point = Vec::new();
    outside_the_group().serialize_compressed(&mut point).unwrap();
    let proof = [&PROVED.proof[..32], &point, &PROVED.proof[96..]].concat();
    assert!(decode_proof(&proof).is_none());

    let mut point = Vec::new();
    outside_the_group().serialize_uncompressed(&mut point).unwrap();
    let key = [&KEYS.verifying[..64], &point, &KEYS.verifying[192..]].concat();
    assert!(decode_key(&key).is_none());
}

#[test]
fn a_key_that_claims_many_points_is_refused() {
    let mut key = KEYS.verifying.clone();
    key[448..456].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(decode_key(&key).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        proof in prop::collection::vec(any::<u8>(), 0..200),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..4),
    ) {
        let statement = Statement::new(inputs.iter().map(Vec::as_slice).collect());
        prop_assert!(!verify(&statement, &proof, b""));
    }

    #[test]
    fn bytes_spliced_into_good_ones_are_judged_without_a_panic(
        splice in prop::collection::vec(any::<u8>(), 1..64),
        at in 0usize..64,
    ) {
        let mut proof = PROVED.proof.clone();
        proof[at..at + splice.len()].copy_from_slice(&splice);
        prop_assume!(proof != PROVED.proof);
        prop_assert!(!accepts(&KEYS.verifying, &claim(LENGTH), &proof));
    }
}
