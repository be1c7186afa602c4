//! A proof is good for one program, one stack at the start and one at the end, in one encoding; and nothing makes the
//! verifier panic.

mod common;

use common::{FIBONACCI, PROVED, SHA256, TWENTY, accepts, hash};
use miden::{Claim, OUTPUT_BYTES, decode_outputs, verify};
use miden_verifier::{ExecutionProof, Kernel, ProgramInfo};
use program::{Output, Statement, rehearsal};
use proptest::prelude::*;

/// The order of the field.
const ORDER: u64 = 0xffff_ffff_0000_0001;

/// A proof that was made for another output, and the verifier's for the true one: held, not made here.
const HELD: &[u8] = include_bytes!("fixtures/fibonacci-20.proof");
const HELD_OUTPUTS: &[u8] = include_bytes!("fixtures/fibonacci-20.public");
const FORGED: &[u8] = include_bytes!("fixtures/forged.proof");

fn with_proof(proof: Vec<u8>) -> Output {
    Output { proof, public_values: PROVED.public_values.clone() }
}

fn with_outputs(public_values: Vec<u8>) -> Output {
    Output { proof: PROVED.proof.clone(), public_values }
}

/// Whether Miden's own decoder and verifier accept a proof that ours must refuse: what a test changed is not nonsense.
fn miden_accepts(proof: &[u8]) -> bool {
    let claim = Claim::decode(&hash(FIBONACCI), TWENTY.as_bytes()).unwrap();
    let info = ProgramInfo::new(claim.program, Kernel::default());
    let outputs = decode_outputs(&PROVED.public_values).unwrap();
    miden_verifier::verify(info, claim.stack, outputs, ExecutionProof::from_bytes(proof).unwrap()).is_ok()
}

fn accepts_proof(proof: Vec<u8>) -> bool {
    accepts(&hash(FIBONACCI), TWENTY, &with_proof(proof))
}

#[test]
fn the_held_proof_is_accepted_and_the_forged_one_is_not() {
    let held = |proof: &[u8]| Output { proof: proof.to_vec(), public_values: HELD_OUTPUTS.to_vec() };
    assert!(accepts(&hash(FIBONACCI), TWENTY, &held(HELD)));
    assert_eq!(FORGED.len(), HELD.len());
    assert!(!accepts(&hash(FIBONACCI), TWENTY, &held(FORGED)));
}

#[test]
fn another_program_is_refused() {
    assert!(!accepts(&hash(SHA256), TWENTY, &PROVED));
    for index in 0..32 {
        let mut other = hash(FIBONACCI);
        other[index] ^= 1;
        assert!(!accepts(&other, TWENTY, &PROVED), "byte {index}");
    }
}

