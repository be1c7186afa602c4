//! What the demonstration does once its network is up.

use super::{
    heading,
    report::{OfRun, Report, Tampered},
    setup::{self, Claim, Setup},
};
use crate::{
    artifacts::{artifact, groth16},
    files,
    life::Life,
    network::Folder,
    output::{BAD, FAINT, GOOD, Output, short, styled},
    units::{Span, size},
};
use anyhow::Context as _;
use api::QuoteRequest;
use client::{Client, Finished, Sender};
use futures::future::try_join_all;
use receipt::ReceiptError;
use std::time::Instant;
use types::{
    Amount, BlobId, Call, Data, Input, InputRole, InputSource, List, Millis, Program, ProgramId, Resources, Run,
    Runtime, Runtimes, Text, WorkloadId, beacon::GroupKey,
};

/// What a run of the demonstration asks for.
const NEEDS: Resources =
    Resources { cpus: 1, memory_mib: 512, disk_mib: 0, gpus: 0, gpu_class: 0, runtimes: Runtimes::NONE };
const COMPUTE_MAX: Millis = Millis(60_000);
/// Where the receipts go in the network's folder.
const RECEIPTS: &str = "receipts";

/// Runs the whole job.
pub async fn run(out: Output, folder: &Folder, workloads: usize) -> anyhow::Result<Report> {
    let clients: Vec<Client> = folder.places.iter().map(|place| Client::new(&place.url())).collect::<Result<_, _>>()?;
    let first = clients.first().context("a network without nodes")?;
    let mut sender = Sender::new(first, &files::read_keys(&folder.user)?.account).await?;
    let setup = set_up(out, folder, workloads).await?;
    let program = deploy(out, first, &mut sender, &setup).await?;
    let runs = submit(out, first, &mut sender, program, &setup).await?;
    let group_key = folder.genesis.group_key;
    let done = follow(out, folder, first, &runs).await?;
    let tampered = receipts(out, &clients, &done, &group_key).await?;
    Report::new(folder, program, done, tampered)
}

async fn set_up(out: Output, folder: &Folder, workloads: usize) -> anyhow::Result<Setup> {
    let words = format!("set-up of {} for a chain of {} hashes", groth16::PROOF_SYSTEM, setup::CHAIN_LENGTH);
    heading(out, "2", &words);
    out.note(styled(FAINT, "  made by one party from a seed: for demonstration only"));
    let (began, cache, seed) = (Instant::now(), folder.dir.join("setup"), files::random_bytes()?);
    let setup = tokio::task::spawn_blocking(move || setup::run(cache, workloads, seed)).await??;
    out.note(format_args!("  proving key {}, {}", size(setup.proving_key.len() as u64), since(began)));
    Ok(setup)
}

async fn deploy(out: Output, client: &Client, sender: &mut Sender, setup: &Setup) -> anyhow::Result<ProgramId> {
    heading(out, "3", "the program and its proving key go to the network");
    let began = Instant::now();
    for blob in [groth16::PROVER, groth16::VERIFIER, &setup.proving_key] {
        client.put_blob(blob.to_vec().into()).await?;
    }
    let program = Program {
        name: Text::new("poseidon chain")?,
        proof_system: Text::new(groth16::PROOF_SYSTEM)?,
        runtime: Runtime::Wasm,
        prover: artifact(groth16::PROVER),
        verifier: artifact(groth16::VERIFIER),
        fuel_limit: groth16::FUEL_LIMIT,
    };
    let id = program.id();
    let sent = sender.send(Call::Deploy(program)).await?;
    let height = client.included(sent.transaction).await?;
    out.note(format_args!("  program {} in block {height}, {}", short(id), since(began)));
    Ok(id)
}

