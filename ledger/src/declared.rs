//! The values that a block will read, as far as that can be told without executing it: what saves most rounds of loading.
//! Nothing depends on this being complete, or exact.

use crate::{
    admission,
    pages::{QUEUE, WANTED, place},
    work::Work,
};
use ports::{BlockContext, Key};
use types::{
    Body, Call, ChainTime, Genesis,
    limits::PAGE_ENTRIES,
    record::Page,
    state_key::{self, due_bucket},
    transaction::SignedTransaction,
};

/// Buckets whose heads are asked for at once, of those that chain time has left.
const BUCKETS: u64 = 64;

/// The keys of a block, in no order, some perhaps twice.
pub(crate) fn keys(genesis: &Genesis, context: &BlockContext, body: &Body) -> Vec<Key> {
    let mut keys = vec![state_key::meta()];
    keys.extend(buckets(context).map(|bucket| state_key::due(bucket, 0)));
    keys.extend(body.beacons.iter().map(|entry| state_key::pending_draws(entry.height)));
    for message in &body.messages {
        keys.extend([state_key::workload(message.value.workload), state_key::prover(message.value.prover)]);
    }
    keys.extend(body.settlements.iter().map(|settlement| state_key::workload(settlement.subject.workload)));
    keys.extend(body.transactions.iter().flat_map(transaction));
    if !body.transactions.is_empty() {
        let leader = genesis.validators.iter().find(|validator| validator.peer.0 == context.leader);
        keys.extend(leader.map(|validator| state_key::account(validator.account)));
    }
    keys
}

/// The keys that the chain's totals tell besides: the ends of all queues, the pages to which this block may add, the provers.
/// None for a block in which nothing can happen.
pub(crate) fn more(work: &mut Work, body: &Body) -> Vec<Key> {
    if body.is_empty() && QUEUE.len(work) == 0 {
        return Vec::new();
    }
    let (meta, params, now) = (&work.meta, &work.meta.params, work.now().time);
    let windows = [params.accept_window, params.queue_window, params.verdict_window];
    let mut keys: Vec<Key> = windows.iter().map(|window| state_key::due(due_bucket(now.after(*window)), 0)).collect();
    keys.extend([meta.live, meta.live.saturating_sub(1)].map(|index| state_key::live(place(index).0)));
    keys.push(state_key::verdict_set(meta.set));
    keys.extend(QUEUE.ends_keys(work));
    keys.extend(WANTED.ends_keys(work));
    keys.extend(last_live(work, body));
    keys
}

/// Where very many workloads may end, the last of the living, which take their places.
fn last_live(work: &mut Work, body: &Body) -> Vec<Key> {
    let cancels = body.transactions.iter().filter(|signed| matches!(signed.value.call, Call::Cancel { .. })).count();
    let ends = cancels.saturating_add(body.messages.len()).saturating_add(body.settlements.len());
    let pages = ends.checked_div(PAGE_ENTRIES).unwrap_or(0) as u64;
    let last = place(work.meta.live).0;
    let mut keys = Vec::new();
    for page in (last.saturating_sub(pages)..=last).filter(|_| pages > 0) {
        let key = state_key::live(page);
        keys.push(key);
        if let Ok(Some(page)) = work.find::<Page>(key) {
            keys.extend(page.entries.iter().map(|id| state_key::live_entry(*id)));
        }
    }
    keys
}

fn buckets(context: &BlockContext) -> impl Iterator<Item = u64> {
    let [from, to] = [context.parent_time_ms, context.time_ms].map(|time| due_bucket(ChainTime(time)));
    (from..to).take(usize::try_from(BUCKETS).unwrap_or(0))
}

fn transaction(signed: &SignedTransaction) -> Vec<Key> {
    let mut keys = admission::keys(signed);
    if let Call::Transfer { to, .. } = &signed.value.call {
        keys.push(state_key::account(*to));
    }
    keys
}
