//! What a page is told of a receipt that holds.

use receipt::{BOUND, Checked, NOT_BOUND, Receipt, ReceiptError};
use serde::Serialize;
use types::{
    AccountId, Amount, Beacon, Height, Workload, beacon::GroupKey, codec, draw::Draw, limits::VALUE_MAX,
    record::VerdictSet,
};

/// What a page gets.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Every link of the evidence holds.
    Checked(Box<Report>),
    /// One does not.
    Refused(String),
}

/// What the receipt shows, with what decided.
#[derive(Serialize)]
pub struct Report {
    /// What the group key binds.
    pub checked: Checked,
    /// The draw of the last attempt, to be repeated.
    pub draw: Option<DrawShown>,
    /// Of a verified workload: each member of the verdict set.
    pub verdicts: Vec<VerdictShown>,
    /// What the key vouches for.
    pub bound: &'static [&'static str],
    /// What it does not vouch for.
    pub not_bound: &'static [&'static str],
}

/// Everything that decided a draw.
#[derive(Serialize)]
pub struct DrawShown {
    /// The attempt that it was for.
    pub attempt: u16,
    /// The height whose beacon decided.
    pub height: Height,
    /// That beacon.
    pub beacon: Beacon,
    /// Who took part.
    pub candidates: Vec<CandidateShown>,
}

/// A prover that took part in a draw.
#[derive(Serialize)]
pub struct CandidateShown {
    /// The prover.
    pub prover: AccountId,
    /// Its tickets.
    pub tickets: u32,
}

/// A member of a verdict set.
#[derive(Serialize)]
pub struct VerdictShown {
    /// The prover.
    pub prover: AccountId,
    /// What its verdict weighs.
    pub bond: Amount,
    /// Whether its verdict of *valid* is in the certificate.
    pub signed: bool,
}

/// Checks a receipt, and tells what it shows.
///
/// # Errors
/// When the receipt does not hold.
pub fn report(file: &[u8], key: &GroupKey) -> Result<Report, ReceiptError> {
    let checked = receipt::check(file, key)?;
    // It was checked: what is read again here is what the key binds.
    let receipt = Receipt::decode(file)?;
    let draw = receipt.draw.and_then(|proven| codec::decode::<Draw>(&proven.value, VALUE_MAX).ok());
    let workload = codec::decode::<Workload>(&receipt.workload.value, VALUE_MAX).ok();
    let set = receipt.set.and_then(|proven| codec::decode::<VerdictSet>(&proven.value, VALUE_MAX).ok());
    let verdicts = workload.zip(set).map(|(workload, set)| verdicts(&workload, &set)).unwrap_or_default();
    Ok(Report { checked, draw: draw.map(DrawShown::from), verdicts, bound: BOUND, not_bound: NOT_BOUND })
}

fn verdicts(workload: &Workload, set: &VerdictSet) -> Vec<VerdictShown> {
    let Some((_, _, _, certificate)) = workload.verified() else { return Vec::new() };
    let signed = |place: usize| certificate.signers.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
    let shown = |(place, member): (usize, &types::verdict::Member)| VerdictShown {
        prover: member.account,
        bond: member.bond,
        signed: signed(place),
    };
    set.members.iter().enumerate().map(shown).collect()
}

impl From<Draw> for DrawShown {
    fn from(draw: Draw) -> Self {
        let candidate = |it: &types::draw::Candidate| CandidateShown { prover: it.prover, tickets: it.tickets };
        Self {
            attempt: draw.attempt,
            height: draw.height,
            beacon: draw.beacon,
            candidates: draw.candidates.iter().map(candidate).collect(),
        }
    }
}
