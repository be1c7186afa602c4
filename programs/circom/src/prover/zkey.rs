//! `.zkey`: snarkjs' proving key of Groth16, with the parts of the circuit that a prover needs.
//!
//! | section | holds |
//! | --- | --- |
//! | 1 | the protocol: 1 for Groth16 |
//! | 2 | size and modulus of both fields, variables, public signals, size of the domain, then α₁ β₁ β₂ γ₂ δ₁ δ₂ |
//! | 3 | a point of G1 for the constant and each signal |
//! | 4 | the terms of A and B: matrix (0 or 1), row, variable (`u32` each), coefficient |
//! | 5, 6, 7 | for each variable a point of A in G1, of B in G1, of B in G2 |
//! | 8 | for each variable that is not public a point of C |
//! | 9 | for each place of the domain a point of H |
//!
//! Coordinates are in Montgomery form, coefficients twice so; a point at infinity is zeros. The rows that make the public
//! signals independent are among the terms. The size of a file bounds what is allocated: two numbers of the domain's size,
//! which has a point each, and one section's points at a time.

use super::{
    Secret,
    binfile::{BinFile, Reader, number, width},
    reduction::{Rows, quotient},
};
use crate::{
    curve::{Curve, Point},
    snarkjs::{Proof, VerifyingKey},
};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{Field, PrimeField};
use program::Error;
use rayon::prelude::*;

const NAME: &str = "zkey";
const GROTH16: u32 = 1;

/// Whether these bytes begin as a zkey does.
pub fn is_zkey(bytes: &[u8]) -> bool {
    bytes.starts_with(NAME.as_bytes())
}

/// A key whose sections have the right sizes; the points in them are still bytes.
pub struct Zkey<'a, E: Curve> {
    key: VerifyingKey<E>,
    beta: E::G1Affine,
    delta: E::G1Affine,
    variables: usize,
    domain: usize,
    terms: Reader<'a>,
    a: &'a [u8],
    b_g1: &'a [u8],
    b_g2: &'a [u8],
    c: &'a [u8],
    h: &'a [u8],
}

impl<'a, E: Curve> Zkey<'a, E> {
    /// Cuts a key up.
    ///
    /// # Errors
    ///
    /// When the file is damaged, for another curve or another protocol.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let file = BinFile::read(bytes, NAME, 1)?;
        let mut header = file.section(1)?;
        if header.u32()? != GROTH16 {
            return Err(header.error("is not for Groth16"));
        }
        let mut header = file.section(2)?;
        header.field::<E::BaseField>()?;
        header.field::<E::ScalarField>()?;
        let (variables, public, domain) = (header.count()?, header.count()?, header.count()?);
        let private = variables.checked_sub(public).and_then(|rest| rest.checked_sub(1));
        let private = private.ok_or_else(|| header.error("has more public signals than variables"))?;
        if !domain.is_power_of_two() {
            return Err(header.error("has a domain that is no power of two"));
        }
        let (g1, g2) = (bytes_of::<E::G1Affine>(), bytes_of::<E::G2Affine>());
        let (alpha, beta, beta_2) = (one(&mut header)?, one(&mut header)?, one(&mut header)?);
        let (gamma, delta, delta_2) = (one(&mut header)?, one(&mut header)?, one(&mut header)?);
        header.end()?;
        let ic = points(sized(&file, 3, public.saturating_add(1), g1)?)?;
        Ok(Self {
            key: VerifyingKey { alpha, beta: beta_2, gamma, delta: delta_2, ic },
            beta,
            delta,
            variables,
            domain,
            terms: file.section(4)?,
            a: sized(&file, 5, variables, g1)?,
            b_g1: sized(&file, 6, variables, g1)?,
            b_g2: sized(&file, 7, variables, g2)?,
            c: sized(&file, 8, private, g1)?,
            h: sized(&file, 9, domain, g1)?,
        })
    }

    /// The verification key in it.
    pub fn verifying_key(&self) -> &VerifyingKey<E> {
        &self.key
    }

    /// The proof, by the formulas of Groth's paper. `witness` begins with one and the signals.
    pub(super) fn prove(
        &self,
        key: &VerifyingKey<E>,
        witness: &[E::ScalarField],
        Secret { r, s }: Secret<E::ScalarField>,
    ) -> Result<Proof<E>, Error> {
        if self.key != *key {
            return Err(Error::new("the zkey belongs to another verification key"));
        }
        if self.variables != witness.len() {
            let (wanted, found) = (self.variables, witness.len());
            return Err(Error::new(format!("the zkey is for {wanted} variables, the witness has {found}")));
        }
        let quotient = integers(&quotient(self.rows(witness)?)?);
        let witness = integers(witness);
        let private = witness.get(key.ic.len()..).unwrap_or_default();
        let a = sum::<E::G1Affine>(self.a, &witness)? + key.alpha + self.delta * r;
        let b = sum::<E::G2Affine>(self.b_g2, &witness)? + key.beta + key.delta * s;
        let b_g1 = sum::<E::G1Affine>(self.b_g1, &witness)? + self.beta + self.delta * s;
        let hidden = sum::<E::G1Affine>(self.c, private)? + sum::<E::G1Affine>(self.h, &quotient)?;
        let c = hidden + a * s + b_g1 * r - self.delta * (r * s);
        Ok(Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() })
    }

    /// A and B times the witness.
    fn rows(&self, witness: &[E::ScalarField]) -> Result<Rows<E::ScalarField>, Error> {
        let mut terms = self.terms;
        let (count, term) = (terms.count()?, 12usize.saturating_add(width::<E::ScalarField>()));
        if Some(terms.rest().len()) != count.checked_mul(term) {
            return Err(terms.error("has another number of terms than it says"));
        }
        let zeros = vec![E::ScalarField::from(0u64); self.domain];
        let mut rows = [zeros.clone(), zeros];
        for _ in 0..count {
            let (matrix, row, variable) = (terms.count()?, terms.count()?, terms.count()?);
            let coefficient: Option<E::ScalarField> = number(terms.take(width::<E::ScalarField>())?);
            let place = rows.get_mut(matrix).and_then(|matrix| matrix.get_mut(row));
            match (place, coefficient, witness.get(variable)) {
                (Some(place), Some(coefficient), Some(value)) => *place += coefficient * value,
                _ => return Err(terms.error("has a term that does not exist")),
            }
        }
        let factor = from_montgomery::<E::ScalarField>().square();
        rows.par_iter_mut().flatten().for_each(|place| *place *= factor);
        let [a, b] = rows;
        Ok(Rows { a, b })
    }
}

