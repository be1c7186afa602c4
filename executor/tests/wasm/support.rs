//! What all tests share: modules from text, an executor in a directory of its own, and short ways to run.

use executor::{
    CancelToken, Executor, FailReason, Outcome, ProgramEvent, ProveJob, ProverLimits, Sections, Settings, Verdict,
    Verification, VerifierLimits, VerifyJob,
};
use tempfile::TempDir;

/// An executor and the directory it lives in, removed with it.
pub struct Rig {
    pub executor: Executor,
    _dir: TempDir,
}

impl Rig {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { executor: Executor::new(dir.path(), Settings::default()).unwrap(), _dir: dir }
    }

    pub fn verify(&self, artifact: &[u8], input: Sections<'_>) -> Verification {
        self.verify_within(artifact, input, verifier_limits())
    }

    pub fn verify_within(&self, artifact: &[u8], input: Sections<'_>, limits: VerifierLimits) -> Verification {
        self.executor.verify(&VerifyJob { artifact, input, limits })
    }

    /// The verdict of a verifier whose `verify` is `body`, on an empty proof.
    pub fn verdict(&self, body: &str) -> Verdict {
        self.verify(&verifier(body), empty_proof()).verdict
    }

    pub fn prove(&self, artifact: &[u8], input: Sections<'_>, limits: ProverLimits) -> Outcome {
        self.prove_watched(artifact, input, limits, &CancelToken::new(), &|_| ())
    }

    pub fn prove_watched(
        &self,
        artifact: &[u8],
        input: Sections<'_>,
        limits: ProverLimits,
        cancel: &CancelToken,
        on_event: &dyn Fn(ProgramEvent),
    ) -> Outcome {
        self.executor.prove(&ProveJob { artifact, input, seed: [7; 32], limits }, cancel, on_event)
    }

    /// The outcome of a prover whose `prove` is `body`, on no input.
    pub fn outcome(&self, body: &str) -> Outcome {
        self.prove(&prover(body), Sections::of_prover(b"", []), prover_limits())
    }

    pub fn fail_reason(&self, body: &str) -> FailReason {
        reason(self.outcome(body))
    }
}

pub fn empty_proof() -> Sections<'static> {
    Sections::of_verifier(b"", b"", [])
}

pub fn verifier_limits() -> VerifierLimits {
    VerifierLimits { fuel: 10_000_000, memory_bytes: 16 << 20, wall_ms: 600_000 }
}

/// Limits that only a program meant to reach them reaches.
pub fn prover_limits() -> ProverLimits {
    ProverLimits { memory_bytes: 16 << 20, wall_ms: 600_000, ..ProverLimits::default() }
}

pub fn reason(outcome: Outcome) -> FailReason {
    match outcome {
        Outcome::Failed(failed) => failed.reason,
        Outcome::Success(success) => panic!("the program succeeded: {success:?}"),
    }
}

pub fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A verifier with this body of `verify`; the input lies at 1024.
pub fn verifier(body: &str) -> Vec<u8> {
    verifier_of("(i32.const 1024)", body)
}

/// A verifier with these bodies of `alloc` and `verify`.
pub fn verifier_of(alloc: &str, verify: &str) -> Vec<u8> {
    binary(&format!(
        r#"(module
            (memory (export "memory") 1)
            (type $nothing (func))
            (table 4 funcref) (elem (i32.const 0) $one)
            (func $one (result i32) (i32.const 1))
            (func $deep (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
                    (else (i32.const 0))))
            (func (export "alloc") (param i32) (result i32) {alloc})
            (func (export "verify") (param $ptr i32) (param $len i32) (result i32) (local $i i32) (local $zero i32) {verify}))"#
    ))
}

/// A prover with this body of `prove`; the input lies at 1024, the text `hello` at 0.
pub fn prover(body: &str) -> Vec<u8> {
    binary(&format!(
        r#"(module
            (import "lemma" "log" (func $log (param i32 i32)))
            (import "lemma" "progress" (func $progress (param i32)))
            (import "lemma" "random" (func $random (param i32 i32)))
            (import "lemma" "output" (func $output (param i32 i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "hello")
            (func $deep (call $deep))
            (func (export "alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "prove") (param $ptr i32) (param $len i32) (result i32) (local $i i32) {body}))"#
    ))
}
