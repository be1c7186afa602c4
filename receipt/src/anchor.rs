//! From the group key to what lies in the state: the one place where finality and state proofs are checked.

use crate::{
    check::ReceiptError,
    finality::verify_finalization,
    format::{Proven, Receipt},
    state_proof::verify_value,
};
use borsh::BorshDeserialize;
use ports::{Header, Key};
use types::{Workload, beacon::GroupKey, codec, draw::Draw, limits::VALUE_MAX, record::VerdictSet, state_key};

/// What a final block's state says about one workload.
#[derive(Clone, Debug)]
pub(crate) struct Anchored {
    /// The final block.
    pub header: Header,
    /// The workload.
    pub workload: Workload,
    /// The draw of its last attempt, if the receipt holds one.
    pub draw: Option<Draw>,
    /// The verdict set of its verified attempt, if the receipt holds one.
    pub set: Option<VerdictSet>,
}

/// Checks finality, then each value under the key at which the workload's own record says it must lie.
pub(crate) fn anchor(receipt: &Receipt, group_key: &GroupKey) -> Result<Anchored, ReceiptError> {
    let header = Header::decode(&receipt.header).map_err(|error| ReceiptError::Header(error.to_string()))?;
    verify_finalization(&group_key.0, &receipt.chain.0, &header, &receipt.certificate)
        .map_err(|error| ReceiptError::Finality(error.to_string()))?;
    let values = Values { header: &header };
    let claimed: Workload = decode("the workload", &receipt.workload)?;
    let workload = values.shown("the workload", state_key::workload(claimed.id), &receipt.workload, claimed)?;
    let draw = receipt.draw.as_ref().map(|proven| values.draw(&workload, proven)).transpose()?;
    let set = receipt.set.as_ref().map(|proven| values.set(&workload, proven)).transpose()?;
    Ok(Anchored { header, workload, draw, set })
}

struct Values<'a> {
    header: &'a Header,
}

impl Values<'_> {
    fn shown<T>(&self, what: &'static str, key: Key, proven: &Proven, value: T) -> Result<T, ReceiptError> {
        verify_value(&self.header.state_root, &key, &proven.value, &proven.proof)
            .map_err(|error| ReceiptError::Unproven { what, why: error.to_string() })?;
        Ok(value)
    }

    fn draw(&self, workload: &Workload, proven: &Proven) -> Result<Draw, ReceiptError> {
        let last = u16::try_from(workload.attempts.len()).unwrap_or(u16::MAX);
        let draw = decode("the draw", proven)?;
        self.shown("the draw", state_key::draw(workload.id, last), proven, draw)
    }

    fn set(&self, workload: &Workload, proven: &Proven) -> Result<VerdictSet, ReceiptError> {
        let (_, _, announced, _) = workload.verified().ok_or(ReceiptError::Superfluous("a verdict set"))?;
        let set = decode("the verdict set", proven)?;
        self.shown("the verdict set", state_key::verdict_set(announced.set), proven, set)
    }
}

fn decode<T: BorshDeserialize>(what: &'static str, proven: &Proven) -> Result<T, ReceiptError> {
    codec::decode(&proven.value, VALUE_MAX).map_err(|error| ReceiptError::Value { what, why: error.to_string() })
}
