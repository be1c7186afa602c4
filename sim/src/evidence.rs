//! Receipts from the nodes of a simulation: what two of them hand out about one workload is checked with the group key alone.

use ports::Engine;
use receipt::{Checked, Proven, Receipt};
use types::{ChainId, Workload, beacon::GroupKey, state_key};

/// A receipt of a workload that has ended, as a node makes it. `bundle` is the verified proof, if the workload has one.
///
/// # Errors
/// When the engine cannot prove what lies in its state.
pub async fn receipt(
    engine: &dyn Engine,
    chain: ChainId,
    workload: &Workload,
    bundle: Option<Vec<u8>>,
) -> Result<Vec<u8>, String> {
    let attempts = u16::try_from(workload.attempts.len()).map_err(|error| error.to_string())?;
    let draw = (attempts > 0).then(|| state_key::draw(workload.id, attempts));
    let set = workload.verified().map(|(_, _, announced, _)| state_key::verdict_set(announced.set));
    let keys = [Some(state_key::workload(workload.id)), draw, set];
    let evidence = engine.prove(keys.into_iter().flatten().collect()).await;
    let evidence = evidence.map_err(|error| format!("no evidence of workload {}: {error}", workload.id))?;
    let mut values = evidence.values.into_iter();
    let mut next = |key: Option<_>| {
        let (_, value, proof) = key.and_then(|_| values.next())?;
        Some(Proven { value: value.to_vec(), proof: proof.to_vec() })
    };
    let workload = next(keys[0]).ok_or("the engine proves nothing")?;
    let (draw, set) = (next(keys[1]), next(keys[2]));
    let (header, certificate) = (evidence.header.to_vec(), evidence.certificate.to_vec());
    Ok(Receipt { chain, header, certificate, workload, draw, set, bundle }.encode())
}

/// Checks two nodes' receipts of one workload with one key: both hold and say the same, each at a height of its own.
///
/// # Errors
/// When one does not hold, or they differ.
pub fn same(receipts: &[Vec<u8>; 2], key: &GroupKey) -> Result<Checked, String> {
    let check =
        |bytes: &Vec<u8>| receipt::check(bytes, key).map_err(|error| format!("a receipt does not hold: {error}"));
    let (one, other) = (check(&receipts[0])?, check(&receipts[1])?);
    let moved = Checked { height: one.height, block: one.block, time: one.time, ..other };
    if moved == one { Ok(one) } else { Err(format!("two receipts of workload {} differ", one.workload)) }
}
