//! Receipts, put together from the engine's evidence and the blob store (rule 15). Whether they hold is for `receipt` to say.

use crate::{
    blobs::Store,
    state::{State, decode},
};
use api::{Problem, problem};
use receipt::{Proven, Receipt};
use std::sync::Arc;
use types::{BlobId, ChainId, Workload, WorkloadId, state_key, workload::Kind};

/// The largest bundle that a receipt carries, in bytes; larger ones are fetched by their name.
const BUNDLE_MAX: u64 = 1 << 20;

/// Makes the receipt of a workload that has ended.
pub(crate) async fn receipt(
    state: &State,
    store: &Arc<Store>,
    chain: ChainId,
    id: WorkloadId,
) -> Result<Vec<u8>, Problem> {
    let key = state_key::workload(id);
    let (_, workload) = state.get::<Workload>(key).await?;
    let workload = workload.ok_or_else(|| absent(id))?;
    if !workload.state.is_end() {
        let detail = format!("workload {id} is {}", workload.state.word());
        return Err(Problem::new(problem::NOT_ENDED, detail));
    }
    let asked = Asked::about(&workload);
    let evidence = state.prove(asked.keys(key)).await?;
    // An ended workload does not change; but the height that is proved may lie before its end.
    let mut values = evidence.values.into_iter().map(|(_, value, proof)| (value, proof));
    let (value, proof) = values.next().ok_or_else(|| Problem::new(problem::INTERNAL, "the evidence is incomplete"))?;
    if decode::<Workload>(&value)? != workload {
        return Err(Problem::new(problem::NOT_ENDED, "the end of the workload is not provable yet"));
    }
    let mut proven = || values.next().map(|(value, proof)| Proven { value: value.into(), proof: proof.into() });
    let receipt = Receipt {
        chain,
        header: evidence.header.into(),
        certificate: evidence.certificate.into(),
        workload: Proven { value: value.into(), proof: proof.into() },
        draw: asked.draw.and_then(|_| proven()),
        set: asked.set.and_then(|_| proven()),
        bundle: match asked.bundle {
            Some(blob) => small(store, blob).await,
            None => None,
        },
    };
    Ok(receipt.encode())
}

/// What a receipt holds besides the workload.
struct Asked {
    draw: Option<state_key::Key>,
    set: Option<state_key::Key>,
    bundle: Option<BlobId>,
}

impl Asked {
    fn about(workload: &Workload) -> Self {
        // A test is not drawn.
        let drawn = workload.kind == Kind::Run;
        let last = u16::try_from(workload.attempts.len()).ok().filter(|last| *last > 0 && drawn);
        let verified = workload.verified().map(|(_, _, announced, _)| announced);
        Self {
            draw: last.map(|last| state_key::draw(workload.id, last)),
            set: verified.map(|announced| state_key::verdict_set(announced.set)),
            bundle: verified.map(|announced| announced.proof),
        }
    }

    fn keys(&self, workload: state_key::Key) -> Vec<state_key::Key> {
        [Some(workload), self.draw, self.set].into_iter().flatten().collect()
    }
}

/// The bundle, if it is here and small. A receipt holds without it.
async fn small(store: &Arc<Store>, blob: BlobId) -> Option<Vec<u8>> {
    let store = store.clone();
    let read = tokio::task::spawn_blocking(move || store.read(blob, BUNDLE_MAX)).await;
    read.ok().and_then(Result::ok).flatten()
}

pub(crate) fn absent(id: WorkloadId) -> Problem {
    Problem::new(problem::NOT_FOUND, format!("there is no workload {id} in the state of this node"))
        .hinting("check the id; a run becomes a workload once it is in a block, and this node may be behind")
}
