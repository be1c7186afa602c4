//! A proof is good for one guest and its public values, in one encoding. The proof is not committed, it has 1.3 MB: name the
//! folder that a run left.
//!
//! ```console
//! $ SP1_PROOF=../target/proofs/hash-chain cargo test -- --ignored
//! ```

#[allow(dead_code, reason = "what one file of tests does without, the other uses")]
mod common;

use common::{Held, Verifier};
use std::{env, path::PathBuf};

/// Places of a proof whose bytes are changed, and public values and key besides.
const PLACES: usize = 64;

fn setting() -> (Verifier, Held) {
    let folder = env::var_os("SP1_PROOF").expect("SP1_PROOF names the folder of a proof");
    (Verifier::new(), Held::read(&PathBuf::from(folder)))
}

#[test]
#[ignore = "needs a proof"]
fn the_proof_is_accepted() {
    let (verifier, held) = setting();
    assert!(verifier.accepts(&held));
}

#[test]
#[ignore = "needs a proof"]
fn another_guest_is_refused() {
    let (verifier, held) = setting();
    for at in 0..held.key.len() {
        let mut other = held.clone();
        other.key[at] ^= 1;
        assert!(verifier.refuses(&other), "byte {at}");
    }
}

#[test]
#[ignore = "needs a proof"]
fn other_public_values_are_refused() {
    let (verifier, held) = setting();
    for at in 0..held.public.len().min(PLACES) {
        let mut other = held.clone();
        other.public[at] ^= 1;
        assert!(verifier.refuses(&other), "byte {at}");
    }
    let shorter = Held { public: held.public[1..].to_vec(), ..held.clone() };
    let longer = Held { public: [&held.public[..], &[0]].concat(), ..held.clone() };
    let none = Held { public: Vec::new(), ..held };
    assert!([shorter, longer, none].iter().all(|other| verifier.refuses(other)));
}

#[test]
#[ignore = "needs a proof"]
fn a_changed_bit_anywhere_is_refused() {
    let (verifier, held) = setting();
    let step = held.proof.len() / PLACES;
    // The first kilobyte, which is the key of the last step, then all over.
    let places = (0..1024).step_by(61).chain((0..held.proof.len()).step_by(step)).chain([held.proof.len() - 1]);
    for (turn, at) in places.enumerate() {
        let mut other = held.clone();
        other.proof[at] ^= 1 << (turn % 8);
        assert!(verifier.refuses(&other), "byte {at}");
    }
}

#[test]
#[ignore = "needs a proof"]
fn another_length_is_refused() {
    let (verifier, held) = setting();
    for kept in [0, 4, 1024, held.proof.len() / 2, held.proof.len() - 1] {
        assert!(verifier.refuses(&Held { proof: held.proof[..kept].to_vec(), ..held.clone() }), "{kept} bytes");
    }
    for added in [1, 8, 4096] {
        let proof = [&held.proof[..], &vec![0; added]].concat();
        assert!(verifier.refuses(&Held { proof, ..held.clone() }), "{added} bytes more");
    }
}

#[test]
#[ignore = "needs a proof"]
fn a_number_in_another_spelling_is_refused() {
    /// The order of KoalaBear: a number and the number plus this are the same element.
    const ORDER: u32 = 0x7f00_0001;
    let (verifier, held) = setting();
    let mut tried = 0;
    for at in (0..held.proof.len() - 4).step_by(4).filter(|at| at % 20_000 == 0) {
        let number = u32::from_le_bytes(held.proof[at..at + 4].try_into().unwrap());
        let Some(shifted) = number.checked_add(ORDER) else { continue };
        let mut other = held.clone();
        other.proof[at..at + 4].copy_from_slice(&shifted.to_le_bytes());
        assert!(verifier.refuses(&other), "byte {at}");
        tried += 1;
    }
    assert!(tried > 16);
}
