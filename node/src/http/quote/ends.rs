//! Where the locked money of a run goes at each end (rules 3, 8, 11, 12 and 13), as the ledger pays out.

use api::{Payout, WorkloadState};
use types::{Amount, Params, Quote, Resources, fee};

/// All ends that a workload can have.
pub(super) fn ends(params: &Params, resources: &Resources, quote: &Quote, set: u64) -> Vec<Payout> {
    let total = quote.total().unwrap_or(Amount(u64::MAX));
    let none = Amount::ZERO;
    let each = quote.verification.share(1, set).unwrap_or_default();
    let half = quote.compute.share(1, 2).unwrap_or_default();
    let rest = total.minus(half).unwrap_or_default();
    let end = |state, reason: &str, to_prover: Amount, to_verdicts: Amount, refunded: Amount, when: String| {
        let paid = to_prover.plus(to_verdicts).and_then(|sum| sum.plus(refunded)).unwrap_or(total);
        let burned = total.minus(paid).unwrap_or_default();
        let reason = reason.to_owned();
        Payout { state, reason, when, to_prover, to_verdicts, refunded, burned, compensation: none }
    };
    let failed = end(WorkloadState::Failed, "attempts-used", none, none, quote.verification, used(params));
    let compensation = compensation(params, resources, total);
    let rejected = Payout { when: rejected(compensation), compensation, ..failed.clone() };
    vec![
        end(WorkloadState::Verified, "proved", quote.compute, each.times(set).unwrap_or_default(), none, proved(each)),
        failed,
        rejected,
        end(WorkloadState::Failed, "undecided", half, none, rest, undecided(params)),
        end(WorkloadState::Cancelled, "cancelled", none, none, total, CANCELLED.to_owned()),
        end(WorkloadState::Cancelled, "cancelled", none, none, quote.verification, CANCELLED_AFTER.to_owned()),
        end(WorkloadState::Expired, "no-prover", none, none, total, EXPIRED.to_owned()),
        end(WorkloadState::Expired, "no-prover", none, none, quote.verification, EXPIRED_AFTER.to_owned()),
    ]
}

const CANCELLED: &str = "taken back while queued, and no prover had said that the program failed: all goes back";
const CANCELLED_AFTER: &str =
    "taken back while queued again after a prover had said that the program failed: the compute fee burns";
const EXPIRED: &str = "no prover accepted in time, and none had said that the program failed: all goes back";
const EXPIRED_AFTER: &str =
    "no other prover accepted in time after one had said that the program failed: the compute fee burns";

fn proved(each: Amount) -> String {
    format!(
        "certified as valid: the compute fee goes to the prover, {each} LEM to each verdict in the certificate; \
         what the verdicts that are not in it would have had burns, a third of it at most"
    )
}

fn used(params: &Params) -> String {
    let attempts = params.attempts_max;
    format!("the last of {attempts} accepted attempts failed: the compute fee burns, the verification fee goes back")
}

fn rejected(compensation: Amount) -> String {
    format!(
        "as before, and a certificate rejected a proof: each time the sender gets {compensation} LEM on top, as far as its \
         prover's bond holds so much, also where a later attempt succeeds"
    )
}

fn undecided(params: &Params) -> String {
    format!(
        "two thirds of the provers did not agree on a verdict, nor did {} later sets of them: half of the compute fee goes \
         to the prover, the rest back",
        params.verdict_epochs
    )
}

/// What a rejected proof pays to the sender, up to what is locked: half of the slash, the other half always burns.
fn compensation(params: &Params, resources: &Resources, locked: Amount) -> Amount {
    let bond = params.bond_per_unit.times(fee::units(resources));
    let slash = bond.and_then(|bond| bond.share(params.slash, 1000)).unwrap_or(Amount(u64::MAX));
    slash.share(1, 2).unwrap_or_default().min(locked)
}
