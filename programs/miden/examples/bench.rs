//! What the three examples cost: proving, verifying natively, and verifying in WebAssembly as a node does.
//!
//! ```text
//! cd programs && cargo run --release -p miden --example bench
//! ```
//!
//! The second half runs in the workspace of the node, which cargo builds first: there is the executor. It takes the
//! committed verifier.

use miden::{program_hash, prove, verify};
use program::{
    Output,
    rehearsal::{self, Rehearsal},
};
use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 20;

/// A program with its inputs.
struct Example {
    name: &'static str,
    source: &'static [u8],
    stack: &'static [u8],
    advice: &'static [u8],
}

const EXAMPLES: [Example; 3] = [
    Example {
        name: "fibonacci",
        source: include_bytes!("../masm/fibonacci.masm"),
        stack: include_bytes!("../masm/fibonacci.stack.json"),
        advice: b"{}",
    },
    Example {
        name: "sha256",
        source: include_bytes!("../masm/sha256.masm"),
        stack: include_bytes!("../masm/sha256.stack.json"),
        advice: include_bytes!("../masm/sha256.advice.json"),
    },
    Example {
        name: "merkle",
        source: include_bytes!("../masm/merkle.masm"),
        stack: include_bytes!("../masm/merkle.stack.json"),
        advice: include_bytes!("../masm/merkle.advice.json"),
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(out, "example      prove  proof bytes  native verify  WebAssembly  ratio        fuel")?;
    for example in EXAMPLES {
        let hash = program_hash(example.source)?;
        let start = Instant::now();
        let output = Rehearsal::new(1).prove(prove, b"", &[&hash, example.stack, example.source, example.advice])?;
        let proving = start.elapsed();
        let native = shortest(|| rehearsal::verify(verify, &output, &[&hash, example.stack]))?;
        let (wasm, fuel) = in_webassembly(&example, &hash, &output)?;
        let ratio = wasm.as_secs_f64() / native.as_secs_f64();
        let (name, bytes) = (example.name, output.proof.len());
        writeln!(out, "{name:9} {proving:>8.2?} {bytes:>12} {native:>14.2?} {wasm:>12.2?} {ratio:>6.1} {fuel:>11}")?;
    }
    Ok(())
}

/// The shortest time of a few rounds.
fn shortest(accepts: impl Fn() -> bool) -> Result<Duration, &'static str> {
    let mut shortest = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        if !accepts() {
            return Err("a proof is refused");
        }
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}

/// Time and fuel of the committed verifier in the executor.
fn in_webassembly(example: &Example, hash: &[u8], output: &Output) -> Result<(Duration, u64), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::temp_dir().join(format!("lemma-bench-{}-{}", std::process::id(), example.name));
    fs::create_dir_all(&folder)?;
    let files =
        [("proof", &output.proof[..]), ("public", &output.public_values), ("hash", hash), ("stack", example.stack)];
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    for (path, (_, bytes)) in paths.iter().zip(files) {
        fs::write(path, bytes)?;
    }
    let run = Command::new("cargo")
        .args(["run", "--quiet", "--package", "executor", "--features", "wasm", "--example", "verify", "--"])
        .arg("programs/artifacts/miden/verifier.wasm")
        .args(&paths)
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    fs::remove_dir_all(&folder)?;
    let printed = String::from_utf8(run.stdout)?;
    let (micros, fuel) = printed.trim().split_once(' ').ok_or("the verifier did not run")?;
    Ok((Duration::from_micros(micros.parse()?), fuel.parse()?))
}
