//! What the prover makes, the verifier accepts; and the prover says why it makes nothing.

mod common;

use ark_bn254::Bn254;
use ark_groth16::{Groth16, Proof, VerifyingKey};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use common::{KEYS, LENGTH, PREIMAGE, PROVED, accepts, claim, prove_with};
use groth16_poseidon::{CLAIM_BYTES, KEY_BYTES, PROOF_BYTES, prove, run_setup, setup};
use program::{Error, rehearsal::Rehearsal};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

#[test]
fn a_proof_is_accepted() {
    assert!(accepts(&KEYS.verifying, &claim(LENGTH), &PROVED.proof));
    assert_eq!((PROVED.proof.len(), PROVED.public_values.len()), (PROOF_BYTES, 0));
    assert_eq!((KEYS.verifying.len(), claim(LENGTH).len()), (KEY_BYTES, CLAIM_BYTES));
}

#[test]
fn the_prover_logs_and_reports_progress_to_the_end() {
    let rehearsal = Rehearsal::new(1);
    let inputs: [&[u8]; 4] = [&KEYS.verifying, &claim(LENGTH), &KEYS.proving, &PREIMAGE];
    rehearsal.prove(prove, b"", &inputs).unwrap();
    assert_eq!(rehearsal.last_progress(), 1000);
    assert_eq!(rehearsal.log_lines()[1], "3522 constraints laid out");
}

#[test]
fn the_hosts_randomness_and_nothing_else_makes_a_proof_differ() {
    let again = prove_with(1, &KEYS, &claim(LENGTH), &PREIMAGE).unwrap();
    let other = prove_with(2, &KEYS, &claim(LENGTH), &PREIMAGE).unwrap();
    assert_eq!(again, *PROVED);
    assert_ne!(other, *PROVED);
    assert!(accepts(&KEYS.verifying, &claim(LENGTH), &other.proof));
}

#[test]
fn a_rerandomized_proof_is_accepted() {
    let key = VerifyingKey::<Bn254>::deserialize_uncompressed(&KEYS.verifying[..]).unwrap();
    let proof = Proof::deserialize_compressed(&PROVED.proof[..]).unwrap();
    let mut bytes = Vec::new();
    Groth16::<Bn254>::rerandomize_proof(&key, &proof, &mut ChaCha20Rng::seed_from_u64(5))
        .serialize_compressed(&mut bytes)
        .unwrap();
    assert_ne!(bytes, PROVED.proof);
    assert!(accepts(&KEYS.verifying, &claim(LENGTH), &bytes));
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let (vk, pk, good) = (&KEYS.verifying[..], &KEYS.proving[..], claim(LENGTH));
    let other = setup(LENGTH, [8; 32]).unwrap();
    let longer = [pk, b"\0"].concat();
    let cases: [(&[&[u8]], &str); 8] = [
        (&[vk, &good, pk], "inputs must be: verifying key, claim, proving key, preimage"),
        (&[&vk[1..], &good, pk, &PREIMAGE], "malformed verifying key"),
        (&[vk, &good[1..], pk, &PREIMAGE], "malformed claim"),
        (&[vk, &good, &pk[..pk.len() / 2], &PREIMAGE], "malformed proving key"),
        (&[vk, &good, &longer, &PREIMAGE], "malformed proving key"),
        (&[vk, &good, pk, &[0xff; 32]], "malformed preimage"),
        (&[vk, &good, pk, &[4; 32]], "the chain from this preimage does not end where the claim says"),
        (&[vk, &good, &other.proving, &PREIMAGE], "the proving key belongs to another verifying key"),
    ];
    for (inputs, reason) in cases {
        assert_eq!(Rehearsal::new(1).prove(prove, b"", inputs), Err(Error::new(reason)));
    }
}

#[test]
fn the_prover_refuses_a_key_for_another_length() {
    let refused = prove_with(1, &KEYS, &claim(LENGTH + 1), &PREIMAGE);
    assert_eq!(refused, Err(Error::new("the proving key is for another length of chain")));
}

#[test]
fn the_setup_artifact_makes_the_same_keys_and_claims() {
    let arguments = |kind: u8, rest: [u8; 32]| [&[kind][..], &LENGTH.to_le_bytes(), &rest].concat();
    let keys = Rehearsal::new(9).prove(run_setup, &arguments(0, [7; 32]), &[]).unwrap();
    assert_eq!((keys.proof, keys.public_values), (KEYS.proving.clone(), KEYS.verifying.clone()));
    let made = Rehearsal::new(9).prove(run_setup, &arguments(1, PREIMAGE), &[]).unwrap();
    assert_eq!((made.proof, made.public_values), (claim(LENGTH), Vec::new()));
    assert_ne!(setup(LENGTH, [8; 32]).unwrap().verifying, KEYS.verifying);
}

#[test]
fn the_setup_artifact_refuses_other_arguments() {
    let good = [&[0][..], &LENGTH.to_le_bytes(), &[7; 32]].concat();
    let mut kind = good.clone();
    kind[0] = 2;
    let mut zero = good.clone();
    zero[1..5].fill(0);
    let mut huge = good.clone();
    huge[1..5].fill(0xff);
    for arguments in [&good[1..], &[&good[..], b"\0"].concat(), &kind, &zero, &huge, b""] {
        assert!(Rehearsal::new(9).prove(run_setup, arguments, &[]).is_err(), "{arguments:?}");
    }
    assert!(Rehearsal::new(9).prove(run_setup, &good, &[b"input"]).is_err());
}
