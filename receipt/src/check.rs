//! Whether the values of a final state, taken together, show how the workload ended.

use crate::{
    anchor::{Anchored, anchor},
    checked::{Checked, CheckedAttempt, CheckedDraw, CheckedProof, Fees, StatementInput},
    format::{FormatError, Receipt},
};
use types::{
    Attempt, BlobId, Certificate, ChainId, ChainTime, End, Height, State, Verdict, Workload,
    beacon::GroupKey,
    codec,
    draw::Draw,
    limits::PROOF_MAX,
    message::Bundle,
    record::VerdictSet,
    verdict::{CertificateError, Subject, bonds},
    workload::Kind,
};

/// Why a receipt is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The file cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The header cannot be read.
    #[error("the header cannot be read: {0}")]
    Header(String),
    /// The certificate does not show that the validators of this group key finalized this header on this chain.
    #[error("the block is not final under this group key: {0}")]
    Finality(String),
    /// A value cannot be read.
    #[error("{what} cannot be read: {why}")]
    Value {
        /// Which value.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A value is not in the state of the final block.
    #[error("{what} is not in the state of the block: {why}")]
    Unproven {
        /// Which value.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The workload has not ended.
    #[error("the workload is still {}", .0.word())]
    NotEnded(State),
    /// Something that belongs into this receipt is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Something does not belong into this receipt.
    #[error("{0} does not belong into this receipt")]
    Superfluous(&'static str),
    /// The draw is another attempt's.
    #[error("the draw is another attempt's")]
    OtherDraw,
    /// The beacon of the draw is not the group's for that height.
    #[error("the beacon of height {0} does not hold under this group key")]
    Beacon(Height),
    /// A test whose attempts are not exactly one, of the prover that it tests.
    #[error("the test is not one attempt of the prover that it tests")]
    Test,
    /// The draw names another prover.
    #[error("the beacon draws another prover")]
    Prover,
    /// The certificate does not show that two thirds of the verdict set found the proof valid.
    #[error("the certificate of the proof does not hold: {0}")]
    Certificate(#[from] CertificateError),
    /// The certificate says something else than *valid*.
    #[error("the certificate says {}", .0.word())]
    NotValid(Verdict),
    /// The proof that came with the receipt is another than was verified.
    #[error("the proof in the receipt is another than was verified")]
    Proof,
}

/// Checks a receipt against a group key, with nothing else, and tells what it shows.
///
/// # Errors
/// When any link of the evidence does not hold, is missing, or is there without need.
pub fn check(bytes: &[u8], group_key: &GroupKey) -> Result<Checked, ReceiptError> {
    let receipt = Receipt::decode(bytes)?;
    let anchored = anchor(&receipt, group_key)?;
    judge(receipt.chain, &anchored, receipt.bundle.as_deref(), group_key)
}

/// Judges what was found in the state of a final block.
pub(crate) fn judge(
    chain: ChainId,
    anchored: &Anchored,
    bundle: Option<&[u8]>,
    group_key: &GroupKey,
) -> Result<Checked, ReceiptError> {
    let workload = &anchored.workload;
    let end = workload.end.filter(|_| workload.state.is_end()).ok_or(ReceiptError::NotEnded(workload.state))?;
    let draw = check_draw(chain, workload, anchored.draw.as_ref(), group_key)?;
    let proof = check_proof(chain, workload, anchored.set.as_ref(), bundle)?;
    Ok(Checked {
        chain,
        height: Height(anchored.header.height),
        block: types::BlobId(anchored.header.hash()),
        time: ChainTime(anchored.header.time_ms),
        workload: workload.id,
        kind: workload.kind,
        sender: workload.sender,
        program: workload.run.program,
        state: workload.state,
        reason: end.reason,
        created: workload.created,
        ended: end.at,
        resources: workload.run.resources,
        compute_max: workload.run.compute_max,
        statement: workload.run.statement().map(StatementInput::from).collect(),
        attempts: workload.attempts.iter().map(CheckedAttempt::from).collect(),
        draw,
        proof,
        fees: fees(workload, &end),
    })
}

fn fees(workload: &Workload, end: &End) -> Fees {
    Fees {
        locked: workload.fee.total().unwrap_or_default(),
        to_prover: end.to_prover,
        to_verdicts: end.to_verdicts,
        refunded: end.refunded,
        burned: end.burned,
    }
}

/// Repeats the draw of the last attempt (rules 5 and 6). A test of a prover's capacity is not drawn (rule 13).
fn check_draw(
    chain: ChainId,
    workload: &Workload,
    draw: Option<&Draw>,
    group_key: &GroupKey,
) -> Result<Option<CheckedDraw>, ReceiptError> {
    if workload.kind == Kind::Test {
        return check_test(workload, draw).map(|()| None);
    }
    let (attempt, draw) = match (workload.attempts.last(), draw) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(ReceiptError::Superfluous("a draw")),
        (Some(_), None) => return Err(ReceiptError::Missing("the draw")),
        (Some(attempt), Some(draw)) => (attempt, draw),
    };
    if !is_draw_of(draw, workload, attempt) {
        return Err(ReceiptError::OtherDraw);
    }
    if !draw.beacon.verify(group_key, chain, draw.height) {
        return Err(ReceiptError::Beacon(draw.height));
    }
    if draw.winner() != Some(attempt.prover) {
        return Err(ReceiptError::Prover);
    }
    Ok(Some(CheckedDraw::from(draw)))
}

/// A test has one attempt, that of the prover that it tests, and no draw.
fn check_test(workload: &Workload, draw: Option<&Draw>) -> Result<(), ReceiptError> {
    let own = matches!(&*workload.attempts, [attempt] if attempt.prover == workload.sender);
    match (own, draw) {
        (true, None) => Ok(()),
        (true, Some(_)) => Err(ReceiptError::Superfluous("a draw")),
        (false, _) => Err(ReceiptError::Test),
    }
}

fn is_draw_of(draw: &Draw, workload: &Workload, attempt: &Attempt) -> bool {
    draw.workload == workload.id
        && usize::from(draw.attempt) == workload.attempts.len()
        && draw.height == attempt.drawn_by
}

/// Checks the certificate of the verified proof (rule 11), and the proof itself where the receipt holds it.
fn check_proof(
    chain: ChainId,
    workload: &Workload,
    set: Option<&VerdictSet>,
    bundle: Option<&[u8]>,
) -> Result<Option<CheckedProof>, ReceiptError> {
    if workload.state != State::Verified {
        return match (set, bundle) {
            (Some(_), _) => Err(ReceiptError::Superfluous("a verdict set")),
            (_, Some(_)) => Err(ReceiptError::Superfluous("a proof")),
            (None, None) => Ok(None),
        };
    }
    let (number, _, announced, certificate) =
        workload.verified().ok_or(ReceiptError::Missing("the certificate of the proof"))?;
    let set = set.ok_or(ReceiptError::Missing("the verdict set"))?;
    let subject = Subject { workload: workload.id, attempt: number, proof: announced.proof };
    certificate.verify(chain, &subject, &set.members)?;
    if certificate.verdict != Verdict::Valid {
        return Err(ReceiptError::NotValid(certificate.verdict));
    }
    let bundle = bundle.map(|bytes| read_bundle(bytes, announced.proof)).transpose()?;
    Ok(Some(CheckedProof {
        id: announced.proof,
        size: announced.size,
        verdicts: certificate.signers().count(),
        set: set.members.len(),
        bonds_permille: permille(certificate, set),
        public_values: bundle.as_ref().map(|bundle| hex::encode(&bundle.public)),
        bytes: bundle.map(|bundle| hex::encode(bundle.proof)),
    }))
}

/// The bonds of the signers in thousandths of all, rounded down.
fn permille(certificate: &Certificate, set: &VerdictSet) -> u16 {
    let signers = certificate.signers().filter_map(|index| set.members.get(index));
    let share = bonds(signers).saturating_mul(1000).checked_div(bonds(&set.members));
    share.and_then(|share| u16::try_from(share).ok()).unwrap_or_default()
}

fn read_bundle(bytes: &[u8], proof: BlobId) -> Result<Bundle, ReceiptError> {
    if BlobId::of(bytes) != proof {
        return Err(ReceiptError::Proof);
    }
    let unread = |error: codec::CodecError| ReceiptError::Value { what: "the proof", why: error.to_string() };
    codec::decode(bytes, PROOF_MAX as usize).map_err(unread)
}

#[cfg(test)]
mod tests;
