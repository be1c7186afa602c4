//! From rows to the quotient, as circom's set-up wants it.
//!
//! The product of A and B less C vanishes on the domain. Where snarkjs differs from the paper: its points of H are for the
//! values of that polynomial on a coset of the domain, moved by a root of twice the order, where what it is divided by is a
//! constant that is already in the points. So nothing is divided here, and C is needed on the domain only, where it is the
//! product of A and B if the witness satisfies the circuit.

use ark_ff::{LegendreSymbol, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use program::Error;
use rayon::prelude::*;

/// A and B times the witness: a number for each place of the domain.
pub struct Rows<F> {
    pub a: Vec<F>,
    pub b: Vec<F>,
}

/// The values on the coset. The lengths are one power of two.
pub fn quotient<F: PrimeField>(Rows { mut a, mut b }: Rows<F>) -> Result<Vec<F>, Error> {
    let (domain, coset) = domains::<F>(a.len()).ok_or("the zkey's domain is too large for the field")?;
    let mut c: Vec<F> = a.par_iter().zip(&b).map(|(a, b)| *a * b).collect();
    for values in [&mut a, &mut b, &mut c] {
        domain.ifft_in_place(values);
        coset.fft_in_place(values);
    }
    a.par_iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = *a * b - c);
    Ok(a)
}

/// The domain of this size, and the coset.
fn domains<F: PrimeField>(size: usize) -> Option<(Radix2EvaluationDomain<F>, Radix2EvaluationDomain<F>)> {
    let log = size.checked_ilog2()?;
    let domain = with_generator(Radix2EvaluationDomain::new(size)?, root(log)?)?;
    Some((domain, domain.get_coset(root(log.checked_add(1)?)?)?))
}

/// The same domain in the order that this generator gives it.
fn with_generator<F: PrimeField>(domain: Radix2EvaluationDomain<F>, generator: F) -> Option<Radix2EvaluationDomain<F>> {
    Some(Radix2EvaluationDomain { group_gen: generator, group_gen_inv: generator.inverse()?, ..domain })
}

/// The root of unity of order `2^log` that snarkjs takes: a power of the smallest number that is no square. arkworks has
/// another one for BLS12-381.
fn root<F: PrimeField>(log: u32) -> Option<F> {
    let squarings = F::TWO_ADICITY.checked_sub(log)?;
    let odd = (2u64..100).map(F::from).find(|number| number.legendre() == LegendreSymbol::QuadraticNonResidue)?;
    let mut root = odd.pow(F::TRACE);
    for _ in 0..squarings {
        root.square_in_place();
    }
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bls12_381::Fr as Other;
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, FftField, Field};

    #[test]
    fn a_root_has_its_order() {
        for log in [0, 1, 5, 28] {
            let root: Fr = root(log).unwrap();
            assert_eq!(root.pow([1 << log]), Fr::ONE);
            assert!(log == 0 || root.pow([1 << (log - 1)]) == -Fr::ONE);
        }
        assert_eq!(root::<Fr>(29), None);
        assert_eq!(root::<Fr>(28), Some(Fr::TWO_ADIC_ROOT_OF_UNITY));
        assert_ne!(root::<Other>(32), Some(Other::TWO_ADIC_ROOT_OF_UNITY));
    }

    #[test]
    fn rows_that_are_their_own_product_everywhere_leave_nothing() {
        let ones = vec![Fr::ONE; 8];
        assert_eq!(quotient(Rows { a: ones.clone(), b: ones }).unwrap(), [Fr::ZERO; 8]);
    }
}
