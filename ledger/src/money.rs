//! Money (rules 3 and 12): every way it moves keeps the sum of balances, bonds, escrow and what was burned, and is recorded
//! with its cause.

use crate::work::{Outcomes, Stop, Work};
use types::{
    AccountId, Amount, List, Refusal,
    limits::MOVEMENTS_PER_PAGE,
    record::{Account, Cause, Movement, Movements, Totals},
    state_key,
};

const UNCOUNTABLE: Stop = Stop::Broken("an amount is above all money there is");

/// Why money moves: the cause, and the transaction or workload that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Why(pub(crate) Cause, pub(crate) Option<[u8; 32]>);

impl Work {
    /// An account; one that never had anything is there as well.
    pub(crate) fn account(&mut self, id: AccountId) -> Outcomes<Account> {
        Ok(self.find(state_key::account(id))?.unwrap_or_default())
    }

    /// Keeps an account, unless it is as one that never had anything.
    pub(crate) fn keep_account(&mut self, id: AccountId, account: &Account) {
        if *account == Account::default() {
            self.remove(state_key::account(id));
        } else {
            self.write(state_key::account(id), account);
        }
    }

    /// Moves money between accounts.
    pub(crate) fn pay(&mut self, from: AccountId, to: AccountId, amount: Amount, why: Why) -> Outcomes {
        self.require([from, to].map(state_key::account))?;
        self.take(from, amount, why)?;
        self.give(to, amount, why)
    }

    /// Locks money of an account for a workload.
    pub(crate) fn lock(&mut self, from: AccountId, amount: Amount, why: Why) -> Outcomes {
        self.take(from, amount, why)?;
        self.book(|totals| [&mut totals.balances, &mut totals.escrow], amount)
    }

    /// Pays out locked money.
    pub(crate) fn unlock(&mut self, to: AccountId, amount: Amount, why: Why) -> Outcomes {
        self.give(to, amount, why)?;
        self.book(|totals| [&mut totals.escrow, &mut totals.balances], amount)
    }

    /// Burns locked money.
    pub(crate) fn burn_locked(&mut self, amount: Amount) -> Outcomes {
        self.book(|totals| [&mut totals.escrow, &mut totals.burned], amount)
    }

    /// Takes money of an account into a bond.
    pub(crate) fn bond(&mut self, from: AccountId, amount: Amount, why: Why) -> Outcomes {
        self.take(from, amount, why)?;
        self.book(|totals| [&mut totals.balances, &mut totals.bonds], amount)
    }

    /// Pays money out of a bond.
    pub(crate) fn unbond(&mut self, to: AccountId, amount: Amount, why: Why) -> Outcomes {
        self.give(to, amount, why)?;
        self.book(|totals| [&mut totals.bonds, &mut totals.balances], amount)
    }

    /// Burns money out of a bond.
    pub(crate) fn burn_bond(&mut self, amount: Amount) -> Outcomes {
        self.book(|totals| [&mut totals.bonds, &mut totals.burned], amount)
    }

    /// Moves an amount from one total to another.
    fn book(&mut self, sides: impl FnOnce(&mut Totals) -> [&mut Amount; 2], amount: Amount) -> Outcomes {
        let [from, to] = sides(&mut self.meta.totals);
        *from = from.minus(amount).ok_or(UNCOUNTABLE)?;
        *to = to.plus(amount).ok_or(UNCOUNTABLE)?;
        Ok(())
    }

    fn take(&mut self, from: AccountId, amount: Amount, why: Why) -> Outcomes {
        let mut account = self.account(from)?;
        let short = Refusal::Funds { balance: account.balance, needed: amount };
        account.balance = account.balance.minus(amount).ok_or(short)?;
        self.keep_account(from, &account);
        self.moved(from, false, amount, why);
        Ok(())
    }

    fn give(&mut self, to: AccountId, amount: Amount, why: Why) -> Outcomes {
        if amount == Amount::ZERO {
            return Ok(());
        }
        let mut account = self.account(to)?;
        account.balance = account.balance.plus(amount).ok_or(UNCOUNTABLE)?;
        self.keep_account(to, &account);
        self.moved(to, true, amount, why);
        Ok(())
    }

    fn moved(&mut self, account: AccountId, got: bool, amount: Amount, Why(cause, about): Why) {
        if amount != Amount::ZERO {
            self.movements.push(Movement { account, got, amount, cause, about });
        }
    }

    /// Leaves the movements of the block under their keys, page by page; a block without any leaves what was there.
    pub(crate) fn keep_movements(&mut self) {
        let height = self.now().height;
        let pages: Vec<_> = self.movements.chunks(MOVEMENTS_PER_PAGE).map(<[Movement]>::to_vec).collect();
        let last = pages.len().saturating_sub(1);
        for (index, page) in pages.into_iter().enumerate() {
            let (more, entries) = (index < last, List::truncated(page));
            self.write(state_key::movements(height, index as u64), &Movements { height, more, entries });
        }
    }
}
