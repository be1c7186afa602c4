//! One statement, one encoding: everything else is refused; and the prover says what is wrong with the proofs it is given.

use crate::common::{CLAIMS, KEY, LEAF_KEY, LEAF_KEYS, LEAVES, PROOF, accepts};
use aggregate::{LEAVES_MAX, decode_claims};
use ark_bls12_377::{Fr, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_serialize::CanonicalSerialize;
use program::{
    Error, Output,
    rehearsal::{self, Rehearsal},
};
use proptest::prelude::*;

fn flipped(bytes: &[u8], index: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[index] ^= 1 << (index % 8);
    bytes
}

#[test]
fn the_held_proof_is_accepted() {
    assert!(accepts([KEY, LEAF_KEY, CLAIMS], PROOF));
    assert_eq!((PROOF.len(), CLAIMS.len()), (288, 32));
    assert_eq!(LEAF_KEY, LEAF_KEYS.verifying);
    assert_eq!(CLAIMS, LEAVES[0].claim);
}

#[test]
fn other_claims_are_refused() {
    let (one, two) = (CLAIMS, &LEAVES[1].claim[..]);
    let others = [two.to_vec(), [one, two].concat(), [one, one].concat(), [one, &[0; 32]].concat(), Vec::new()];
    for claims in others {
        assert!(!accepts([KEY, LEAF_KEY, &claims], PROOF), "{claims:?}");
    }
}

#[test]
fn a_claim_plus_the_modulus_is_refused() {
    let mut carry = 0u16;
    let add = CLAIMS.iter().zip(Fr::MODULUS.to_bytes_le()).map(|(a, b)| {
        carry = u16::from(*a) + u16::from(b) + (carry >> 8);
        carry as u8
    });
    let shifted: Vec<u8> = add.collect();
    assert_eq!(Fr::from_le_bytes_mod_order(&shifted), Fr::from_le_bytes_mod_order(CLAIMS));
    assert_eq!(decode_claims(&shifted), None);
    assert!(!accepts([KEY, LEAF_KEY, &shifted], PROOF));
}

#[test]
fn another_key_of_the_leaves_is_refused() {
    let other = aggregate_leaf::setup([2; 32]).unwrap();
    assert!(!accepts([KEY, &other.verifying, CLAIMS], PROOF));
}

#[test]
fn a_key_of_the_leaves_with_a_point_outside_its_group_is_refused() {
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), true))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve());
    let mut point = Vec::new();
    outside.unwrap().serialize_uncompressed(&mut point).unwrap();
    let key = [&LEAF_KEY[..96], &point, &LEAF_KEY[96 + 192..]].concat();
    assert_eq!(key.len(), LEAF_KEY.len());
    assert!(aggregate_leaf::groth16::decode_key::<ark_bls12_377::Bls12_377>(&key, 1).is_none());
    assert!(!accepts([KEY, &key, CLAIMS], PROOF));
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    for index in 0..PROOF.len() {
        assert!(!accepts([KEY, LEAF_KEY, CLAIMS], &flipped(PROOF, index)), "proof {index}");
    }
    for index in 0..CLAIMS.len() {
        assert!(!accepts([KEY, LEAF_KEY, &flipped(CLAIMS, index)], PROOF), "claims {index}");
    }
    for index in (0..KEY.len()).step_by(5) {
        assert!(!accepts([&flipped(KEY, index), LEAF_KEY, CLAIMS], PROOF), "key {index}");
    }
    for index in (0..LEAF_KEY.len()).step_by(5) {
        assert!(!accepts([KEY, &flipped(LEAF_KEY, index), CLAIMS], PROOF), "leaves' key {index}");
    }
}

