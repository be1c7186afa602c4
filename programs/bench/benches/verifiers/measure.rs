//! Pairs of measurements, and what they say.

use crate::{Result, cases::Case};
use executor::{Executor, Sections, Verdict, VerifierLimits, VerifyJob};
use program::rehearsal;
use std::{fmt, time::Instant};

/// Milliseconds of one verifier natively and in the sandbox, measured in turns.
pub struct Pairs {
    native: Vec<f64>,
    sandboxed: Vec<f64>,
    fuel: u64,
}

/// Measures so many pairs, after one that warms up.
pub fn pairs(case: &Case, executor: &Executor, artifact: &[u8], count: usize) -> Result<Pairs> {
    let mut pairs = Pairs { native: Vec::new(), sandboxed: Vec::new(), fuel: sandboxed(case, executor, artifact)?.1 };
    native(case)?;
    for pair in 0..count {
        // Whoever goes first finds another machine: take turns.
        if pair % 2 == 0 {
            pairs.native.push(native(case)?);
            pairs.sandboxed.push(sandboxed(case, executor, artifact)?.0);
        } else {
            pairs.sandboxed.push(sandboxed(case, executor, artifact)?.0);
            pairs.native.push(native(case)?);
        }
    }
    Ok(pairs)
}

fn native(case: &Case) -> Result<f64> {
    let inputs = case.inputs();
    let start = Instant::now();
    if !rehearsal::verify(case.verify, &case.output, &inputs) {
        return Err(format!("{}: the proof is not accepted natively", case.name).into());
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Time and fuel.
fn sandboxed(case: &Case, executor: &Executor, artifact: &[u8]) -> Result<(f64, u64)> {
    let start = Instant::now();
    let input = Sections::of_verifier(&case.output.proof, &case.output.public_values, case.inputs());
    let verification = executor.verify(&VerifyJob { artifact, input, limits: VerifierLimits::default() });
    let ms = start.elapsed().as_secs_f64() * 1000.0;
    match verification.verdict {
        Verdict::Valid => Ok((ms, verification.fuel)),
        verdict => Err(format!("{}: the proof is not accepted in the sandbox: {verdict:?}", case.name).into()),
    }
}

/// Medians of both, of their ratio, the interval of the latter, and the fuel.
impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios = self.native.iter().zip(&self.sandboxed).map(|(native, sandboxed)| sandboxed / native);
        let [native, sandboxed] = [&self.native, &self.sandboxed].map(|times| interval(times.iter().copied()).1);
        let (low, ratio, high) = interval(ratios);
        write!(f, "{native:.2} ms | {sandboxed:.2} ms | {ratio:.2} | {low:.2} to {high:.2} | {}", self.fuel)
    }
}

/// The median, between the ends of the interval that holds the true one with a confidence of 95 % (by order statistics).
fn interval(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let margin = (0.98 * (values.len() as f64).sqrt()).ceil() as usize;
    let at = |index: usize| values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
    (at(middle.saturating_sub(margin)), at(middle), at(middle + margin))
}