async fn submit(
    out: Output,
    client: &Client,
    sender: &mut Sender,
    program: ProgramId,
    setup: &Setup,
) -> anyhow::Result<Vec<(WorkloadId, Life)>> {
    let blob_bytes = setup.proving_key.len() as u64;
    let request = QuoteRequest { program, resources: NEEDS, compute_max_ms: COMPUTE_MAX.0, blob_bytes };
    let fee = client.quote(&request).await?.fee;
    heading(out, "4", &format!("{} run(s), each at most {} LEM", setup.claims.len(), fee.total));
    let mut runs = Vec::with_capacity(setup.claims.len());
    for (index, claim) in setup.claims.iter().enumerate() {
        let label = if setup.claims.len() > 1 { format!("{:>3} ", index + 1) } else { String::new() };
        let life = Life::begin(out, label);
        let run = a_run(program, setup, claim, fee.total)?;
        let id = WorkloadId(sender.send(Call::Run(run)).await?.transaction.0);
        if index == 0 {
            out.note(format_args!("  workload {id}"));
        }
        runs.push((id, life));
    }
    Ok(runs)
}

fn a_run(program: ProgramId, setup: &Setup, claim: &Claim, fee_max: Amount) -> anyhow::Result<Run> {
    let inline =
        |role, bytes: &[u8]| anyhow::Ok(Input { role, source: InputSource::Inline(Data::new(bytes.to_vec())?) });
    let (blob, size) = (BlobId::of(&setup.proving_key), setup.proving_key.len() as u64);
    let inputs = vec![
        inline(InputRole::Statement, &setup.verifying_key)?,
        inline(InputRole::Statement, &claim.claim)?,
        Input { role: InputRole::Witness, source: InputSource::Blob { blob, size } },
        inline(InputRole::Witness, &claim.preimage)?,
    ];
    Ok(Run {
        program,
        arguments: Data::default(),
        inputs: List::new(inputs)?,
        resources: NEEDS,
        compute_max: COMPUTE_MAX,
        fee_max,
    })
}

async fn follow(
    out: Output,
    folder: &Folder,
    client: &Client,
    runs: &[(WorkloadId, Life)],
) -> anyhow::Result<Vec<OfRun>> {
    let kept = folder.dir.join(RECEIPTS);
    std::fs::create_dir_all(&kept)?;
    let each = runs.iter().map(|(id, life)| {
        let (mut life, file) = (life.clone(), kept.join(format!("{id}.receipt")));
        async move {
            let group_key = &folder.genesis.group_key;
            let finished: Finished = client.finish(*id, group_key, &mut |progress| life.see(&progress)).await?;
            std::fs::write(file, &finished.receipt)?;
            anyhow::Ok(OfRun::new(finished, &life))
        }
    });
    let done = try_join_all(each).await?;
    let good = styled(GOOD, format_args!("{} receipt(s) hold", done.len()));
    heading(out, "5", "receipts, checked offline under the 96-byte group key");
    out.note(format_args!("  {good}"));
    Ok(done)
}

/// Fetches one receipt from another node too, and tampers with a copy.
async fn receipts(
    out: Output,
    clients: &[Client],
    done: &[OfRun],
    group_key: &GroupKey,
) -> anyhow::Result<Option<Tampered>> {
    let Some((first, other)) = done.first().zip(clients.last()) else { return Ok(None) };
    let (bytes, checked) = other.checked_receipt(first.workload, group_key).await?;
    anyhow::ensure!(checked.proof == first.checked.proof, "two nodes tell different ends of one workload");
    out.note(format_args!("  another node's receipt of {} ({} bytes) holds too", short(first.workload), bytes.len()));
    let tampered = tamper(&bytes, group_key);
    match &tampered.refused {
        Some(why) => out.note(format_args!(
            "  a copy with bit 0 of byte {} flipped: {} {why}",
            tampered.byte,
            styled(GOOD, "refused,")
        )),
        None => out.note(format_args!("  a copy with byte {} changed was {}", tampered.byte, styled(BAD, "accepted"))),
    }
    Ok(Some(tampered))
}

/// Flips a bit in the middle of a receipt.
fn tamper(receipt: &[u8], group_key: &GroupKey) -> Tampered {
    let byte = receipt.len() / 2;
    let mut copy = receipt.to_vec();
    if let Some(byte) = copy.get_mut(byte) {
        *byte ^= 1;
    }
    let refused = receipt::check(&copy, group_key).err().map(|error: ReceiptError| error.to_string());
    Tampered { byte, refused }
}

fn since(began: Instant) -> String {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    styled(FAINT, Span(Millis(ms)))
}
