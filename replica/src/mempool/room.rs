//! What gives way to a transaction that comes into a full mempool. Nothing is changed here: it may yet be refused.

use super::{Mempool, Sender, Waiting};
use std::{collections::BTreeSet, ops::Bound};
use types::{
    AccountId, Refusal,
    limits::{MEMPOOL_BYTES, MEMPOOL_PER_SENDER},
};

impl Mempool {
    /// Whether a newcomer fits in with its sender's others: there is room, or it pays more than the one whose place it takes.
    /// Returns the bytes of that one.
    pub(super) fn replaced_bytes(&self, newcomer: &Waiting) -> Result<usize, Refusal> {
        let transaction = &newcomer.transaction.value;
        let Some(sender) = self.senders.get(&transaction.sender) else { return Ok(0) };
        match sender.waiting.get(&transaction.nonce) {
            Some(old) if old.rate() >= newcomer.rate() => Err(Refusal::Repeated),
            Some(old) => Ok(old.bytes),
            None if sender.waiting.len() >= MEMPOOL_PER_SENDER => Err(Refusal::Busy),
            None => Ok(0),
        }
    }

    /// What has to give way to a newcomer that frees so many bytes itself: the last transactions of senders, those that pay
    /// least first. None but those that pay less than it, and nothing that it has to wait for.
    pub(super) fn worse(&self, newcomer: &Waiting, freed: usize) -> Result<Vec<(AccountId, u64)>, Refusal> {
        let transaction = &newcomer.transaction.value;
        let last = |account: AccountId, sender: &Sender, before: Bound<u64>| {
            let mut nonces = sender.waiting.range((Bound::Unbounded, before));
            let (nonce, last) = nonces.next_back()?;
            let may_go = account != transaction.sender || *nonce > transaction.nonce;
            may_go.then(|| (last.rate(), account, *nonce))
        };
        let all = self.senders.iter();
        let mut lasts: BTreeSet<_> = all.filter_map(|(account, s)| last(*account, s, Bound::Unbounded)).collect();
        let mut left = self.bytes.saturating_add(newcomer.bytes).saturating_sub(freed);
        let mut gone = Vec::new();
        while left > MEMPOOL_BYTES {
            let (rate, account, nonce) = lasts.pop_first().ok_or(Refusal::Busy)?;
            let sender = self.senders.get(&account).filter(|_| rate < newcomer.rate()).ok_or(Refusal::Busy)?;
            left = left.saturating_sub(sender.waiting.get(&nonce).map_or(0, |waiting| waiting.bytes));
            gone.push((account, nonce));
            lasts.extend(last(account, sender, Bound::Excluded(nonce)));
        }
        Ok(gone)
    }
}