fn integers<F: PrimeField>(numbers: &[F]) -> Vec<F::BigInt> {
    numbers.par_iter().map(|number| number.into_bigint()).collect()
}

/// The sum of the points, each times its number.
fn sum<P: Point>(bytes: &[u8], numbers: &[<P::ScalarField as PrimeField>::BigInt]) -> Result<P::Group, Error>
where
    P::Group: VariableBaseMSM<MulBase = P>,
{
    Ok(P::Group::msm_bigint(&points(bytes)?, numbers))
}

/// The bytes of a point.
fn bytes_of<P: Point>() -> usize {
    2 * coordinate_bytes::<P>()
}

fn coordinate_bytes<P: Point>() -> usize {
    P::BaseField::extension_degree() as usize * width::<Prime<P>>()
}

type Prime<P> = <<P as AffineRepr>::BaseField as Field>::BasePrimeField;

/// The next point.
fn one<P: Point>(reader: &mut Reader<'_>) -> Result<P, Error> {
    let points: Vec<P> = points(reader.take(bytes_of::<P>())?)?;
    points.first().copied().ok_or_else(|| reader.error("is cut off"))
}

/// All points, one after the other. Whether they are on the curve shows in the proof.
fn points<P: Point>(bytes: &[u8]) -> Result<Vec<P>, Error> {
    let factor = from_montgomery();
    let points: Option<_> = bytes.par_chunks_exact(bytes_of::<P>()).map(|bytes| point(bytes, factor)).collect();
    points.ok_or_else(|| Error::new("the zkey has a coordinate that is not below the modulus"))
}

fn point<P: Point>(bytes: &[u8], factor: Prime<P>) -> Option<P> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(P::zero());
    }
    let coordinate = |bytes: &[u8]| {
        let parts = bytes.chunks_exact(width::<Prime<P>>());
        P::BaseField::from_base_prime_field_elems(parts.map_while(|part| Some(number::<Prime<P>>(part)? * factor)))
    };
    let (x, y) = bytes.split_at_checked(coordinate_bytes::<P>())?;
    Some(P::unchecked(coordinate(x)?, coordinate(y)?))
}

/// What a number in Montgomery form is multiplied with to get the number: two to the power of minus its bits.
fn from_montgomery<F: PrimeField>() -> F {
    let bits = 8 * width::<F>() as u64;
    F::from(2u64).pow([bits]).inverse().unwrap_or_default()
}

/// The section with this many points.
fn sized<'a>(file: &BinFile<'a>, kind: u32, count: usize, bytes: usize) -> Result<&'a [u8], Error> {
    let section = file.section(kind)?.rest();
    if Some(section.len()) != count.checked_mul(bytes) {
        return Err(Error::new(format!("the zkey's section {kind} has another size than the header says")));
    }
    Ok(section)
}
