//! The constraints: satisfied by a true chain, by nothing else, and as many as there should be.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal};
use groth16_poseidon::{Chain, poseidon::Parameters};

/// Constraints of one hash: 15 S-boxes in full rounds (the first one of the capacity is a constant), 56 in partial
/// rounds, three constraints each, and seven pins.
const PER_HASH: usize = (15 + 56) * 3 + 7;
/// The length is the circuit's, the digest is the chain's end.
const FIXED: usize = 2;

fn laid_out(circuit: Chain) -> ConstraintSystemRef<Fr> {
    let system = ConstraintSystem::new_ref();
    system.set_optimization_goal(OptimizationGoal::Constraints);
    circuit.generate_constraints(system.clone()).unwrap();
    system.finalize();
    system
}

fn true_chain(length: u32) -> Chain {
    let preimage = Fr::from(2026u64);
    Chain { length, digest: Parameters::derive().chain(preimage, length), preimage: Some(preimage) }
}

#[test]
fn a_true_chain_satisfies_it() {
    for length in [1, 2, 16] {
        assert!(laid_out(true_chain(length)).is_satisfied().unwrap(), "{length}");
    }
}

#[test]
fn another_end_start_or_length_does_not() {
    let chain = true_chain(4);
    let wrong = [
        Chain { digest: chain.digest + Fr::ONE, ..chain },
        Chain { digest: Fr::ZERO, ..chain },
        Chain { preimage: Some(Fr::ZERO), ..chain },
        Chain { length: 3, ..chain },
        Chain { length: 5, ..chain },
    ];
    for circuit in wrong {
        assert!(!laid_out(circuit).is_satisfied().unwrap(), "{circuit:?}");
    }
}

#[test]
fn changing_any_one_variable_breaks_it() {
    let system = laid_out(true_chain(1)).into_inner().unwrap();
    let inputs = system.assignments.instance_assignment.len();
    for index in 1..inputs + system.assignments.witness_assignment.len() {
        let mut changed = system.clone();
        let assignments = &mut changed.assignments;
        match index.checked_sub(inputs) {
            None => assignments.instance_assignment[index] += Fr::ONE,
            Some(index) => assignments.witness_assignment[index] += Fr::ONE,
        }
        assignments.lc_assignment.clear();
        assert!(!satisfied(&changed), "variable {index} is free");
    }
}

/// `(A·z) ∘ (B·z) = C·z`, from the matrices and nothing cached.
fn satisfied(system: &ConstraintSystem<Fr>) -> bool {
    let matrices = system.to_matrices().unwrap().remove("R1CS").unwrap();
    let z = [&system.assignments.instance_assignment[..], &system.assignments.witness_assignment].concat();
    let row = |terms: &[(Fr, usize)]| terms.iter().map(|(factor, index)| *factor * z[*index]).sum::<Fr>();
    (0..system.num_constraints()).all(|i| row(&matrices[0][i]) * row(&matrices[1][i]) == row(&matrices[2][i]))
}

#[test]
fn the_larger_chain_has_the_constraints_of_a_thousand_hashes() {
    let system = laid_out(true_chain(1000));
    assert!(system.is_satisfied().unwrap());
    assert_eq!(system.num_constraints(), 1000 * PER_HASH + FIXED, "constraints of 1000 hashes");
    assert_eq!(system.num_instance_variables(), 3, "one, length, digest");
    let matrices = system.to_matrices().unwrap().remove("R1CS").unwrap();
    let terms: usize = matrices.iter().flatten().map(Vec::len).sum();
    assert!(terms < 15 * system.num_constraints(), "{terms} terms: the linear combinations grow");
}