#[test]
fn other_lengths_values_and_inputs_are_refused() {
    for change in [|bytes: &[u8]| bytes[1..].to_vec(), |bytes: &[u8]| [bytes, b"\0"].concat(), |_: &[u8]| Vec::new()] {
        assert!(!accepts([&change(KEY), LEAF_KEY, CLAIMS], PROOF));
        assert!(!accepts([KEY, &change(LEAF_KEY), CLAIMS], PROOF));
        assert!(!accepts([KEY, LEAF_KEY, &change(CLAIMS)], PROOF));
        assert!(!accepts([KEY, LEAF_KEY, CLAIMS], &change(PROOF)));
    }
    let output = Output { proof: PROOF.to_vec(), public_values: Vec::new() };
    let judge = |output: &Output, inputs: &[&[u8]]| rehearsal::verify(aggregate::verify, output, inputs);
    assert!(!judge(&Output { public_values: vec![0], ..output.clone() }, &[KEY, LEAF_KEY, CLAIMS]));
    assert!(!judge(&output, &[KEY, LEAF_KEY, CLAIMS, b""]) && !judge(&output, &[KEY, LEAF_KEY]));
    assert!(!judge(&output, &[LEAF_KEY, KEY, CLAIMS]));
}

#[test]
fn a_proof_of_one_leaf_is_none_of_the_aggregation() {
    let leaf = Output::decode(&LEAVES[0].bundle).unwrap();
    assert!(!accepts([KEY, LEAF_KEY, CLAIMS], &leaf.proof));
}

#[test]
fn claims_are_counted() {
    assert_eq!(decode_claims(&[0; 32]).map(|claims| claims.len()), Some(1));
    assert_eq!(decode_claims(&vec![0; 32 * LEAVES_MAX]).map(|claims| claims.len()), Some(LEAVES_MAX));
    for bytes in [0, 31, 33, 32 * (LEAVES_MAX + 1)] {
        assert_eq!(decode_claims(&vec![0; bytes]), None, "{bytes}");
    }
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let [one, two] = [0, 1].map(|leaf: usize| &LEAVES[leaf].bundle[..]);
    let claims = &[&LEAVES[0].claim[..], &LEAVES[1].claim].concat()[..];
    let tampered = flipped(one, 20);
    let public = Output { public_values: vec![1], ..Output::decode(one).unwrap() }.encode().unwrap();
    let other = aggregate_leaf::setup([2; 32]).unwrap();
    let unproven = "does not prove its claim under the leaves' key";
    let no_bundle = "is no bundle of a proof without public values";
    let cases: [(&[&[u8]], String); 12] = [
        (&[KEY, LEAF_KEY], "inputs must be: verifying key, leaves' verifying key, claims, proving key, proofs".into()),
        (&[&KEY[1..], LEAF_KEY, claims, b"", one, two], "malformed verifying key".into()),
        (&[KEY, KEY, claims, b"", one, two], "malformed verifying key of the leaves".into()),
        (&[KEY, LEAF_KEY, &claims[1..], b"", one, two], "malformed claims".into()),
        (&[KEY, LEAF_KEY, claims, b"", one], "2 claims, but 1 proofs".into()),
        (&[KEY, LEAF_KEY, claims, b"", two, one], format!("proof 0 {unproven}")),
        (&[KEY, LEAF_KEY, claims, b"", one, one], format!("proof 1 {unproven}")),
        (&[KEY, &other.verifying, claims, b"", one, two], format!("proof 0 {unproven}")),
        (&[KEY, LEAF_KEY, claims, b"", one, &two[4..]], format!("proof 1 {no_bundle}")),
        (&[KEY, LEAF_KEY, claims, b"", &public, two], format!("proof 0 {no_bundle}")),
        (&[KEY, LEAF_KEY, claims, b"", &tampered, two], "proof 0 is malformed".into()),
        (&[KEY, LEAF_KEY, claims, b"key", one, two], "malformed proving key".into()),
    ];
    for (inputs, reason) in cases {
        assert_eq!(Rehearsal::new(1).prove(aggregate::prove, b"", inputs), Err(Error::new(reason)));
    }
    let inputs = [KEY, LEAF_KEY, claims, b"", one, two];
    assert_eq!(Rehearsal::new(1).prove(aggregate::prove, b"x", &inputs), Err(Error::new("takes no arguments")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        proof in prop::collection::vec(any::<u8>(), 0..300),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1500), 0..4),
    ) {
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let output = Output { proof, public_values: Vec::new() };
        prop_assert!(!rehearsal::verify(aggregate::verify, &output, &inputs));
    }
}
