//! Money (rules 3 and 12): every way it moves keeps the sum of balances, bonds, escrow and what was burned.

use crate::work::{Outcomes, Stop, Work};
use types::{AccountId, Amount, Refusal, record::Account, state_key};

const UNCOUNTABLE: Stop = Stop::Broken("an amount is above all money there is");

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
    pub(crate) fn pay(&mut self, from: AccountId, to: AccountId, amount: Amount) -> Outcomes {
        self.require([from, to].map(state_key::account))?;
        self.take(from, amount)?;
        self.give(to, amount)
    }

    /// Locks money of an account for a workload.
    pub(crate) fn lock(&mut self, from: AccountId, amount: Amount) -> Outcomes {
        self.take(from, amount)?;
        let totals = &mut self.meta.totals;
        totals.balances = totals.balances.minus(amount).ok_or(UNCOUNTABLE)?;
        totals.escrow = totals.escrow.plus(amount).ok_or(UNCOUNTABLE)?;
        Ok(())
    }

    /// Pays out locked money.
    pub(crate) fn unlock(&mut self, to: AccountId, amount: Amount) -> Outcomes {
        if amount == Amount::ZERO {
            return Ok(());
        }
        self.give(to, amount)?;
        let totals = &mut self.meta.totals;
        totals.escrow = totals.escrow.minus(amount).ok_or(UNCOUNTABLE)?;
        totals.balances = totals.balances.plus(amount).ok_or(UNCOUNTABLE)?;
        Ok(())
    }

    /// Burns locked money.
    pub(crate) fn burn_locked(&mut self, amount: Amount) -> Outcomes {
        let totals = &mut self.meta.totals;
        totals.escrow = totals.escrow.minus(amount).ok_or(UNCOUNTABLE)?;
        totals.burned = totals.burned.plus(amount).ok_or(UNCOUNTABLE)?;
        Ok(())
    }

    fn take(&mut self, from: AccountId, amount: Amount) -> Outcomes {
        let mut account = self.account(from)?;
        let short = Refusal::Funds { balance: account.balance, needed: amount };
        account.balance = account.balance.minus(amount).ok_or(short)?;
        self.keep_account(from, &account);
        Ok(())
    }

    fn give(&mut self, to: AccountId, amount: Amount) -> Outcomes {
        let mut account = self.account(to)?;
        account.balance = account.balance.plus(amount).ok_or(UNCOUNTABLE)?;
        self.keep_account(to, &account);
        Ok(())
    }
}
