//! What the prover makes, the verifier accepts; everything else is refused, and the prover says why it makes nothing.

use aggregate_leaf::{
    CLAIM_BYTES, Chain, INPUTS, LENGTH, chain,
    groth16::{Keys, decode_key, decode_proof, decode_scalar, encode_scalar, key_bytes, proof_bytes},
    prove, setup, verify,
};
use ark_bls12_377::{Bls12_377, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem};
use ark_serialize::CanonicalSerialize;
use program::{
    Error, Output,
    rehearsal::{self, Rehearsal},
};
use proptest::prelude::*;
use std::sync::LazyLock;

const START: [u8; 32] = [3; 32];

static KEYS: LazyLock<Keys> = LazyLock::new(|| setup([7; 32]).unwrap());
static CLAIM: LazyLock<Vec<u8>> = LazyLock::new(|| encode_scalar(chain(decode_scalar(&START).unwrap())));
static PROVED: LazyLock<Output> = LazyLock::new(|| prove_with(1, &START).unwrap());

fn prove_with(seed: u64, start: &[u8]) -> Result<Output, Error> {
    Rehearsal::new(seed).prove(prove, b"", &[&KEYS.verifying, &CLAIM, &KEYS.proving, start])
}

fn accepts(key: &[u8], claim: &[u8], proof: &[u8]) -> bool {
    rehearsal::verify(verify, &Output { proof: proof.to_vec(), public_values: Vec::new() }, &[key, claim])
}

#[test]
fn a_proof_is_accepted_whatever_the_hosts_randomness() {
    assert!(accepts(&KEYS.verifying, &CLAIM, &PROVED.proof));
    assert_eq!(PROVED.proof.len(), proof_bytes::<Bls12_377>());
    assert_eq!((KEYS.verifying.len(), CLAIM.len()), (key_bytes::<Bls12_377>(INPUTS), CLAIM_BYTES));
    let other = prove_with(2, &START).unwrap();
    assert_ne!(other, *PROVED);
    assert!(accepts(&KEYS.verifying, &CLAIM, &other.proof));
}

#[test]
fn the_constraints_hold_for_a_true_chain_and_for_no_other() {
    let start = Fr::from(2026u64);
    let holds = |end, start| {
        let system = ConstraintSystem::new_ref();
        Chain { end, start: Some(start) }.generate_constraints(system.clone()).unwrap();
        system.is_satisfied().unwrap()
    };
    assert!(holds(chain(start), start));
    assert!(!holds(chain(start) + Fr::ONE, start) && !holds(chain(start), Fr::ZERO));
}

#[test]
fn the_power_of_the_s_box_permutes_the_field() {
    assert_eq!(LENGTH, 8);
    let order_less_one = (-Fr::ONE).into_bigint();
    let remainder = order_less_one.to_bytes_be().iter().fold(0u32, |rest, byte| (rest * 256 + u32::from(*byte)) % 11);
    assert_ne!(remainder, 0);
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_proof_claim_or_key_is_refused() {
    let flipped = |bytes: &[u8], index: usize| {
        let mut bytes = bytes.to_vec();
        bytes[index] ^= 1 << (index % 8);
        bytes
    };
    for index in 0..PROVED.proof.len() {
        assert!(!accepts(&KEYS.verifying, &CLAIM, &flipped(&PROVED.proof, index)), "proof {index}");
    }
    for index in 0..CLAIM.len() {
        assert!(!accepts(&KEYS.verifying, &flipped(&CLAIM, index), &PROVED.proof), "claim {index}");
    }
    for index in 0..KEYS.verifying.len() {
        assert!(!accepts(&flipped(&KEYS.verifying, index), &CLAIM, &PROVED.proof), "key {index}");
    }
}

#[test]
fn a_claim_plus_the_modulus_is_refused() {
    let modulus = Fr::MODULUS.to_bytes_le();
    let mut carry = 0u16;
    let add = CLAIM.iter().zip(modulus).map(|(a, b)| {
        carry = u16::from(*a) + u16::from(b) + (carry >> 8);
        carry as u8
    });
    let shifted: Vec<u8> = add.collect();
    // The same number for the pairing, another statement for the network.
    assert_eq!(Fr::from_le_bytes_mod_order(&shifted), Fr::from_le_bytes_mod_order(&CLAIM));
    assert!(!accepts(&KEYS.verifying, &shifted, &PROVED.proof));
}

#[test]
fn other_lengths_values_and_inputs_are_refused() {
    let (key, claim, proof) = (&KEYS.verifying[..], &CLAIM[..], &PROVED.proof[..]);
    for change in [|bytes: &[u8]| bytes[1..].to_vec(), |bytes: &[u8]| [bytes, b"\0"].concat(), |_: &[u8]| Vec::new()] {
        assert!(!accepts(&change(key), claim, proof));
        assert!(!accepts(key, &change(claim), proof));
        assert!(!accepts(key, claim, &change(proof)));
    }
    assert!(!rehearsal::verify(verify, &Output { public_values: vec![0], ..PROVED.clone() }, &[key, claim]));
    assert!(!rehearsal::verify(verify, &PROVED, &[key, claim, b""]) && !rehearsal::verify(verify, &PROVED, &[key]));
    let other = setup([8; 32]).unwrap();
    assert!(!accepts(&other.verifying, claim, proof), "another key");
}

#[test]
fn a_point_at_infinity_or_outside_its_group_is_refused() {
    let mut infinity = Vec::new();
    G1Affine::zero().serialize_compressed(&mut infinity).unwrap();
    assert!(decode_proof::<Bls12_377>(&[&infinity, &PROVED.proof[48..]].concat()).is_none());
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), true))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve());
    let mut point = Vec::new();
    outside.unwrap().serialize_compressed(&mut point).unwrap();
    assert!(decode_proof::<Bls12_377>(&[&PROVED.proof[..48], &point, &PROVED.proof[144..]].concat()).is_none());
}

#[test]
fn a_key_that_claims_many_points_is_refused() {
    let mut key = KEYS.verifying.clone();
    let count = 96 + 3 * 192;
    key[count..count + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(decode_key::<Bls12_377>(&key, INPUTS).is_none());
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let (vk, pk, claim) = (&KEYS.verifying[..], &KEYS.proving[..], &CLAIM[..]);
    let other = setup([8; 32]).unwrap();
    let longer = [pk, b"\0"].concat();
    let cases: [(&[&[u8]], &str); 8] = [
        (&[vk, claim, pk], "inputs must be: verifying key, claim, proving key, start of the chain"),
        (&[&vk[1..], claim, pk, &START], "malformed verifying key"),
        (&[vk, &claim[1..], pk, &START], "malformed claim"),
        (&[vk, claim, &pk[..pk.len() / 2], &START], "malformed proving key"),
        (&[vk, claim, &longer, &START], "malformed proving key"),
        (&[vk, claim, pk, &[0xff; 32]], "malformed start of the chain"),
        (&[vk, claim, pk, &[4; 32]], "the chain from this start does not end where the claim says"),
        (&[vk, claim, &other.proving, &START], "the proving key belongs to another verifying key"),
    ];
    for (inputs, reason) in cases {
        assert_eq!(Rehearsal::new(1).prove(prove, b"", inputs), Err(Error::new(reason)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        proof in prop::collection::vec(any::<u8>(), 0..250),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 0..4),
    ) {
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let output = Output { proof, public_values: Vec::new() };
        prop_assert!(!rehearsal::verify(verify, &output, &inputs));
    }
}
