//! What snarkjs makes is accepted, what the prover makes is accepted, and the prover says why it makes nothing.

mod common;

use ark_bn254::{Bn254, Fr};
use ark_ec::CurveGroup;
use ark_ff::Field;
use circom::{
    prove,
    snarkjs::{KeyText, Proof},
    test_setup::test_setup,
};
use common::{BLS12_381, BN254, BOTH, accepts, run};
use program::{Error, rehearsal::Rehearsal};

#[test]
fn a_proof_by_snarkjs_is_accepted() {
    for circuit in BOTH {
        assert!(circuit.accepts(circuit.proof));
    }
}

#[test]
fn a_proof_by_the_zkey_is_accepted() {
    for circuit in BOTH {
        let output = circuit.prove(1).unwrap();
        assert!(circuit.accepts(&output.proof));
        assert_eq!(output.public_values, b"");
    }
}

#[test]
fn a_proof_by_arkworks_key_and_the_constraints_is_accepted() {
    for circuit in BOTH {
        let keys = test_setup(circuit.constraints, [7; 32]).unwrap();
        let inputs = [&keys.verifying[..], circuit.signals, &keys.proving, circuit.witness, circuit.constraints];
        let proof = run(1, &inputs).unwrap().proof;
        assert!(accepts(&keys.verifying, circuit.signals, &proof));
        assert!(!circuit.accepts(&proof), "another key");
    }
}

#[test]
fn the_hosts_randomness_and_nothing_else_makes_a_proof_differ() {
    let proofs = [1, 1, 2].map(|seed| BN254.prove(seed).unwrap().proof);
    assert_eq!(proofs[0], proofs[1]);
    assert_ne!(proofs[0], proofs[2]);
}

#[test]
fn a_rerandomized_proof_is_accepted() {
    let key = KeyText::read(BN254.key).unwrap().check::<Bn254>().unwrap();
    let Proof { a, b, c } = Proof::<Bn254>::read(BN254.proof).unwrap();
    // Bowe, Gabizon: A/r, r·B + r·t·δ, C + t·A.
    let (r, t) = (Fr::from(5), Fr::from(11));
    let other = Proof::<Bn254> {
        a: (a * r.inverse().unwrap()).into_affine(),
        b: (b * r + key.delta * (r * t)).into_affine(),
        c: (a * t + c).into_affine(),
    };
    assert_ne!(other.write(), Proof::<Bn254>::read(BN254.proof).unwrap().write());
    assert!(BN254.accepts(&other.write()));
}

#[test]
fn the_prover_logs_and_reports_progress_to_the_end() {
    let rehearsal = Rehearsal::new(1);
    rehearsal.prove(prove, b"", &[BN254.key, BN254.signals, BN254.zkey, BN254.witness]).unwrap();
    assert_eq!(rehearsal.last_progress(), 1000);
    assert_eq!(rehearsal.log_lines(), ["8 variables, 2 public, 1 threads"]);
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let (key, signals, zkey, witness) = (BN254.key, BN254.signals, BN254.zkey, BN254.witness);
    let keys = test_setup(BN254.constraints, [7; 32]).unwrap();
    let other_key = keys.verifying.as_slice();
    let cases: [(&[&[u8]], &str); 14] = [
        (&[], "no inputs"),
        (&[key, signals, zkey], "inputs must be: verification key, public signals, proving key, witness, and an r1cs"),
        (&[b"{}", signals, zkey, witness], "malformed verification key: it must be snarkjs' JSON for groth16"),
        (&[key, b"[42]", zkey, witness], "malformed public signals"),
        (&[key, b"[\"42\"]", zkey, witness], "1 public signals, but the verification key wants 2"),
        (&[key, b"[\"42\",\"1\"]", zkey, witness], "the witness has other public signals than the statement"),
        (&[key, signals, zkey, zkey], "the wtns is another kind of file"),
        (&[key, signals, zkey, &witness[..100]], "the wtns is cut off"),
        (&[key, signals, zkey, BLS12_381.witness], "the wtns is for another curve than the verification key"),
        (&[key, signals, BLS12_381.zkey, witness], "the zkey is for another curve than the verification key"),
        (&[other_key, signals, zkey, witness], "the zkey belongs to another verification key"),
        (
            &[key, signals, &keys.proving, witness],
            "the proving key is no zkey; arkworks' needs an r1cs as a fifth input",
        ),
        (
            &[key, signals, &keys.proving, witness, BN254.constraints],
            "the proving key belongs to another verification key",
        ),
        (&[key, signals, zkey, witness, b""], "too many inputs: a zkey needs no r1cs, arkworks' key needs one"),
    ];
    for (inputs, reason) in cases {
        assert_eq!(run(1, inputs), Err(Error::new(reason)));
    }
    let refused = Rehearsal::new(1).prove(prove, b"x", &[key, signals, zkey, witness]);
    assert_eq!(refused, Err(Error::new("takes no arguments")));
}

#[test]
fn a_witness_that_does_not_satisfy_the_circuit_gives_no_proof() {
    for circuit in BOTH {
        let mut wrong = circuit.witness.to_vec();
        // The lowest byte of the last value, a private one.
        let last = wrong.len() - 32;
        wrong[last] ^= 1;
        let refused = run(1, &[circuit.key, circuit.signals, circuit.zkey, &wrong]);
        let reason = "no proof: the witness does not satisfy the circuit, or the proving key is damaged";
        assert_eq!(refused, Err(Error::new(reason)));
    }
}
