//! The prover: assembles the source, runs it and proves the run.

mod advice;

pub use advice::Advice;

use crate::{Claim, encode_outputs, transcript, verifier};
use miden_assembly::{Assembler, DefaultSourceManager, Report, diagnostics::reporting::PrintDiagnostic};
use miden_core::program::Program;
use miden_core_lib::CoreLibrary;
use miden_processor::{DefaultHost, ExecutionError, ExecutionOptions, FastProcessor, advice::AdviceInputs};
use miden_prover::{ExecutionProof, HashFunction, ProvingOptions, StackOutputs, TraceProvingInputs};
use program::{Error, Job, Output};
use std::sync::Arc;

/// Makes a proof. Takes no arguments; inputs: program hash, stack inputs, source and, if the program needs it, advice.
///
/// # Errors
///
/// When an input is malformed, the source has another hash, the program fails, or it uses precompiles.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let (hash, inputs, source, advice) = match *job.inputs() {
        [hash, inputs, source] => (hash, inputs, source, None),
        [hash, inputs, source, advice] => (hash, inputs, source, Some(advice)),
        _ => {
            return Err("inputs must be: program hash, stack inputs, source, and advice if the program needs it".into());
        }
    };
    let claim = Claim::decode(hash, inputs).ok_or("malformed program hash or stack inputs")?;
    let advice = advice.map_or_else(|| Ok(AdviceInputs::default()), Advice::decode)?;
    let program = assemble_as(&claim, source)?;
    job.log("assembled");
    job.progress(50);
    let trace = execute(job, &claim, &program, advice)?;
    let (outputs, proof) =
        with_threads(job.limits().threads, || miden_prover::prove_from_trace_sync(trace))?.map_err(explained)?;
    job.progress(990);
    checked(&claim, outputs, proof)
}

/// The hash of the program with this source, as a statement has it.
///
/// # Errors
///
/// When the source does not assemble.
pub fn program_hash(source: &[u8]) -> Result<[u8; 32], Error> {
    Ok(assemble(source)?.hash().into())
}

/// Assembles a source that must have the hash that the claim says.
fn assemble_as(claim: &Claim, source: &[u8]) -> Result<Program, Error> {
    let program = assemble(source)?;
    if program.hash() != claim.program {
        return Err(Error::new(format!("the source is another program: its hash is {}", program.hash())));
    }
    Ok(program)
}

fn assemble(source: &[u8]) -> Result<Program, Error> {
    let source = core::str::from_utf8(source).map_err(|_| "the source is not UTF-8")?;
    let explain = |report: Report| Error::new(format!("{}", PrintDiagnostic::new_without_color(report)));
    let mut assembler = Assembler::new(Arc::new(DefaultSourceManager::default()));
    assembler.link_dynamic_library(CoreLibrary::default()).map_err(explain)?;
    assembler.assemble_program(source).map_err(explain)
}

/// Runs the program, and says on the log what its stack ends with.
fn execute(job: &Job<'_>, claim: &Claim, program: &Program, advice: AdviceInputs) -> Result<TraceProvingInputs, Error> {
    let mut host = DefaultHost::default().with_library(&CoreLibrary::default()).map_err(explained)?;
    let processor = FastProcessor::new_with_options(claim.stack, advice, ExecutionOptions::default())
        .map_err(|error| Error::new(error.to_string()))?;
    let trace = processor.execute_trace_inputs_sync(program, &mut host).map_err(explained)?;
    job.log(&format!("executed; the stack ends with {}", listed(trace.stack_outputs())));
    job.progress(200);
    Ok(TraceProvingInputs::new(trace, ProvingOptions::new(HashFunction::Blake3_256)))
}

fn explained(error: ExecutionError) -> Error {
    Error::new(format!("{}", PrintDiagnostic::new_without_color(Report::from(error))))
}

/// What the verifier will accept: the proof in its one encoding, verified.
fn checked(claim: &Claim, outputs: StackOutputs, proof: ExecutionProof) -> Result<Output, Error> {
    if !proof.precompile_requests().is_empty() {
        return Err("the program uses precompiles, which the verifier does not check".into());
    }
    let (hash_fn, proof, requests) = proof.into_parts();
    let proof = transcript::canonical(proof).ok_or("Miden's proof has another layout than expected")?;
    let proof = ExecutionProof::new(proof, hash_fn, requests);
    if verifier::is_proved(claim, outputs, proof.clone()) != Some(true) {
        return Err("the proof does not verify".into());
    }
    Ok(Output { proof: proof.to_bytes(), public_values: encode_outputs(&outputs) })
}

/// The numbers of a stack, the top first, without the zeros at its end.
fn listed(outputs: &StackOutputs) -> String {
    let numbers: Vec<String> = outputs.iter().map(|number| number.as_canonical_u64().to_string()).collect();
    let used = numbers.iter().rposition(|number| number != "0").map_or(0, |last| last + 1);
    numbers.get(..used).unwrap_or_default().join(" ")
}

/// Calls `f` where it may use that many threads.
#[cfg(not(target_family = "wasm"))]
fn with_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| Error::new(error.to_string()))?.install(f))
}

/// WebAssembly has one thread.
#[cfg(target_family = "wasm")]
fn with_threads<T>(_threads: usize, f: impl FnOnce() -> T) -> Result<T, Error> {
    Ok(f())
}
