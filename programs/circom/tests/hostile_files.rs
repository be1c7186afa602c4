//! The prover's files from a stranger: whatever is in them gives an error, and never a panic or memory without end.

mod common;

use ark_bls12_381::Bls12_381;
use ark_bn254::{Bn254, Fr};
use ark_ff::{BigInteger, PrimeField};
use circom::{binfile::BinFile, r1cs::R1cs, test_setup::test_setup, wtns, zkey::Zkey};
use common::{BN254, accepts, run};
use proptest::prelude::*;

/// A file of these sections.
fn file(name: &str, version: u32, sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [name.as_bytes(), &version.to_le_bytes(), &(sections.len() as u32).to_le_bytes()].concat();
    for (kind, section) in sections {
        bytes.extend(kind.to_le_bytes());
        bytes.extend((section.len() as u64).to_le_bytes());
        bytes.extend(section);
    }
    bytes
}

/// A modulus as files begin with it.
fn field() -> Vec<u8> {
    [&32u32.to_le_bytes()[..], &Fr::MODULUS.to_bytes_le()].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn reason<T>(result: Result<T, program::Error>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn sections_must_end_where_the_file_does() {
    let good = file("wtns", 2, &[(1, vec![1, 2]), (2, vec![3])]);
    assert_eq!(BinFile::read(&good, "wtns", 2).unwrap().section(1).unwrap().rest(), [1, 2]);
    for length in 0..good.len() {
        assert!(BinFile::read(&good[..length], "wtns", 2).is_err(), "{length}");
    }
    let read = |bytes: &[u8]| reason(BinFile::read(bytes, "wtns", 2));
    assert_eq!(read(&[&good[..], b"x"].concat()), "the wtns is longer than it says");
    assert_eq!(read(&file("zkey", 2, &[])), "the wtns is another kind of file");
    assert_eq!(read(&file("wtns", 1, &[])), "the wtns has version 1, not 2");
    assert_eq!(read(&file("wtns", 2, &vec![(1, vec![]); 65])), "the wtns has too many sections");
    let mut endless = good.clone();
    endless[16..24].fill(0xff);
    assert_eq!(read(&endless), "the wtns is cut off");
}

#[test]
fn a_section_is_there_once() {
    let twice = file("wtns", 2, &[(1, vec![]), (1, vec![])]);
    let twice = BinFile::read(&twice, "wtns", 2).unwrap();
    assert_eq!(reason(twice.section(1)), "the wtns has section 1 twice");
    assert_eq!(reason(twice.section(2)), "the wtns has no section 2");
}

#[test]
fn a_witness_has_as_many_values_as_it_says_all_below_the_modulus() {
    let witness = |count: u32, values: &[u8]| {
        file("wtns", 2, &[(1, [field(), numbers(&[count])].concat()), (2, values.to_vec())])
    };
    assert_eq!(wtns::read::<Fr>(&witness(2, &[0; 64])).unwrap(), [Fr::from(0); 2]);
    let wrong = "the wtns has another number of values than it says";
    for count in [0, 1, 3, u32::MAX] {
        assert_eq!(reason(wtns::read::<Fr>(&witness(count, &[0; 64]))), wrong);
    }
    let large = reason(wtns::read::<Fr>(&witness(1, &Fr::MODULUS.to_bytes_le())));
    assert_eq!(large, "the wtns has a value that is not below the modulus");
}

#[test]
fn a_circuit_of_four_thousand_million_terms_needs_their_bytes() {
    let header = [field(), numbers(&[2, 0, 1, 0, 0, 0, u32::MAX])].concat();
    for terms in [0, 1, u32::MAX] {
        let circuit = file("r1cs", 1, &[(1, header.clone()), (2, numbers(&[terms]))]);
        assert_eq!(reason(R1cs::<Fr>::read(&circuit)), "the r1cs is cut off");
    }
}

#[test]
fn a_circuit_names_only_wires_that_exist_and_no_custom_gates() {
    let header = |public| [field(), numbers(&[2, 0, public, 0, 0, 0, 1])].concat();
    let term = |wire: u32| [numbers(&[1, wire]), vec![0; 32], numbers(&[0, 0])].concat();
    let circuit = |wire| file("r1cs", 1, &[(1, header(1)), (2, term(wire))]);
    assert!(R1cs::<Fr>::read(&circuit(1)).is_ok());
    assert_eq!(reason(R1cs::<Fr>::read(&circuit(2))), "the r1cs has a term of a wire that does not exist");
    let public = file("r1cs", 1, &[(1, header(2)), (2, term(1))]);
    assert_eq!(reason(R1cs::<Fr>::read(&public)), "the r1cs has more public signals than wires");
    let gates = file("r1cs", 1, &[(1, header(1)), (2, term(1)), (4, numbers(&[1])), (5, vec![1])]);
    assert_eq!(reason(R1cs::<Fr>::read(&gates)), "the r1cs has custom gates, which Groth16 does not know");
}

#[test]
fn a_key_for_another_curve_is_refused() {
    assert!(Zkey::<Bn254>::read(BN254.zkey).is_ok());
    let reason = reason(Zkey::<Bls12_381>::read(BN254.zkey));
    assert_eq!(reason, "the zkey is for another curve than the verification key");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_changed_byte_of_a_zkey_gives_the_proof_or_an_error(at in 0..BN254.zkey.len(), byte in any::<u8>()) {
        let mut zkey = BN254.zkey.to_vec();
        zkey[at] = byte;
        if let Ok(output) = run(1, &[BN254.key, BN254.signals, &zkey, BN254.witness]) {
            prop_assert!(BN254.accepts(&output.proof));
        }
    }

    #[test]
    fn a_changed_number_of_a_zkeys_header_gives_the_proof_or_an_error(at in 24..200usize, number in any::<u32>()) {
        let mut zkey = BN254.zkey.to_vec();
        zkey[at..at + 4].copy_from_slice(&number.to_le_bytes());
        if let Ok(output) = run(1, &[BN254.key, BN254.signals, &zkey, BN254.witness]) {
            prop_assert!(BN254.accepts(&output.proof));
        }
    }

    #[test]
    fn a_changed_byte_of_witness_or_circuit_gives_the_proof_or_an_error(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (mut witness, mut circuit) = (BN254.witness.to_vec(), BN254.constraints.to_vec());
        *at.get_mut(&mut witness) = byte;
        *at.get_mut(&mut circuit) = byte;
        let _ = run(1, &[BN254.key, BN254.signals, BN254.zkey, &witness]);
        let _ = R1cs::<Fr>::read(&circuit);
    }

    #[test]
    fn any_bytes_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let named = |name: &[u8]| [name, &bytes].concat();
        prop_assert!(Zkey::<Bn254>::read(&named(b"zkey\x01\0\0\0")).is_err());
        prop_assert!(R1cs::<Fr>::read(&named(b"r1cs\x01\0\0\0")).is_err());
        prop_assert!(wtns::read::<Fr>(&named(b"wtns\x02\0\0\0")).is_err());
    }
}

#[test]
fn arkworks_key_cut_or_with_a_length_without_end_is_refused() {
    let keys = test_setup(BN254.constraints, [7; 32]).unwrap();
    let prove = |proving: &[u8]| run(1, &[&keys.verifying, BN254.signals, proving, BN254.witness, BN254.constraints]);
    assert!(prove(&keys.proving).is_ok());
    assert!(prove(&[&keys.proving[..], b"\0"].concat()).is_err());
    for at in (0..keys.proving.len() - 8).step_by(64) {
        assert!(prove(&keys.proving[..at]).is_err());
    }
    // Every length in the key, and much else, in turn.
    for at in (0..keys.proving.len() - 8).step_by(8) {
        let mut endless = keys.proving.clone();
        endless[at..at + 8].fill(0xff);
        // Where a point is at infinity its coordinates do not count.
        if let Ok(output) = prove(&endless) {
            assert!(accepts(&keys.verifying, BN254.signals, &output.proof), "{at}");
        }
    }
}
