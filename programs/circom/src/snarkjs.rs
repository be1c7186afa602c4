//! The JSON of snarkjs: verification keys, public signals and proofs.
//!
//! Points are projective there, with the last coordinate one; the point at infinity is `["0", "1", "0"]`. It is read in
//! the points for the signals alone: elsewhere it would unbind what the point is to bind.

use crate::curve::{Curve, Point, number};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_ff::{Field, PrimeField};
use serde::{Deserialize, Serialize};

/// What stands under `protocol`.
const PROTOCOL: &str = "groth16";

/// A point of G1 as it is written.
type G1Text<T> = [T; 3];
/// A point of G2: each coordinate is two numbers, the real part first.
type G2Text<T> = [[T; 2]; 3];

/// `verification_key.json` as it is written, before a number of it is looked at. What is not needed is passed over, such as
/// `vk_alphabeta_12`.
#[derive(Deserialize)]
pub struct KeyText<'a> {
    protocol: &'a str,
    curve: &'a str,
    #[serde(rename = "nPublic")]
    public: usize,
    #[serde(borrow)]
    vk_alpha_1: G1Text<&'a str>,
    vk_beta_2: G2Text<&'a str>,
    vk_gamma_2: G2Text<&'a str>,
    vk_delta_2: G2Text<&'a str>,
    #[serde(rename = "IC")]
    ic: Vec<G1Text<&'a str>>,
}

/// A verification key, every point checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey<E: Pairing> {
    /// α.
    pub alpha: E::G1Affine,
    /// β.
    pub beta: E::G2Affine,
    /// γ.
    pub gamma: E::G2Affine,
    /// δ.
    pub delta: E::G2Affine,
    /// The constant, and a point for each signal.
    pub ic: Vec<E::G1Affine>,
}

impl<'a> KeyText<'a> {
    /// Reads `verification_key.json` of Groth16.
    pub fn read(json: &'a [u8]) -> Option<Self> {
        let text: Self = serde_json::from_slice(json).ok()?;
        (text.protocol == PROTOCOL && text.public.checked_add(1) == Some(text.ic.len())).then_some(text)
    }

    /// The curve's name.
    pub fn curve(&self) -> &'a str {
        self.curve
    }

    /// How many signals the key is for.
    pub fn signals(&self) -> usize {
        self.public
    }

    /// The key, if all is canonical, on the curve and in the groups.
    pub fn check<E: Curve>(&self) -> Option<VerifyingKey<E>> {
        let signal = |text: &G1Text<&str>| if *text == ["0", "1", "0"] { Some(E::G1Affine::zero()) } else { g1(text) };
        Some(VerifyingKey {
            alpha: g1(&self.vk_alpha_1)?,
            beta: g2(&self.vk_beta_2)?,
            gamma: g2(&self.vk_gamma_2)?,
            delta: g2(&self.vk_delta_2)?,
            ic: self.ic.iter().map(signal).collect::<Option<_>>()?,
        })
    }
}

/// The public signals of a statement: outputs of the circuit, then its public inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals<F>(pub Vec<F>);

impl<F: PrimeField> Signals<F> {
    /// Reads `public.json`: an array of decimal strings.
    pub fn read(json: &[u8]) -> Option<Self> {
        let texts: Vec<&str> = serde_json::from_slice(json).ok()?;
        texts.into_iter().map(number).collect::<Option<_>>().map(Self)
    }

    /// What [`Self::read`] reads.
    pub fn write(&self) -> Vec<u8> {
        json(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>())
    }
}

/// A proof, every point checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof<E: Pairing> {
    /// A.
    pub a: E::G1Affine,
    /// B.
    pub b: E::G2Affine,
    /// C.
    pub c: E::G1Affine,
}

/// `proof.json` as it is written.
#[derive(Serialize, Deserialize)]
struct ProofText<'a, T> {
    pi_a: G1Text<T>,
    pi_b: G2Text<T>,
    pi_c: G1Text<T>,
    protocol: &'a str,
    curve: &'a str,
}

impl<E: Curve> Proof<E> {
    /// Reads `proof.json` of Groth16 over this curve.
    pub fn read(json: &[u8]) -> Option<Self> {
        let text: ProofText<'_, &str> = serde_json::from_slice(json).ok()?;
        if text.protocol != PROTOCOL || text.curve != E::NAME {
            return None;
        }
        Some(Self { a: g1(&text.pi_a)?, b: g2(&text.pi_b)?, c: g1(&text.pi_c)? })
    }

    /// What [`Self::read`] reads. No point is at infinity, or it will not.
    pub fn write(&self) -> Vec<u8> {
        json(&ProofText {
            pi_a: g1_text(&self.a),
            pi_b: g2_text(&self.b),
            pi_c: g1_text(&self.c),
            protocol: PROTOCOL,
            curve: E::NAME,
        })
    }
}

/// What [`KeyText::read`] reads; snarkjs reads it too.
pub fn write_key<E: Curve>(key: &VerifyingKey<E>) -> Vec<u8> {
    json(&serde_json::json!({
        "protocol": PROTOCOL,
        "curve": E::NAME,
        "nPublic": key.ic.len().saturating_sub(1),
        "vk_alpha_1": g1_text(&key.alpha),
        "vk_beta_2": g2_text(&key.beta),
        "vk_gamma_2": g2_text(&key.gamma),
        "vk_delta_2": g2_text(&key.delta),
        "IC": key.ic.iter().map(g1_text).collect::<Vec<_>>(),
    }))
}

/// Nothing that is written here can fail to be written; if it did, nobody would accept no bytes.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn g1<P: Point<BaseField: PrimeField>>([x, y, z]: &G1Text<&str>) -> Option<P> {
    if *z != "1" {
        return None;
    }
    P::checked(number(x)?, number(y)?)
}

fn g2<P: Point>([x, y, z]: &G2Text<&str>) -> Option<P> {
    let coordinate =
        |[real, imaginary]: &[&str; 2]| P::BaseField::from_base_prime_field_elems([number(real)?, number(imaginary)?]);
    if *z != ["1", "0"] {
        return None;
    }
    P::checked(coordinate(x)?, coordinate(y)?)
}

fn g1_text<P: AffineRepr>(point: &P) -> G1Text<String> {
    match point.xy() {
        Some((x, y)) => [x.to_string(), y.to_string(), "1".into()],
        None => ["0", "1", "0"].map(String::from),
    }
}

fn g2_text<P: AffineRepr>(point: &P) -> G2Text<String> {
    let coordinate = |coordinate: P::BaseField| {
        let mut parts = coordinate.to_base_prime_field_elements().map(|part| part.to_string());
        [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()]
    };
    match point.xy() {
        Some((x, y)) => [coordinate(x), coordinate(y), ["1", "0"].map(String::from)],
        None => [["0", "0"], ["1", "0"], ["0", "0"]].map(|part| part.map(String::from)),
    }
}
