//! The committed example programs, end to end: set-up, proof, verdict.

use std::path::PathBuf;
use std::time::Instant;

use executor::{
    FailReason, InvalidReason, Outcome, ProverLimits, Sections, Verdict, Verification, VerifierLimits, check_prover,
    check_verifier,
};

use crate::support::{Rig, prover_limits, reason};

fn artifact(path: &str) -> Vec<u8> {
    let artifacts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../programs/artifacts");
    std::fs::read(artifacts.join(path)).unwrap()
}

fn limits() -> ProverLimits {
    // Set-up returns the proving key as its proof: larger than a proof may be.
    ProverLimits { memory_bytes: 4 << 30, proof_bytes_max: 1 << 30, ..ProverLimits::default() }
}

/// Proof and public values of a run that must succeed.
fn run(rig: &Rig, path: &str, input: Sections<'_>) -> (Vec<u8>, Vec<u8>) {
    match rig.prove(&artifact(path), input, limits()) {
        Outcome::Success(success) => (success.proof, success.public),
        Outcome::Failed(failed) => panic!("{path}: {}, log: {}", failed.reason, failed.log.text()),
    }
}

/// A chain of hashes and everything a run of it takes.
struct Chain {
    proving_key: Vec<u8>,
    verifying_key: Vec<u8>,
    claim: Vec<u8>,
    x: [u8; 32],
}

impl Chain {
    fn set_up(rig: &Rig, length: u32) -> Self {
        let x = [3; 32];
        let arguments = |command: u8, rest: [u8; 32]| [&[command][..], &length.to_le_bytes(), &rest].concat();
        let setup = "groth16-poseidon/setup.wasm";
        let (proving_key, verifying_key) = run(rig, setup, Sections::of_prover(&arguments(0, [9; 32]), []));
        let (claim, _) = run(rig, setup, Sections::of_prover(&arguments(1, x), []));
        Self { proving_key, verifying_key, claim, x }
    }

    fn prove(&self, rig: &Rig) -> Vec<u8> {
        let inputs = [&self.verifying_key[..], &self.claim, &self.proving_key, &self.x];
        run(rig, "groth16-poseidon/prover.wasm", Sections::of_prover(b"", inputs)).0
    }

    fn verify(&self, rig: &Rig, proof: &[u8], claim: &[u8]) -> Verification {
        let input = Sections::of_verifier(proof, b"", [&self.verifying_key[..], claim]);
        rig.verify_within(&artifact("groth16-poseidon/verifier.wasm"), input, VerifierLimits::default())
    }
}

#[test]
fn all_artifacts_pass_the_checks() {
    for path in ["groth16-poseidon/verifier.wasm", "trivial/verifier.wasm"] {
        assert_eq!(check_verifier(&artifact(path)), Ok(()), "{path}");
    }
    let provers = [
        "groth16-poseidon/prover.wasm",
        "groth16-poseidon/setup.wasm",
        "trivial/prover.wasm",
        "faulty/loops/prover.wasm",
        "faulty/fails/prover.wasm",
    ];
    for path in provers {
        assert_eq!(check_prover(&artifact(path)), Ok(()), "{path}");
    }
}

#[test]
fn a_groth16_proof_is_made_and_verified() {
    let rig = Rig::new();
    let chain = Chain::set_up(&rig, 16);
    let proof = chain.prove(&rig);
    let first = chain.verify(&rig, &proof, &chain.claim);
    assert_eq!(first.verdict, Verdict::Valid);
    let second = chain.verify(&rig, &proof, &chain.claim);
    assert_eq!((second.verdict, second.fuel), (first.verdict, first.fuel));
    assert_eq!(chain.prove(&rig), proof, "one seed, one proof");
}

#[test]
fn one_flipped_bit_anywhere_makes_a_groth16_proof_invalid() {
    let rig = Rig::new();
    let chain = Chain::set_up(&rig, 16);
    let proof = chain.prove(&rig);
    let is_invalid = |proof: &[u8], claim: &[u8]| {
        let verdict = chain.verify(&rig, proof, claim).verdict;
        assert!(matches!(verdict, Verdict::Invalid(InvalidReason::Exit(_))), "{verdict:?}");
    };
    for at in (0..proof.len()).step_by(17) {
        let mut wrong = proof.clone();
        wrong[at] ^= 1 << (at % 8);
        is_invalid(&wrong, &chain.claim);
    }
    for at in [0, 4, 35] {
        let mut wrong = chain.claim.clone();
        wrong[at] ^= 1;
        is_invalid(&proof, &wrong);
    }
    is_invalid(&proof[..proof.len() - 1], &chain.claim);
    is_invalid(b"", &chain.claim);
}

#[test]
fn the_trivial_program_runs() {
    let rig = Rig::new();
    let (proof, public) = run(&rig, "trivial/prover.wasm", Sections::of_prover(b"", [&b"statement"[..]]));
    assert_eq!(proof, b"tnemetats");
    let verify = |proof: &[u8]| {
        let input = Sections::of_verifier(proof, &public, [&b"statement"[..]]);
        rig.verify(&artifact("trivial/verifier.wasm"), input).verdict
    };
    assert_eq!(verify(&proof), Verdict::Valid);
    assert!(matches!(verify(b"tnemetat5"), Verdict::Invalid(InvalidReason::Exit(_))));
}

#[test]
fn the_faulty_programs_end_with_reason_and_log() {
    let rig = Rig::new();
    let run = |path, limits| rig.prove(&artifact(path), Sections::of_prover(b"", [&b"x"[..]]), limits);
    let outcome = run("faulty/loops/prover.wasm", ProverLimits { wall_ms: 300, ..prover_limits() });
    assert!(outcome.log().text().contains("looping for ever"), "{outcome:?}");
    assert_eq!(reason(outcome), FailReason::Timeout);
    let outcome = run("faulty/fails/prover.wasm", prover_limits());
    assert!(outcome.log().text().contains("failing on purpose"), "{outcome:?}");
    assert_eq!(reason(outcome), FailReason::Exit(1));
}

/// Figures for people: `cargo test -p executor --features wasm -- --ignored --nocapture figures`.
#[test]
#[ignore = "takes minutes at the larger size; prints figures"]
#[expect(clippy::print_stderr, reason = "its purpose")]
fn figures() {
    for length in [16, 1000] {
        let rig = Rig::new();
        let timed = |name: &str, start: Instant| eprintln!("N={length}: {name} {:.2?}", start.elapsed());
        let start = Instant::now();
        let chain = Chain::set_up(&rig, length);
        timed("set-up and claim, with compilation", start);
        let start = Instant::now();
        let proof = chain.prove(&rig);
        timed("proof, with compilation", start);
        let start = Instant::now();
        assert_eq!(chain.prove(&rig), proof);
        timed("proof", start);
        let start = Instant::now();
        chain.verify(&rig, &proof, &chain.claim);
        timed("verification, with compilation", start);
        let start = Instant::now();
        let verification = chain.verify(&rig, &proof, &chain.claim);
        timed("verification", start);
        assert_eq!(verification.verdict, Verdict::Valid);
        let key = chain.proving_key.len();
        eprintln!("N={length}: fuel {}, proof {} bytes, proving key {key} bytes", verification.fuel, proof.len());
    }
}
