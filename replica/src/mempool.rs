//! Transactions that wait for a block: by sender in nonce order, across senders by what they bring a leader for their size.
//!
//! What comes in was admitted against the last applied state ([`ledger::admission`]). Bounded in bytes and per sender: when
//! full, the sender whose last transaction brings least loses it, if the newcomer brings more. A sender replaces its own by one
//! with a higher fee limit. Transactions that users handed to
//! this node survive a restart and are told again until they are in a block or past.

mod room;

use crate::journal;
use crate::out::Out;
use std::collections::{BTreeMap, BTreeSet};
use types::{AccountId, Height, Refusal, TxId, codec, host::Notice, transaction::SignedTransaction};

/// How often a node tells its peers again of its own users' transactions, in milliseconds.
const TELL_AGAIN_MS: u64 = 3_000;
/// How often a transaction whose turn it is, and that gets into no block, is checked again, in milliseconds.
const CHECK_AGAIN_MS: u64 = 5_000;

/// A transaction that waits.
struct Waiting {
    id: TxId,
    transaction: SignedTransaction,
    bytes: usize,
    /// Whether a user handed it to this node.
    own: bool,
    told_ms: u64,
    checked_ms: u64,
}

impl Waiting {
    /// What a leader prefers: all pay one fee and so much for each byte, so a small one brings more for the room it takes. What
    /// a sender would pay at most says nothing: nobody has to.
    fn rate(&self) -> u64 {
        (1_u64 << 40).checked_div(self.bytes as u64).unwrap_or(0)
    }
}

/// Transactions of one sender.
#[derive(Default)]
struct Sender {
    /// The nonce of the state, as far as it is known.
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

/// Transactions that wait for a block.
#[derive(Default)]
pub(crate) struct Mempool {
    senders: BTreeMap<AccountId, Sender>,
    ids: BTreeSet<TxId>,
    /// The last transaction of every sender: those that pay least come first.
    lasts: BTreeSet<room::Last>,
    bytes: usize,
    /// Out of the journal, and not admitted by the state as it is now.
    recalled: Vec<SignedTransaction>,
}

impl Mempool {
    /// Sets aside a transaction out of the journal until the next block: after a crash the state may be behind the one that
    /// it was admitted against. What the journal holds bounds them.
    pub fn wait(&mut self, signed: SignedTransaction) {
        self.recalled.push(signed);
    }

    /// The transactions that were set aside.
    pub fn take_recalled(&mut self) -> Vec<SignedTransaction> {
        std::mem::take(&mut self.recalled)
    }

    /// Whether a transaction waits here.
    pub fn contains(&self, id: &TxId) -> bool {
        self.ids.contains(id)
    }

    /// Takes in an admitted transaction. `next` is the sender's nonce in the state. What has to give way is known before
    /// anything does: a newcomer that is refused changes nothing.
    pub fn insert(
        &mut self,
        signed: SignedTransaction,
        next: u64,
        own: bool,
        out: &mut Out<'_>,
    ) -> Result<TxId, Refusal> {
        let (id, nonce, account) = (signed.value.id(), signed.value.nonce, signed.value.sender);
        if self.contains(&id) {
            if own {
                self.adopt(&signed);
            }
            return Ok(id);
        }
        let bytes = codec::encode(&signed).len();
        let waiting = Waiting { id, transaction: signed, bytes, own, told_ms: out.now, checked_ms: out.now };
        let freed = self.replaced_bytes(&waiting)?;
        for (account, nonce) in self.worse(&waiting, freed)? {
            self.drop_at(account, nonce, Refusal::Busy, out);
        }
        self.drop_at(account, nonce, Refusal::NonceUsed { got: nonce, next: nonce.saturating_add(1) }, out);
        let last = self.last(account);
        let sender = self.senders.entry(account).or_default();
        sender.next = sender.next.max(next);
        sender.waiting.insert(nonce, waiting);
        self.note_last(account, last);
        self.ids.insert(id);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(id)
    }

    /// A user hands in what waits here already: from now on it is this node's own. Returns what waits, if it was not before:
    /// its signature is known to be right.
    pub fn adopt(&mut self, signed: &SignedTransaction) -> Option<&SignedTransaction> {
        let sender = self.senders.get_mut(&signed.value.sender)?;
        let waiting = sender.waiting.get_mut(&signed.value.nonce)?;
        let is_new = waiting.id == signed.value.id() && !waiting.own;
        waiting.own |= is_new;
        is_new.then_some(&waiting.transaction)
    }

    fn drop_at(&mut self, account: AccountId, nonce: u64, refusal: Refusal, out: &mut Out<'_>) {
        if let Some(waiting) = self.remove(account, nonce) {
            drop_waiting(&waiting, refusal, out);
        }
    }

    fn remove(&mut self, account: AccountId, nonce: u64) -> Option<Waiting> {
        let last = self.last(account);
        let sender = self.senders.get_mut(&account)?;
        let removed = sender.waiting.remove(&nonce)?;
        if sender.waiting.is_empty() {
            self.senders.remove(&account);
        }
        self.note_last(account, last);
        self.ids.remove(&removed.id);
        self.bytes = self.bytes.saturating_sub(removed.bytes);
        Some(removed)
    }

