//! The constraints: satisfied by proofs that the leaves' verifier accepts, by nothing else, and no variable is free.

use crate::common::{LEAVES, leaf_key};
use aggregate::{Aggregation, digest};
use ark_bls12_377::{Fq, Fr, G1Affine, G2Affine, g1, g2};
use ark_ec::{AffineRepr, CurveConfig, CurveGroup};
use ark_ff::{BitIteratorBE, Field, PrimeField};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal};
use std::collections::BTreeMap;

/// Most constraints of one leaf.
const PER_LEAF_MAX: usize = 40_000;

fn one_leaf() -> Aggregation {
    Aggregation { key: leaf_key(), leaves: vec![LEAVES[0].parts()] }
}

fn laid_out(circuit: Aggregation) -> Option<ConstraintSystemRef<Fq>> {
    let system = ConstraintSystem::new_ref();
    system.set_optimization_goal(OptimizationGoal::Constraints);
    circuit.generate_constraints(system.clone()).ok()?;
    system.finalize();
    Some(system)
}

fn holds(circuit: Aggregation) -> bool {
    laid_out(circuit).is_some_and(|system| system.is_satisfied().unwrap())
}

#[test]
fn a_proof_of_its_claim_satisfies_it() {
    let system = laid_out(one_leaf()).unwrap();
    assert!(system.is_satisfied().unwrap());
    assert_eq!(system.num_instance_variables(), 2, "one, hash");
    let two = Aggregation { key: leaf_key(), leaves: LEAVES.iter().map(crate::common::Leaf::parts).collect() };
    let more = laid_out(two).unwrap();
    assert!(more.is_satisfied().unwrap());
    assert!(more.num_constraints() - system.num_constraints() < PER_LEAF_MAX, "{}", more.num_constraints());
}

#[test]
fn another_claim_proof_or_key_does_not() {
    let (good, other) = (one_leaf(), LEAVES[1].parts());
    let with_leaf = |claim, proof| Aggregation { leaves: vec![(claim, proof)], ..good.clone() };
    let (claim, proof) = good.leaves[0].clone();
    assert!(!holds(with_leaf(other.0, proof.clone())));
    assert!(!holds(with_leaf(claim, other.1.clone())));
    assert!(!holds(with_leaf(claim + Fr::ONE, proof.clone())));
    let swapped = ark_groth16::Proof { a: proof.c, c: proof.a, ..proof };
    assert!(!holds(with_leaf(claim, swapped)));
    let mut key = leaf_key();
    key.gamma_abc_g1.swap(0, 1);
    assert!(!holds(Aggregation { key, ..good.clone() }));
}

#[test]
fn a_point_of_b_outside_its_group_does_not() {
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), true))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let mut circuit = one_leaf();
    // What the pairing cannot tell from the good point, if anything: the good one plus a point of another order.
    let strange = outside.mul_bigint(Fr::MODULUS).into_affine();
    assert!(!strange.is_zero());
    circuit.leaves[0].1.b = (circuit.leaves[0].1.b + strange).into_affine();
    assert!(!holds(circuit));
}

#[test]
fn points_at_infinity_do_not() {
    for change in [0, 1, 2] {
        let mut circuit = one_leaf();
        let proof = &mut circuit.leaves[0].1;
        match change {
            0 => proof.a = G1Affine::zero(),
            1 => proof.b = G2Affine::zero(),
            _ => proof.c = G1Affine::zero(),
        }
        assert!(!holds(circuit), "{change}");
    }
}

#[test]
fn the_library_clears_the_cofactor_of_g1_and_would_check_nothing_in_g2() {
    // It does so where the cofactor has fewer ones than the order; elsewhere its check is void: `circuit` has its own for G2.
    let ones = |limbs: &[u64]| BitIteratorBE::new(limbs).filter(|bit| *bit).count();
    let order = ones((-Fr::ONE).into_bigint().as_ref());
    assert!(ones(g1::Config::COFACTOR) < order);
    assert!(ones(g2::Config::COFACTOR) >= order, "the library checks G2 now: use that");
}

#[test]
fn the_hash_says_how_many_claims_there_are_which_and_in_which_order() {
    let (key, [one, two]) = (leaf_key(), [0, 1].map(|leaf: usize| LEAVES[leaf].parts().0));
    let zero = Fr::from(0u64);
    let lists =
        [vec![one], vec![two], vec![one, zero], vec![one, two], vec![two, one], vec![one, one], vec![one, two, zero]];
    let hashes: Vec<Fq> = lists.iter().map(|claims| digest(&key, claims)).collect();
    for (at, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..at].contains(hash), "{at}");
    }
    let mut other = key.clone();
    other.delta_g2 = other.gamma_g2;
    assert_ne!(digest(&other, &[one]), hashes[0]);
}

/// Variables that prove that two numbers differ, left over where two are found to be the same: four for each leaf in the
/// check of `B`, and twelve for the end of the pairing.
const LEFT_OVER: usize = 16;

#[test]
fn changing_any_one_variable_breaks_it_or_means_nothing() {
    let system = laid_out(one_leaf()).unwrap().into_inner().unwrap();
    let matrices = system.to_matrices().unwrap().remove("R1CS").unwrap();
    let z = [&system.assignments.instance_assignment[..], &system.assignments.witness_assignment].concat();
    let value = |terms: &Vec<(Fq, usize)>| terms.iter().map(|(by, index)| *by * z[*index]).sum::<Fq>();
    let rows: Vec<Vec<Fq>> = matrices.iter().map(|matrix| matrix.iter().map(value).collect()).collect();
    let row = |matrix: usize, at: usize| rows[matrix][at];
    // In which rows a variable is, of which matrix, and times what.
    let mut within = vec![Vec::new(); z.len()];
    for (number, matrix) in matrices.iter().enumerate() {
        for (at, terms) in matrix.iter().enumerate() {
            terms.iter().for_each(|(by, index)| within[*index].push((at, number, *by)));
        }
    }
    let is_free = |places: &[(usize, usize, Fq)]| {
        let mut changed = BTreeMap::<usize, [Fq; 3]>::new();
        for (at, number, by) in places {
            changed.entry(*at).or_insert_with(|| [0, 1, 2].map(|matrix| row(matrix, *at)))[*number] += by;
        }
        changed.values().all(|[a, b, c]| *a * b == *c)
    };
    let free: Vec<_> = within.iter().enumerate().skip(1).filter(|(_, places)| is_free(places)).collect();
    for (index, places) in &free {
        // It multiplies a zero, and nothing else knows it.
        let [(at, number @ (0 | 1), _)] = places[..] else { panic!("variable {index} is free") };
        assert_eq!(row(1 - number, at), Fq::from(0u64), "variable {index}");
    }
    assert_eq!(free.len(), LEFT_OVER);
}