#[test]
fn another_stack_at_the_start_is_refused() {
    for stack in ["21", "19", "0"] {
        assert!(!accepts(&hash(FIBONACCI), &format!(r#"{{"operand_stack": ["{stack}"]}}"#), &PROVED));
    }
    assert!(!accepts(&hash(FIBONACCI), r#"{"operand_stack": ["20", "1"]}"#, &PROVED));
    assert!(!accepts(&hash(FIBONACCI), r#"{"operand_stack": []}"#, &PROVED));
}

#[test]
fn another_stack_at_the_end_is_refused() {
    for index in 0..OUTPUT_BYTES {
        let mut other = PROVED.public_values.clone();
        other[index] ^= 1;
        assert!(!accepts(&hash(FIBONACCI), TWENTY, &with_outputs(other)), "byte {index}");
    }
    for length in [0, 8, OUTPUT_BYTES - 1] {
        assert!(!accepts(&hash(FIBONACCI), TWENTY, &with_outputs(PROVED.public_values[..length].to_vec())));
    }
    assert!(!accepts(&hash(FIBONACCI), TWENTY, &with_outputs([&PROVED.public_values[..], b"\0"].concat())));
}

#[test]
fn an_output_plus_the_order_of_the_field_is_refused() {
    let shifted = [&(6765 + ORDER).to_le_bytes()[..], &PROVED.public_values[8..]].concat();
    assert_ne!(shifted, PROVED.public_values);
    assert!(!accepts(&hash(FIBONACCI), TWENTY, &with_outputs(shifted)));
}

#[test]
fn a_stack_has_one_way_to_write_a_number() {
    let shifted = (20 + u128::from(ORDER)).to_string();
    for number in ["+20", "020", "20 ", "0x14", "2e1", "", "-20", shifted.as_str(), "20.0"] {
        assert!(!accepts(&hash(FIBONACCI), &format!(r#"{{"operand_stack": ["{number}"]}}"#), &PROVED), "{number}");
    }
    let malformed = [
        "",
        "[]",
        r#"["20"]"#,
        r#"{"operand_stack": [20]}"#,
        r#"{"operand_stack": ["20"]} 1"#,
        r#"{"operand_stack": ["20"], "operand_stack": ["20"]}"#,
        r#"{"operand_stack": ["20"], "advice_stack": []}"#,
        r#"{"operand_stack": ["20","0","0","0","0","0","0","0","0","0","0","0","0","0","0","0","0"]}"#,
    ];
    for stack in malformed {
        assert!(!accepts(&hash(FIBONACCI), stack, &PROVED), "{stack}");
    }
}

#[test]
fn missing_and_further_inputs_are_refused() {
    let (hash, stack) = (&hash(FIBONACCI)[..], TWENTY.as_bytes());
    let cases: [&[&[u8]]; 4] = [&[], &[hash], &[stack, hash], &[hash, stack, b""]];
    for inputs in cases {
        assert!(!rehearsal::verify(verify, &PROVED, inputs));
    }
}

#[test]
fn truncated_and_longer_proofs_are_refused() {
    let proof = &PROVED.proof;
    for length in (0..proof.len()).step_by(997).chain(proof.len() - 40..proof.len()) {
        assert!(!accepts_proof(proof[..length].to_vec()), "{length} bytes");
    }
    assert!(!accepts_proof([&proof[..], b"\0"].concat()));
}

/// Where the STARK proof lies in the VM's: behind its length, before the hash function and the precompiles.
fn stark() -> std::ops::Range<usize> {
    let one = 1u64.to_le_bytes();
    let start = PROVED.proof.windows(8).position(|window| window == one).unwrap();
    start..PROVED.proof.len() - 2
}

/// The same proof with other bytes after the STARK proof, its length corrected.
fn rewrapped(stark_proof: &[u8], tail: &[u8]) -> Vec<u8> {
    // Miden's lengths: the lowest set bit says how many bytes follow. Nine bytes hold any number.
    [&[0][..], &(stark_proof.len() as u64).to_le_bytes(), stark_proof, tail].concat()
}

#[test]
fn a_longer_way_to_write_a_length_is_refused() {
    let again = rewrapped(&PROVED.proof[stark()], &PROVED.proof[stark().end..]);
    assert_ne!(again, PROVED.proof);
    assert!(miden_accepts(&again) && !accepts_proof(again));
}

#[test]
fn another_hash_function_and_precompiles_are_refused() {
    let (range, tail) = (stark(), PROVED.proof[stark().end..].to_vec());
    assert_eq!(tail, [1, 1], "BLAKE3, and the number zero");
    for tail in [&[2, 1][..], &[3, 1], &[4, 1], &[5, 1], &[0, 1], &[6, 1], &[1, 3], &[1]] {
        assert!(!accepts_proof([&PROVED.proof[..range.end], tail].concat()), "{tail:?}");
    }
}

#[test]
fn bytes_after_the_stark_proof_are_refused() {
    let head = &PROVED.proof[..stark().start];
    for more in 1..=8 {
        let longer = [&PROVED.proof[stark()], &vec![0; more]].concat();
        let length = u64::try_from(longer.len()).unwrap();
        let bits = u64::from_le_bytes([head, &vec![0; 8 - head.len()]].concat().try_into().unwrap());
        let shift = bits.trailing_zeros() + 1;
        let prefix = ((length << shift) | (1 << (shift - 1))).to_le_bytes();
        let proof = [&prefix[..head.len()], &longer, &[1, 1]].concat();
        assert!(miden_accepts(&proof) && !accepts_proof(proof), "{more}");
    }
}

#[test]
fn an_element_plus_the_order_of_the_field_is_refused() {
    let first = stark().start + 8 + 1 + 8 + 4 + 8;
    let element = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let small = (first..stark().end).step_by(8).find(|at| element(&PROVED.proof, *at) < u64::from(u32::MAX)).unwrap();
    let mut proof = PROVED.proof.clone();
    let shifted = element(&proof, small) + ORDER;
    proof[small..small + 8].copy_from_slice(&shifted.to_le_bytes());
    assert!(miden_accepts(&proof) && !accepts_proof(proof));
}

#[test]
fn a_proof_of_any_other_length_of_execution_is_refused() {
    let at = stark().start + 8;
    for log_length in 0..=u8::MAX {
        let mut proof = PROVED.proof.clone();
        if proof[at] != log_length {
            proof[at] = log_length;
            assert!(!accepts_proof(proof), "2^{log_length}");
        }
    }
}

#[test]
fn a_count_that_the_bytes_do_not_bear_out_is_refused() {
    let start = stark().start;
    for at in [start, start + 9, start + 21] {
        for count in [0, 2, 1 << 20, u64::from(u32::MAX), 1 << 60, u64::MAX] {
            let mut proof = PROVED.proof.clone();
            proof[at..at + 8].copy_from_slice(&count.to_le_bytes());
            assert!(!accepts_proof(proof), "{count} at {at}");
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_lies() {
    for index in (0..PROVED.proof.len()).step_by(29).chain(0..64) {
        let mut proof = PROVED.proof.clone();
        proof[index] ^= 1 << (index % 8);
        assert!(!accepts_proof(proof), "byte {index}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(
        proof in prop::collection::vec(any::<u8>(), 0..300),
        public_values in prop::collection::vec(any::<u8>(), 0..200),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..4),
    ) {
        let statement = Statement::new(inputs.iter().map(Vec::as_slice).collect());
        prop_assert!(!verify(&statement, &proof, &public_values));
    }

    #[test]
    fn numbers_changed_in_a_good_proof_are_judged_without_a_panic(
        changes in prop::collection::vec((0usize..9000, 0..ORDER), 1..8),
    ) {
        let mut proof = PROVED.proof.clone();
        for (index, number) in changes {
            let at = stark().start + 29 + index * 8;
            if let Some(place) = proof.get_mut(at..at + 8) {
                place.copy_from_slice(&number.to_le_bytes());
            }
        }
        prop_assume!(proof != PROVED.proof);
        prop_assert!(!accepts_proof(proof));
    }
}
