//! Runs a verifier as nodes do, a few times, and prints the shortest time in microseconds and the fuel.
//!
//! ```text
//! cargo run -p executor --features wasm --example verify -- verifier.wasm PROOF PUBLIC-VALUES STATEMENT-INPUT…
//! ```

use std::{
    error::Error,
    fs,
    io::{self, Write},
    time::{Duration, Instant},
};

use executor::{Executor, Sections, Settings, Verdict, VerifierLimits, VerifyJob};

const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<Vec<u8>> = std::env::args().skip(1).map(fs::read).collect::<Result<_, _>>()?;
    let [artifact, proof, public_values, inputs @ ..] = files.as_slice() else {
        return Err("arguments: verifier, proof, public values, inputs of the statement".into());
    };
    let cache = tempfile::tempdir()?;
    let executor = Executor::new(cache.path(), Settings::default())?;
    let (mut shortest, mut fuel) = (Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let input = Sections::of_verifier(proof, public_values, inputs.iter().map(Vec::as_slice));
        let start = Instant::now();
        let verification = executor.verify(&VerifyJob { artifact, input, limits: VerifierLimits::default() });
        shortest = shortest.min(start.elapsed());
        fuel = verification.fuel;
        if verification.verdict != Verdict::Valid {
            return Err(format!("{verification:?}").into());
        }
    }
    Ok(writeln!(io::stdout(), "{} {fuel}", shortest.as_micros())?)
}
