//! The proof by arkworks' own proving key, which knows nothing of the circuit: its constraints come beside it.

use super::{Secret, r1cs::R1cs};
use crate::{
    curve::Curve,
    snarkjs::{Proof, VerifyingKey},
};
use ark_groth16::{Groth16, ProvingKey};
use ark_serialize::CanonicalDeserialize;
use program::Error;

/// Makes the proof. `witness` begins with one and the signals.
pub(super) fn prove<E: Curve>(
    key: &VerifyingKey<E>,
    proving_key: &[u8],
    circuit: &R1cs<E::ScalarField>,
    witness: &[E::ScalarField],
    Secret { r, s }: Secret<E::ScalarField>,
) -> Result<Proof<E>, Error> {
    let proving_key = read::<E>(proving_key).ok_or("malformed proving key: neither a zkey nor arkworks'")?;
    if verifying_key(&proving_key) != *key {
        return Err(Error::new("the proving key belongs to another verification key"));
    }
    if !fits(&proving_key, circuit, witness.len()) {
        return Err(Error::new("proving key, r1cs and witness are not for one circuit"));
    }
    let constraints = circuit.matrices[0].len();
    let public = key.ic.len();
    let proof = Groth16::<E>::create_proof_with_reduction_and_matrices(
        &proving_key,
        r,
        s,
        &circuit.matrices,
        public,
        constraints,
        witness,
    );
    let proof = proof.map_err(|error| Error::new(format!("no proof: {error}")))?;
    Ok(Proof { a: proof.a, b: proof.b, c: proof.c })
}

/// The points stay unchecked: what comes out is checked, and a million checks take longer than the proof.
fn read<E: Curve>(mut bytes: &[u8]) -> Option<ProvingKey<E>> {
    let key = ProvingKey::deserialize_uncompressed_unchecked(&mut bytes).ok()?;
    bytes.is_empty().then_some(key)
}

/// The verification key in arkworks' key.
pub fn verifying_key<E: Curve>(key: &ProvingKey<E>) -> VerifyingKey<E> {
    let inner = &key.vk;
    VerifyingKey {
        alpha: inner.alpha_g1,
        beta: inner.beta_g2,
        gamma: inner.gamma_g2,
        delta: inner.delta_g2,
        ic: inner.gamma_abc_g1.clone(),
    }
}

/// Whether all three have as many variables, and the circuit the signals of the key.
fn fits<E: Curve>(key: &ProvingKey<E>, circuit: &R1cs<E::ScalarField>, variables: usize) -> bool {
    let private = variables.checked_sub(key.vk.gamma_abc_g1.len());
    let found = [circuit.variables, key.a_query.len(), key.b_g1_query.len(), key.b_g2_query.len()];
    found == [variables; 4] && private == Some(key.l_query.len()) && circuit.public + 1 == key.vk.gamma_abc_g1.len()
}
