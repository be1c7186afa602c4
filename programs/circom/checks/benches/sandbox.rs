//! How long proofs take, natively and in the node's sandbox:
//!
//! ```console
//! $ cargo bench -- [FOLDER…]
//! ```
//!
//! Each folder is one that `setup.mjs` made; the fixtures are always measured. The verifier is the committed artifact,
//! compared with the same source compiled for this machine; the prover is native. Times are the fastest of several.

use circom::{prove, verify};
use executor::{Executor, Sections, Settings, Verdict, VerifierLimits, VerifyJob};
use program::{Host, Job, Limits, Statement};
use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often a verification is repeated.
const TIMES: usize = 20;
const PROGRAM: &str = env!("CARGO_MANIFEST_DIR");
const FIXTURES: [&str; 2] = ["../fixtures/product", "../fixtures/product-bls12381"];
const VERIFIER: &str = "../../artifacts/circom/verifier.wasm";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let verifier = fs::read(Path::new(PROGRAM).join(VERIFIER))?;
    let cache = tempfile::tempdir()?;
    let executor = Executor::new(cache.path(), Settings::default())?;
    let threads = thread::available_parallelism()?.get();
    let mut out = io::stdout();
    writeln!(out, "| circuit | prove, {threads} threads | verify natively | in WebAssembly | ratio | fuel |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
    let fixtures = FIXTURES.iter().map(|folder| Path::new(PROGRAM).join(folder));
    // cargo itself says `--bench`.
    let told = env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from);
    for folder in fixtures.chain(told) {
        let circuit = Circuit::read(&folder)?;
        let (proof, proving) = circuit.prove(threads)?;
        let native = circuit.verify_natively(&proof)?;
        let (sandboxed, fuel) = circuit.verify_sandboxed(&executor, &verifier, &proof)?;
        let ratio = sandboxed.as_secs_f64() / native.as_secs_f64();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(out, "| {name} | {proving:.2?} | {native:.2?} | {sandboxed:.2?} | {ratio:.2} | {fuel} |")?;
    }
    Ok(())
}

/// What a run of the program is given.
struct Circuit {
    key: Vec<u8>,
    signals: Vec<u8>,
    /// Proving key and witness, and the constraints if the key is arkworks'.
    witness: Vec<Vec<u8>>,
}

impl Circuit {
    fn read(folder: &Path) -> Result<Self> {
        let read =
            |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{}/{name}: {error}", folder.display()));
        let zkey = folder.join("circuit.zkey").exists();
        let names: &[&str] =
            if zkey { &["circuit.zkey", "witness.wtns"] } else { &["proving_key.bin", "witness.wtns", "circuit.r1cs"] };
        let witness = names.iter().map(|name| read(name)).collect::<std::result::Result<_, _>>()?;
        Ok(Self { key: read("verification_key.json")?, signals: read("public.json")?, witness })
    }

    fn prove(&self, threads: usize) -> Result<(Vec<u8>, Duration)> {
        let inputs = [&self.key, &self.signals].into_iter().chain(&self.witness).map(Vec::as_slice).collect();
        let machine = Machine { threads };
        let job = Job::new(b"", inputs, &machine);
        fastest(3, || Ok(prove(&job)?.proof))
    }

    fn verify_natively(&self, proof: &[u8]) -> Result<Duration> {
        let statement = Statement::new(vec![&self.key, &self.signals]);
        let (valid, time) = fastest(TIMES, || Ok(verify(&statement, proof, b"")))?;
        if valid { Ok(time) } else { Err("the proof is not accepted natively".into()) }
    }

    fn verify_sandboxed(&self, executor: &Executor, verifier: &[u8], proof: &[u8]) -> Result<(Duration, u64)> {
        let input = || Sections::of_verifier(proof, b"", [&self.key[..], &self.signals]);
        let limits = VerifierLimits::default();
        let judge = || executor.verify(&VerifyJob { artifact: verifier, input: input(), limits });
        // The first one compiles the module.
        judge();
        let (verification, time) = fastest(TIMES, || Ok(judge()))?;
        match verification.verdict {
            Verdict::Valid => Ok((time, verification.fuel)),
            verdict => Err(format!("the proof is not accepted in the sandbox: {verdict:?}").into()),
        }
    }
}

/// What the last call gave, and how long the fastest took.
fn fastest<T>(times: usize, mut call: impl FnMut() -> Result<T>) -> Result<(T, Duration)> {
    let mut timed = || -> Result<(T, Duration)> {
        let start = Instant::now();
        let result = call()?;
        Ok((result, start.elapsed()))
    };
    let mut best = timed()?;
    for _ in 1..times {
        let (result, time) = timed()?;
        best = (result, time.min(best.1));
    }
    Ok(best)
}

/// This machine, without a node.
struct Machine {
    threads: usize,
}

impl Host for Machine {
    fn log(&self, _: &str) {}

    fn progress(&self, _: u16) {}

    #[expect(clippy::panic, reason = "a proof without randomness would betray the witness")]
    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("no randomness: {error}");
        }
    }

    fn limits(&self) -> Limits {
        Limits { threads: self.threads, ..Limits::default() }
    }
}
