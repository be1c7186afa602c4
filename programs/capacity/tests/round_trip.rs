//! What the prover makes, the verifier accepts; and the prover says why it makes nothing.

mod common;

use capacity::{CHALLENGES, Claim, proof_bytes, prove};
use common::{LABELS_MIB, MEMORY_MIB, PROVED, accepts, claim, prove_claim};
use program::{Error, rehearsal::Rehearsal};

/// BLAKE3 of [`PROVED`]: two versions of the program that differ here refuse each other.
const PROOF_HASH: &str = "155fdcca6aa8de4e1016a95f42aebd62d868530b87132e7840e2ce0f7c6edf1a";

#[test]
fn a_proof_is_accepted() {
    assert!(accepts(&claim(MEMORY_MIB), &PROVED.proof));
    assert!(PROVED.public_values.is_empty());
}

#[test]
fn no_memory_and_little_memory_are_tested_with_one_mib() {
    for memory_mib in [0, 1, 32, 33] {
        let proof = prove_claim(&claim(memory_mib)).proof;
        assert_eq!(proof.len(), proof_bytes(1));
        assert!(accepts(&claim(memory_mib), &proof), "{memory_mib}");
    }
}

#[test]
fn the_size_of_a_proof_is_as_documented() {
    assert_eq!(PROVED.proof.len(), proof_bytes(LABELS_MIB));
    for memory_mib in [0, 64, 512, 2048, u32::MAX] {
        let labels_mib = Claim::decode(&claim(memory_mib)).unwrap().labels_mib();
        assert_eq!(proof_bytes(labels_mib), 387_080 + 32 * labels_mib);
        assert!(proof_bytes(labels_mib) < 1 << 19);
    }
    assert_eq!(CHALLENGES, 192);
}

#[test]
fn the_proof_is_the_one_that_other_builds_make() {
    assert_eq!(*blake3::hash(&PROVED.proof).to_hex(), *PROOF_HASH);
}

#[test]
fn the_prover_logs_and_reports_progress_to_the_end() {
    let rehearsal = Rehearsal::new(2);
    let again = rehearsal.prove(prove, b"", &[&claim(MEMORY_MIB)]).unwrap();
    assert_eq!(rehearsal.last_progress(), 1000);
    assert_eq!(rehearsal.log_lines(), ["labelling 3 MiB", "looking for a seed"]);
    assert_eq!(again, *PROVED, "it needs no randomness");
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let good = claim(0);
    let refused = |arguments: &[u8], inputs: &[&[u8]], reason: &str| {
        assert_eq!(Rehearsal::new(1).prove(prove, arguments, inputs), Err(Error::new(reason)));
    };
    refused(b"", &[], "the one input must be the claim");
    refused(b"", &[&good, b""], "the one input must be the claim");
    refused(b"x", &[&good], "takes no arguments");
    refused(b"", &[&good[1..]], "malformed claim");
    refused(b"", &[&[0; 53]], "malformed claim");
}
