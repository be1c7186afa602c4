//! One statement, one spelling: everything else is refused, and nothing makes the verifier panic.

mod common;

use ark_bls12_381::Bls12_381;
use ark_bn254::{Bn254, Fq, Fr, G2Affine};
use ark_ec::{AffineRepr, pairing::Pairing, short_weierstrass::Affine};
use ark_ff::{BigInteger, PrimeField};
use circom::verify;
use common::{BLS12_381, BN254, BOTH, accepts};
use program::{Output, Statement, rehearsal};
use proptest::prelude::*;
use serde_json::Value;

/// The decimal digits of `number + modulus`.
fn shifted<F: PrimeField>(number: &str) -> String {
    let number: F::BigInt = number.parse::<F>().ok().unwrap().into_bigint();
    let mut sum = F::MODULUS;
    assert!(!sum.add_with_carry(&number), "no room for the shift");
    sum.to_string()
}

/// Every string in a JSON, each in turn changed; what comes out as text.
fn each_string_changed(json: &[u8], change: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let whole: Value = serde_json::from_slice(json).unwrap();
    let mut paths = Vec::new();
    collect(&whole, String::new(), &mut paths);
    let changed = paths.iter().filter_map(|path| {
        let mut whole = whole.clone();
        let place = whole.pointer_mut(path)?;
        *place = Value::String(change(place.as_str()?)?);
        Some(whole.to_string())
    });
    changed.collect()
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::String(_) => paths.push(path),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, format!("{path}/{at}"), paths));
        }
        // Not needed by a verifier, and not looked at.
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "vk_alphabeta_12")
            .for_each(|(name, item)| collect(item, format!("{path}/{name}"), paths)),
        _ => {}
    }
}

#[test]
fn every_changed_string_of_a_proof_is_refused() {
    for circuit in BOTH {
        let next = |text: &str| Some(text.parse::<u32>().map_or(format!("{text}0"), |number| (number + 1).to_string()));
        let wrong = each_string_changed(circuit.proof, next);
        assert_eq!(wrong.len(), 3 + 6 + 3 + 2);
        for proof in wrong {
            assert!(!circuit.accepts(proof.as_bytes()), "{proof}");
        }
    }
}

#[test]
fn every_changed_string_of_a_key_is_refused() {
    for circuit in BOTH {
        let wrong =
            each_string_changed(circuit.key, |text| Some(if text == "1" { "2".into() } else { format!("{text}0") }));
        assert_eq!(wrong.len(), 2 + 3 + 3 * 6 + 3 * 3);
        for key in wrong {
            assert!(!circuit.with_key(&key), "{key}");
        }
    }
}

#[test]
fn a_number_plus_the_modulus_is_refused_wherever_it_stands() {
    // The same number for the pairing, another text for the network.
    let coordinate = |text: &str| text.parse::<Fq>().is_ok().then(|| shifted::<Fq>(text));
    for proof in each_string_changed(BN254.proof, coordinate) {
        assert!(!BN254.accepts(proof.as_bytes()));
    }
    for key in each_string_changed(BN254.key, coordinate) {
        assert!(!BN254.with_key(&key));
    }
    for signals in each_string_changed(BN254.signals, |text| Some(shifted::<Fr>(text))) {
        assert!(!accepts(BN254.key, signals.as_bytes(), BN254.proof));
    }
}

#[test]
fn a_number_in_another_spelling_is_refused_wherever_it_stands() {
    for spelling in ["0", "+", " ", "0x", "-"] {
        let change = |text: &str| Some(format!("{spelling}{text}"));
        for signals in each_string_changed(BN254.signals, change) {
            assert!(!accepts(BN254.key, signals.as_bytes(), BN254.proof), "{signals}");
        }
        for proof in each_string_changed(BN254.proof, change) {
            assert!(!BN254.accepts(proof.as_bytes()), "{proof}");
        }
    }
    let escaped = BN254.proof_text().replacen("\"1", "\"\\u0031", 1);
    assert_ne!(escaped, BN254.proof_text());
    assert!(!BN254.accepts(escaped.as_bytes()));
}

#[test]
fn other_signals_are_refused() {
    for signals in
        ["[]", "[\"42\"]", "[\"42\",\"2027\"]", "[\"2026\",\"42\"]", "[\"42\",\"2026\",\"0\"]", "{}", "", "[42,2026]"]
    {
        assert!(!accepts(BN254.key, signals.as_bytes(), BN254.proof), "{signals}");
    }
    assert!(accepts(BN254.key, b"[\"42\",\"2026\"]", BN254.proof));
}

#[test]
fn key_and_proof_are_for_one_curve_and_one_protocol() {
    assert!(!accepts(BLS12_381.key, BN254.signals, BN254.proof));
    assert!(!accepts(BN254.key, BN254.signals, BLS12_381.proof));
    for (from, to) in [("bn128", "bls12381"), ("bn128", "bn254"), ("groth16", "plonk"), ("groth16", "Groth16")] {
        let (key, proof) = (BN254.key_text().replace(from, to), BN254.proof_text().replace(from, to));
        assert!(!BN254.with_key(&key));
        assert!(!BN254.accepts(proof.as_bytes()));
        assert!(!accepts(key.as_bytes(), BN254.signals, proof.as_bytes()));
    }
}

