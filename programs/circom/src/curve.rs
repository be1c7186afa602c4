//! The two curves of circom and snarkjs, and how numbers are spelled.

use ark_bls12_381::Bls12_381;
use ark_bn254::Bn254;
use ark_ec::{
    AffineRepr,
    pairing::Pairing,
    short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::PrimeField;

/// A curve by the name that snarkjs gives it.
pub trait Curve: Pairing<G1Affine: Point, G2Affine: Point> {
    /// What stands under `curve` in keys and proofs.
    const NAME: &str;
}

impl Curve for Bn254 {
    const NAME: &str = "bn128";
}

impl Curve for Bls12_381 {
    const NAME: &str = "bls12381";
}

/// A point by its coordinates.
pub trait Point: AffineRepr {
    /// The point with these coordinates, if it is on the curve and in the group of prime order.
    fn checked(x: Self::BaseField, y: Self::BaseField) -> Option<Self>;

    /// The point with these coordinates, whatever it is.
    fn unchecked(x: Self::BaseField, y: Self::BaseField) -> Self;
}

impl<P: SWCurveConfig> Point for Affine<P> {
    fn checked(x: P::BaseField, y: P::BaseField) -> Option<Self> {
        let point = Self::new_unchecked(x, y);
        // The second is free where every point of the curve is in the group, as in G1 of BN254.
        (point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()).then_some(point)
    }

    fn unchecked(x: P::BaseField, y: P::BaseField) -> Self {
        Self::new_unchecked(x, y)
    }
}

/// Reads a number in its one spelling: decimal digits, no leading zero, below the modulus.
pub(crate) fn number<F: PrimeField>(text: &str) -> Option<F> {
    let digits = text.as_bytes();
    let canonical = digits == b"0" || digits.first().is_some_and(|first| *first != b'0');
    let legible = digits.len() <= DIGITS_MAX && digits.iter().all(u8::is_ascii_digit);
    // The last step refuses the modulus and more.
    if canonical && legible { F::from_bigint(integer::<F>(digits)?) } else { None }
}

/// More digits than any modulus here has.
const DIGITS_MAX: usize = 120;

/// Digits that are multiplied in at once: 10¹⁹ is below 2⁶⁴.
const CHUNK: usize = 19;

/// The integer, if it fits.
fn integer<F: PrimeField>(digits: &[u8]) -> Option<F::BigInt> {
    let mut limbs = F::BigInt::default();
    let (first, rest) = digits.split_at(digits.len() % CHUNK);
    for chunk in std::iter::once(first).chain(rest.chunks(CHUNK)) {
        let mut carry = chunk.iter().fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let scale = 10u64.pow(chunk.len() as u32);
        for limb in limbs.as_mut() {
            let sum = u128::from(*limb) * u128::from(scale) + u128::from(carry);
            (*limb, carry) = (sum as u64, (sum >> 64) as u64);
        }
        if carry != 0 {
            return None;
        }
    }
    Some(limbs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bls12_381::Fq;
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, BigInteger};
    use proptest::prelude::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(number::<Fr>("0"), Some(Fr::ZERO));
        assert_eq!(number::<Fr>("12345678901234567890123"), Some(Fr::from(12_345_678_901_234_567_890_123u128)));
        for text in ["", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "１", "1\0"] {
            assert_eq!(number::<Fr>(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_modulus_and_more_are_refused() {
        let mut modulus = Fr::MODULUS;
        assert_eq!(number::<Fr>(&modulus.to_string()), None);
        modulus.sub_with_borrow(&1u64.into());
        assert_eq!(number::<Fr>(&modulus.to_string()), Some(-Fr::from(1)));
        for digits in [77, 78, 79, 119, 120, 121, 100_000] {
            assert_eq!(number::<Fr>(&"9".repeat(digits)), None, "{digits}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(bytes in any::<[u8; 48]>()) {
            let (scalar, coordinate) = (Fr::from_le_bytes_mod_order(&bytes), Fq::from_le_bytes_mod_order(&bytes));
            prop_assert_eq!(number(&scalar.to_string()), Some(scalar));
            prop_assert_eq!(number(&coordinate.to_string()), Some(coordinate));
        }

        #[test]
        fn any_text_that_is_read_is_what_is_printed(text in "[0-9]{0,80}") {
            if let Some(scalar) = number::<Fr>(&text) {
                prop_assert_eq!(scalar.to_string(), text);
            }
        }
    }
}
