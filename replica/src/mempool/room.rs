//! What gives way to a transaction that comes into a full mempool. Nothing is changed here: it may yet be refused.

use super::{Mempool, Sender, Waiting};
use std::{collections::BTreeSet, ops::Bound};
use types::{
    AccountId, Refusal,
    limits::{MEMPOOL_BYTES, MEMPOOL_PER_SENDER},
};

/// The last transaction of a sender: what it brings, whose it is, its nonce.
pub(super) type Last = (u64, AccountId, u64);

impl Mempool {
    /// Whether a newcomer fits in with its sender's others: there is room, or its fee limit is higher than that of the one
    /// whose place it takes.
    /// Returns the bytes of that one.
    pub(super) fn replaced_bytes(&self, newcomer: &Waiting) -> Result<usize, Refusal> {
        let transaction = &newcomer.transaction.value;
        let Some(sender) = self.senders.get(&transaction.sender) else { return Ok(0) };
        match sender.waiting.get(&transaction.nonce) {
            Some(old) if old.transaction.value.fee_limit >= transaction.fee_limit => Err(Refusal::NonceTaken),
            Some(old) => Ok(old.bytes),
            None if sender.waiting.len() >= MEMPOOL_PER_SENDER => Err(Refusal::Busy),
            None => Ok(0),
        }
    }

    /// What has to give way to a newcomer that frees so many bytes itself: the last transactions of senders, those that bring
    /// least first. None but those that bring less than it, and nothing that it has to wait for.
    pub(super) fn worse(&self, newcomer: &Waiting, freed: usize) -> Result<Vec<(AccountId, u64)>, Refusal> {
        let mut left = self.bytes.saturating_add(newcomer.bytes).saturating_sub(freed);
        let transaction = &newcomer.transaction.value;
        let may_go = |(_, account, nonce): &Last| *account != transaction.sender || *nonce > transaction.nonce;
        // What is looked at is taken out of the index one by one: there may be many senders.
        let mut rest = self.lasts.iter().copied().filter(may_go);
        let (mut lasts, mut gone) = (BTreeSet::new(), Vec::new());
        while left > MEMPOOL_BYTES {
            lasts.extend(rest.next());
            let (rate, account, nonce) = lasts.pop_first().ok_or(Refusal::Busy)?;
            let sender = self.senders.get(&account).filter(|_| rate < newcomer.rate()).ok_or(Refusal::Busy)?;
            left = left.saturating_sub(sender.waiting.get(&nonce).map_or(0, |waiting| waiting.bytes));
            gone.push((account, nonce));
            lasts.extend(sender.last(account, Bound::Excluded(nonce)).filter(may_go));
        }
        Ok(gone)
    }

    /// The last transaction of a sender.
    pub(super) fn last(&self, account: AccountId) -> Option<Last> {
        self.senders.get(&account)?.last(account, Bound::Unbounded)
    }

    /// The transactions of a sender have changed; this was the last of them before.
    pub(super) fn note_last(&mut self, account: AccountId, before: Option<Last>) {
        let now = self.last(account);
        if now != before {
            before.map(|before| self.lasts.remove(&before));
            self.lasts.extend(now);
        }
    }
}

impl Sender {
    /// The last transaction before a nonce.
    fn last(&self, account: AccountId, before: Bound<u64>) -> Option<Last> {
        let (nonce, last) = self.waiting.range((Bound::Unbounded, before)).next_back()?;
        Some((last.rate(), account, *nonce))
    }
}