#[test]
fn a_key_says_how_many_signals_it_is_for() {
    for wrong in ["1", "3", "-1", "18446744073709551615", "2.0", "\"2\""] {
        let key = BN254.key_text().replace("\"nPublic\": 2", &format!("\"nPublic\": {wrong}"));
        assert_ne!(key, BN254.key_text());
        assert!(!BN254.with_key(&key), "{wrong}");
    }
}

#[test]
fn a_point_off_its_group_is_refused() {
    // On the twist, but of another order: only the check of the subgroup finds it.
    let outside = (1u64..).find_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), false)).unwrap();
    assert!(outside.is_on_curve() && !outside.is_in_correct_subgroup_assuming_on_curve());
    let text = |part: Fq| Value::String(part.to_string());
    let mut proof: Value = serde_json::from_slice(BN254.proof).unwrap();
    proof["pi_b"][0] = vec![text(outside.x.c0), text(outside.x.c1)].into();
    proof["pi_b"][1] = vec![text(outside.y.c0), text(outside.y.c1)].into();
    assert!(!BN254.accepts(proof.to_string().as_bytes()));
    assert!(outside_g1_is_refused());
}

/// G1 of BLS12-381 has a cofactor.
fn outside_g1_is_refused() -> bool {
    type G1 = <Bls12_381 as Pairing>::G1Affine;
    let outside: G1 = (1u64..).find_map(|x| Affine::get_point_from_x_unchecked(x.into(), false)).unwrap();
    assert!(outside.is_on_curve() && !outside.is_in_correct_subgroup_assuming_on_curve());
    let mut proof: Value = serde_json::from_slice(BLS12_381.proof).unwrap();
    proof["pi_c"] = vec![outside.x.to_string(), outside.y.to_string(), "1".into()].into();
    !BLS12_381.accepts(proof.to_string().as_bytes())
}

#[test]
fn infinity_proves_nothing() {
    type Proof = circom::snarkjs::Proof<Bn254>;
    let good = Proof::read(BN254.proof).unwrap();
    let (g1, g2) = (AffineRepr::zero(), AffineRepr::zero());
    for wrong in
        [Proof { a: g1, ..good }, Proof { b: g2, ..good }, Proof { c: g1, ..good }, Proof { a: g1, b: g2, c: g1 }]
    {
        assert!(!BN254.accepts(&wrong.write()));
    }
}

#[test]
fn public_values_and_other_numbers_of_inputs_are_refused() {
    let output = Output { proof: BN254.proof.to_vec(), public_values: Vec::new() };
    let claims = Output { public_values: vec![0], ..output.clone() };
    assert!(rehearsal::verify(verify, &output, &[BN254.key, BN254.signals]));
    assert!(!rehearsal::verify(verify, &claims, &[BN254.key, BN254.signals]));
    assert!(!rehearsal::verify(verify, &output, &[BN254.key, BN254.signals, b""]));
    assert!(!rehearsal::verify(verify, &output, &[BN254.key]));
    assert!(!rehearsal::verify(verify, &output, &[]));
}

#[test]
fn cut_and_longer_files_are_refused() {
    let (key, proof) = (BN254.key.trim_ascii_end(), BN254.proof.trim_ascii_end());
    for length in 0..proof.len() {
        assert!(!BN254.accepts(&proof[..length]), "{length}");
    }
    assert!(BN254.accepts(proof));
    assert!(!BN254.accepts(&[proof, b"0"].concat()));
    assert!(!accepts(&key[..key.len() - 1], BN254.signals, BN254.proof));
    assert!(!accepts(BN254.key, &BN254.signals[1..], BN254.proof));
}

#[test]
fn a_held_invalid_proof_stays_invalid() {
    // A proof by snarkjs whose C was replaced by its A: spelled well, all points on their curves and in their groups.
    let held = include_bytes!("../fixtures/invalid/proof.json");
    assert!(circom::snarkjs::Proof::<Bn254>::read(held).is_some());
    assert!(!BN254.accepts(held));
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        key in prop::collection::vec(any::<u8>(), 0..64),
        proof in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        prop_assert!(!verify(&Statement::new(vec![&key, BN254.signals]), BN254.proof, b""));
        prop_assert!(!verify(&Statement::new(vec![BN254.key, BN254.signals]), &proof, b""));
    }

    #[test]
    fn a_changed_byte_anywhere_in_a_proof_is_refused_or_was_no_part_of_it(at in 0..BN254.proof.len(), byte in any::<u8>()) {
        let mut proof = BN254.proof.to_vec();
        proof[at] = byte;
        let same = serde_json::from_slice::<Value>(&proof).ok() == serde_json::from_slice(BN254.proof).ok();
        prop_assert_eq!(BN254.accepts(&proof), same);
    }

    #[test]
    fn a_changed_byte_anywhere_in_a_key_makes_no_panic(at in 0..BN254.key.len(), byte in any::<u8>()) {
        let mut key = BN254.key.to_vec();
        key[at] = byte;
        let _ = accepts(&key, BN254.signals, BN254.proof);
    }
}
