//! What came of a workload: proof, receipt.

use super::{
    Asked, Gateway,
    blobs::{absent as blob_absent, blocking, section, whole},
    extract::{Asking, Named},
    failure::{Answer, Failure},
};
use crate::receipts::{self, absent};
use api::{Problem, paths, problem};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
};
use types::{BlobId, Workload, WorkloadId, state_key};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    #[default]
    Proof,
    Public,
    Bundle,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    part: Part,
    #[serde(default)]
    unverified: bool,
}

pub(super) async fn proof(
    State(gateway): Asked,
    Named(id): Named<WorkloadId>,
    Asking(wanted): Asking<Wanted>,
) -> Answer<Response> {
    let workload = workload(&gateway, id).await?;
    let (blob, verified) = announced(&workload)?;
    if !verified && !wanted.unverified {
        let detail = format!("workload {id} is {}", workload.state.word());
        return Err(Failure::new(problem::NOT_VERIFIED, detail));
    }
    let mut response = match wanted.part {
        Part::Bundle => whole(&gateway.desk.store, blob).await?.ok_or_else(|| Failure(blob_absent(blob)))?,
        part => half(&gateway, blob, part).await?,
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static(paths::VERIFIED_HEADER), HeaderValue::from_static(word(verified)));
    // Which proof is a workload's can still change, and whether it is verified.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

const fn word(verified: bool) -> &'static str {
    if verified { "true" } else { "false" }
}

/// The proof that was verified, or the one that waits for its verdicts.
fn announced(workload: &Workload) -> Answer<(BlobId, bool)> {
    let verified = workload.verified().map(|(_, _, announced, _)| (announced.proof, true));
    let waiting = workload.subject().map(|(subject, _)| (subject.proof, false));
    verified.or(waiting).ok_or_else(|| {
        Failure::new(problem::NO_PROOF, format!("workload {} is {}", workload.id, workload.state.word()))
    })
}

/// The proof or the public values out of a bundle, from its file: whoever reads slowly holds no memory.
async fn half(gateway: &Gateway, blob: BlobId, part: Part) -> Answer<Response> {
    let (store, max) = (gateway.desk.store.clone(), gateway.genesis.params.proof_bytes_max);
    let find = move || {
        let Some((mut file, size)) = store.checked_file(blob, max)? else { return Ok(None) };
        let place = place(&file, size, part)?;
        if let Some((start, _)) = place {
            file.seek(SeekFrom::Start(start))?;
        }
        Ok(Some((file, place)))
    };
    let (file, place) = blocking(find).await?.ok_or_else(|| Failure(blob_absent(blob)))?;
    let (_, length) = place
        .ok_or_else(|| Failure::new(problem::NO_PROOF, "what was announced is no bundle of proof and public values"))?;
    Ok(section(file, length, blob))
}

/// Where the proof or the public values begin in the file of a [`types::message::Bundle`], and how long they are. It holds
/// both, each after its length.
fn place(file: &File, size: u64, part: Part) -> io::Result<Option<(u64, u64)>> {
    let length = |at: u64| {
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, at).map(|()| u64::from(u32::from_le_bytes(bytes)))
    };
    let Some(both) = size.checked_sub(8) else { return Ok(None) };
    let proof = length(0)?;
    if proof > both || proof + length(4 + proof)? != both {
        return Ok(None);
    }
    Ok(Some(if part == Part::Public { (8 + proof, both - proof) } else { (4, proof) }))
}

pub(super) async fn receipt(State(gateway): Asked, Named(id): Named<WorkloadId>) -> Answer<Response> {
    let receipt = receipts::receipt(&gateway.state, &gateway.desk.store, gateway.chain, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.receipt\"")),
    ];
    Ok((headers, receipt).into_response())
}

pub(super) async fn workload(gateway: &Gateway, id: WorkloadId) -> Result<Workload, Problem> {
    let (_, workload) = gateway.state.get(state_key::workload(id)).await?;
    workload.ok_or_else(|| absent(id))
}