    /// A block is final: what it holds, and what it made impossible, leaves.
    pub fn applied<'a>(
        &mut self,
        included: impl Iterator<Item = &'a SignedTransaction>,
        height: Height,
        out: &mut Out<'_>,
    ) {
        for signed in included {
            self.included(signed, out);
        }
        let past = |waiting: &Waiting| waiting.transaction.value.valid_until <= height;
        let all = self.senders.iter().flat_map(|(account, sender)| {
            sender.waiting.iter().filter(|(_, waiting)| past(waiting)).map(|(nonce, _)| (*account, *nonce))
        });
        for (account, nonce) in all.collect::<Vec<_>>() {
            let Some(waiting) = self.remove(account, nonce) else { continue };
            let refusal = Refusal::Past { valid_until: waiting.transaction.value.valid_until, height };
            drop_waiting(&waiting, refusal, out);
        }
    }

    fn included(&mut self, signed: &SignedTransaction, out: &mut Out<'_>) {
        let (account, nonce, id) = (signed.value.sender, signed.value.nonce, signed.value.id());
        let Some(sender) = self.senders.get_mut(&account) else { return };
        let next = nonce.saturating_add(1);
        sender.next = sender.next.max(next);
        let used: Vec<u64> = sender.waiting.range(..next).map(|(nonce, _)| *nonce).collect();
        for nonce in used {
            let Some(waiting) = self.remove(account, nonce) else { continue };
            if waiting.id == id {
                forget(&waiting, out);
            } else {
                drop_waiting(&waiting, Refusal::NonceUsed { got: nonce, next }, out);
            }
        }
    }

    /// Tells peers again of own users' transactions.
    pub fn tell_again(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        let due = |waiting: &&mut Waiting| waiting.own && now.saturating_sub(waiting.told_ms) >= TELL_AGAIN_MS;
        for waiting in self.senders.values_mut().flat_map(|sender| sender.waiting.values_mut()).filter(due).take(64) {
            waiting.told_ms = now;
            out.tell_all(&types::gossip::Gossip::Transaction(waiting.transaction.clone()));
        }
    }

    /// Transactions whose turn it is, but that got into no block for a while: what decided about them may have changed.
    pub fn overdue(&mut self, now: u64) -> Vec<SignedTransaction> {
        let firsts = self.senders.values_mut().filter_map(|sender| sender.waiting.get_mut(&sender.next));
        let overdue = firsts.filter(|waiting| now.saturating_sub(waiting.checked_ms) >= CHECK_AGAIN_MS).take(16);
        let checked = overdue.map(|waiting| {
            waiting.checked_ms = now;
            waiting.transaction.clone()
        });
        checked.collect()
    }

    /// A transaction can no longer get into a block.
    pub fn refuse(&mut self, signed: &SignedTransaction, refusal: Refusal, out: &mut Out<'_>) {
        if !self.contains(&signed.value.id()) {
            return;
        }
        if let Some(waiting) = self.remove(signed.value.sender, signed.value.nonce) {
            drop_waiting(&waiting, refusal, out);
        }
    }

    /// The best transactions of at most `bytes_max` together, each sender's in nonce order, going on from what the
    /// ancestors of the block hold (`used`: the next nonce of their senders).
    pub fn peek(&self, bytes_max: usize, count_max: usize, used: &BTreeMap<AccountId, u64>) -> Vec<SignedTransaction> {
        let start = |account: &AccountId, sender: &Sender| sender.next.max(used.get(account).copied().unwrap_or(0));
        let mut heads: BTreeSet<(u64, AccountId, u64)> = BTreeSet::new();
        for (account, sender) in &self.senders {
            let nonce = start(account, sender);
            heads.extend(sender.waiting.get(&nonce).map(|waiting| (waiting.rate(), *account, nonce)));
        }
        let (mut chosen, mut bytes) = (Vec::new(), 0usize);
        while let Some((_, account, nonce)) = heads.pop_last() {
            let Some(sender) = self.senders.get(&account) else { continue };
            let Some(waiting) = sender.waiting.get(&nonce) else { continue };
            bytes = bytes.saturating_add(waiting.bytes);
            if bytes > bytes_max || chosen.len() >= count_max {
                break;
            }
            chosen.push(waiting.transaction.clone());
            let after = nonce.saturating_add(1);
            heads.extend(sender.waiting.get(&after).map(|waiting| (waiting.rate(), account, after)));
        }
        chosen
    }
}

fn forget(waiting: &Waiting, out: &mut Out<'_>) {
    if waiting.own {
        out.forget(journal::transaction(waiting.id));
    }
}

fn drop_waiting(waiting: &Waiting, refusal: Refusal, out: &mut Out<'_>) {
    forget(waiting, out);
    out.publish(Notice::Dropped { transaction: waiting.id, refusal });
}

#[cfg(test)]
mod tests;
