//! Transactions that wait for a block: by sender in nonce order, across senders by fee for their size.
//!
//! What comes in was admitted against the last applied state ([`ledger::admission`]). Bounded in bytes and per sender: when
//! full, the sender whose last transaction pays least loses it, if the newcomer pays more. Transactions that users handed to
//! this node survive a restart and are told again until they are in a block or past.

use crate::journal;
use crate::out::Out;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Amount, Height, Refusal, TxId, codec,
    host::Notice,
    limits::{MEMPOOL_BYTES, MEMPOOL_PER_SENDER},
    transaction::SignedTransaction,
};

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
    /// Fee offered for each KiB: what leaders prefer.
    fn rate(&self) -> u64 {
        let Amount(fee) = self.transaction.value.fee_limit;
        fee.saturating_mul(1024).checked_div(self.bytes as u64).unwrap_or(0)
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

    /// Takes in an admitted transaction. `next` is the sender's nonce in the state.
    pub fn insert(&mut self, signed: SignedTransaction, next: u64, own: bool, now: u64) -> Result<TxId, Refusal> {
        let (id, nonce, account) = (signed.value.id(), signed.value.nonce, signed.value.sender);
        let bytes = codec::encode(&signed).len();
        let waiting = Waiting { id, transaction: signed, bytes, own, told_ms: now, checked_ms: now };
        self.make_room(&waiting)?;
        let sender = self.senders.entry(account).or_default();
        sender.next = sender.next.max(next);
        if sender.waiting.len() >= MEMPOOL_PER_SENDER && !sender.waiting.contains_key(&nonce) {
            return Err(Refusal::Busy);
        }
        if let Some(old) = sender.waiting.get(&nonce).filter(|old| old.rate() >= waiting.rate()) {
            return if old.id == id { Ok(id) } else { Err(Refusal::Repeated) };
        }
        self.ids.insert(id);
        self.bytes = self.bytes.saturating_add(bytes);
        if let Some(replaced) = sender.waiting.insert(nonce, waiting) {
            self.ids.remove(&replaced.id);
            self.bytes = self.bytes.saturating_sub(replaced.bytes);
        }
        Ok(id)
    }

    /// Drops the worst last transaction of a sender while there is no room, unless the newcomer is worse.
    fn make_room(&mut self, newcomer: &Waiting) -> Result<(), Refusal> {
        while self.bytes.saturating_add(newcomer.bytes) > MEMPOOL_BYTES {
            let lasts = self.senders.iter().filter_map(|(account, sender)| {
                let (nonce, last) = sender.waiting.last_key_value()?;
                Some((last.rate(), *account, *nonce))
            });
            let (rate, account, nonce) = lasts.min().ok_or(Refusal::Busy)?;
            if rate >= newcomer.rate() {
                return Err(Refusal::Busy);
            }
            self.remove(account, nonce);
        }
        Ok(())
    }

    fn remove(&mut self, account: AccountId, nonce: u64) -> Option<Waiting> {
        let sender = self.senders.get_mut(&account)?;
        let removed = sender.waiting.remove(&nonce)?;
        if sender.waiting.is_empty() {
            self.senders.remove(&account);
        }
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
mod tests {
    use super::*;
    use types::{Call, ChainId, SecretKey, Signed, Transaction};

    fn signed(seed: u8, nonce: u64, fee: u64) -> SignedTransaction {
        let secret = SecretKey::from_bytes(&[seed; 32]).expect("key");
        let value = Transaction {
            chain: ChainId([0; 32]),
            sender: secret.account(),
            nonce,
            fee_limit: Amount(fee),
            valid_until: Height(10),
            call: Call::Transfer { to: AccountId([9; 32]), amount: Amount(1) },
        };
        Signed::new(value, &secret)
    }

    fn nonces(chosen: &[SignedTransaction]) -> Vec<(u8, u64)> {
        let names = [1u8, 2].map(|seed| (SecretKey::from_bytes(&[seed; 32]).expect("key").account(), seed));
        let name = |account| names.iter().find(|(other, _)| *other == account).expect("known").1;
        chosen.iter().map(|signed| (name(signed.value.sender), signed.value.nonce)).collect()
    }

    #[test]
    fn the_best_fee_comes_first_and_nonces_stay_in_order() {
        let mut pool = Mempool::default();
        for signed in [signed(1, 1, 900), signed(1, 0, 10), signed(2, 0, 50), signed(2, 2, 999)] {
            pool.insert(signed, 0, false, 0).expect("room");
        }
        let chosen = pool.peek(usize::MAX, 10, &BTreeMap::new());
        assert_eq!(nonces(&chosen), [(2, 0), (1, 0), (1, 1)]);
    }

    #[test]
    fn what_ancestors_hold_is_passed_over() {
        let mut pool = Mempool::default();
        for nonce in 0..3 {
            pool.insert(signed(1, nonce, 10), 0, false, 0).expect("room");
        }
        let used = BTreeMap::from([(signed(1, 0, 0).value.sender, 2)]);
        assert_eq!(nonces(&pool.peek(usize::MAX, 10, &used)), [(1, 2)]);
    }

    #[test]
    fn an_included_nonce_and_a_past_height_empty_the_pool() {
        let mut pool = Mempool::default();
        let (first, rival, later) = (signed(1, 0, 10), signed(1, 0, 11), signed(1, 1, 10));
        pool.insert(first.clone(), 0, true, 0).expect("room");
        assert_eq!(pool.insert(signed(1, 0, 10), 0, false, 0), Ok(first.value.id()));
        assert_eq!(pool.insert(signed(1, 0, 9), 0, false, 0), Err(Refusal::Repeated));
        pool.insert(later, 0, false, 0).expect("room");
        let mut actions = Vec::new();
        let mut out = Out { now: 0, actions: &mut actions };
        pool.applied([rival].iter(), Height(1), &mut out);
        assert!(!pool.contains(&first.value.id()));
        assert_eq!(pool.ids.len(), 1);
        pool.applied([].iter(), Height(10), &mut out);
        assert_eq!((pool.bytes, pool.ids.len(), pool.senders.len()), (0, 0, 0));
    }

    #[test]
    fn a_sender_cannot_fill_the_pool() {
        let mut pool = Mempool::default();
        for nonce in 0..MEMPOOL_PER_SENDER as u64 {
            pool.insert(signed(1, nonce, 10), 0, false, 0).expect("room");
        }
        assert_eq!(pool.insert(signed(1, 999, 10), 0, false, 0), Err(Refusal::Busy));
        assert!(pool.insert(signed(2, 0, 10), 0, false, 0).is_ok());
    }
}
