//! The prover: SP1's own, in this process.

use crate::{Key, execute};
use program::{Error, Job, Output};
use sp1_core_executor::SP1Context;
use sp1_core_machine::io::SP1Stdin;
use sp1_prover::{
    HashableKey, SP1VerifyingKey,
    worker::{SP1LightNode, SP1LocalNode, SP1LocalNodeBuilder, SP1WorkerConfig, cpu_worker_builder},
};
use sp1_prover_types::network_base_types::ProofMode;
use std::format;

/// Proves that the guest, on these buffers, commits what it does.
///
/// # Errors
/// When the inputs are not as the crate says, the guest is not the statement's, it does not end well, or SP1 fails.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let [key, elf, buffers @ ..] = job.inputs() else { return Err("inputs: a key, a guest, what it reads".into()) };
    let key = Key::decode(key).ok_or("the first input is no key: 32 bytes, as SP1's `bytes32`")?;
    let execution = execute(elf, buffers)?;
    job.log(&format!("{} cycles, {} bytes committed", execution.cycles, execution.public_values.len()));
    job.progress(10);
    let output = block_on(job.limits().threads, prove_all(job, key, elf, buffers))?;
    if output.public_values != execution.public_values {
        return Err("the proof is of other public values than the guest committed".into());
    }
    Ok(output)
}

/// The key of a guest.
///
/// # Errors
/// When the file is none of SP1's machine, or SP1 fails.
pub fn setup(elf: &[u8], threads: usize) -> Result<Key, Error> {
    block_on(threads, async { Ok(name(&SP1LightNode::new().await.setup(elf).await.map_err(failed)?)) })
}

async fn prove_all(job: &Job<'_>, key: Key, elf: &[u8], buffers: &[&[u8]]) -> Result<Output, Error> {
    let node = node().await?;
    job.progress(100);
    if name(&node.setup(elf).await.map_err(failed)?) != key {
        return Err("the guest is not the one that the statement's key names".into());
    }
    job.progress(150);
    let stdin = SP1Stdin { buffer: buffers.iter().map(|buffer| buffer.to_vec()).collect(), ..SP1Stdin::new() };
    let proved =
        node.prove_with_mode(elf, stdin, SP1Context::default(), ProofMode::Compressed).await.map_err(failed)?;
    let proof = bincode::serialize(&proved.proof).map_err(|error| Error::new(format!("SP1's proof: {error}")))?;
    Ok(Output { proof, public_values: proved.public_values.to_vec() })
}

/// SP1's prover, one step at a time: side by side they take twice the memory and, on few cores, no less time.
async fn node() -> Result<SP1LocalNode, Error> {
    let builder = cpu_worker_builder().with_config(one_by_one);
    SP1LocalNodeBuilder::from_worker_client_builder(builder).build().await.map_err(failed)
}

/// Elements of the trace that is proved at once, a third of SP1's default: what does not fit is proved apart and joined. More at
/// once takes more than 18 GiB.
const SHARD_ELEMENTS: u64 = 1 << 27;

fn one_by_one(config: &mut SP1WorkerConfig) {
    config.controller_config.opts.sharding_threshold.element_threshold = SHARD_ELEMENTS;
    config.controller_config.num_splicing_workers = 1;
    let prover = &mut config.prover_config;
    prover.core_prover_config.num_core_workers = 1;
    prover.core_prover_config.num_setup_workers = 1;
    prover.recursion_prover_config.num_prepare_reduce_workers = 1;
    prover.recursion_prover_config.num_recursion_executor_workers = 1;
    prover.recursion_prover_config.num_recursion_prover_workers = 1;
    prover.deferred_prover_config.num_deferred_workers = 1;
}

fn name(key: &SP1VerifyingKey) -> Key {
    key.hash_koalabear().into()
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(format!("SP1's prover: {error}"))
}

/// Runs it to its end, on so many threads.
fn block_on<T>(threads: usize, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(threads.max(1)).build();
    built.map_err(|error| Error::new(format!("no threads: {error}")))?.block_on(work)
}
