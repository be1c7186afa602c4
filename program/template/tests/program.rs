//! The program as the network calls it, through the same buffers.

use program::{
    Output,
    rehearsal::{self, Rehearsal},
};
use template::{prove, verify};

const SQUARE: [u8; 8] = 49u64.to_le_bytes();
const ROOT: [u8; 4] = 7u32.to_le_bytes();

fn proved() -> Output {
    Rehearsal::new(0).prove(prove, b"", &[&SQUARE, &ROOT]).expect("a proof")
}

#[test]
fn a_proof_of_the_statement_is_accepted() {
    assert!(rehearsal::verify(verify, &proved(), &[&SQUARE]));
}

#[test]
fn another_statement_is_refused() {
    for statement in [&50u64.to_le_bytes()[..], &SQUARE[..7], &[], &[&SQUARE[..], &[0]].concat()] {
        assert!(!rehearsal::verify(verify, &proved(), &[statement]), "{statement:?}");
    }
    assert!(!rehearsal::verify(verify, &proved(), &[]));
    assert!(!rehearsal::verify(verify, &proved(), &[&SQUARE, &SQUARE]));
}

#[test]
fn every_flipped_bit_is_refused_and_every_other_length() {
    let Output { proof, .. } = proved();
    for at in 0..proof.len() * 8 {
        let mut tampered = proof.clone();
        tampered[at / 8] ^= 1 << (at % 8);
        let output = Output { proof: tampered, public_values: Vec::new() };
        assert!(!rehearsal::verify(verify, &output, &[&SQUARE]), "bit {at}");
    }
    for proof in [&proof[..3], &[], &[&proof[..], &[0]].concat()] {
        let output = Output { proof: proof.to_vec(), public_values: Vec::new() };
        assert!(!rehearsal::verify(verify, &output, &[&SQUARE]), "{proof:?}");
    }
    assert!(!rehearsal::verify(verify, &Output { public_values: vec![0], ..proved() }, &[&SQUARE]));
}

#[test]
fn without_a_witness_there_is_no_proof_but_a_reason() {
    let error = Rehearsal::new(0).prove(prove, b"", &[&SQUARE, &8u32.to_le_bytes()]).expect_err("not the root");
    assert_eq!(error.to_string(), "the second input is not the root of the first");
    assert!(Rehearsal::new(0).prove(prove, b"", &[&SQUARE]).is_err());
}
