//! How money moved in the latest blocks, by account: bounded, in memory, fed block by block without a gap.

use api::Movement;
use std::collections::{BTreeMap, VecDeque};
use types::{AccountId, record};

/// Movements that are remembered, of all accounts together.
const MOVEMENTS_MAX: usize = 128 * 1024;

/// What is remembered.
#[derive(Debug, Default)]
pub struct Money {
    /// The first and the last block of which every movement is remembered.
    span: Option<(u64, u64)>,
    /// The newest at the end.
    entries: VecDeque<Entry>,
    /// How many entries were forgotten: the number of the first that is still there.
    forgotten: u64,
    /// The numbers of each account's entries, ascending.
    of: BTreeMap<AccountId, VecDeque<u64>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    height: u64,
    time_ms: u64,
    place: u32,
    movement: record::Movement,
}

/// One page of an account's movements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Every movement from this height on is remembered.
    pub since: u64,
    /// Up to this height.
    pub height: u64,
    /// The movements, newest first.
    pub movements: Vec<Movement>,
    /// Whether there are older ones.
    pub more: bool,
}

impl Money {
    /// Takes in the movements of a block. One that comes again is passed over; after a gap everything begins anew.
    pub fn take(&mut self, height: u64, time_ms: u64, movements: &[record::Movement]) {
        match self.span {
            Some((_, last)) if height <= last => return,
            Some((first, last)) if height == last + 1 => self.span = Some((first, height)),
            _ => *self = Self { span: Some((height, height)), ..Self::default() },
        }
        for (place, movement) in (0..).zip(movements) {
            let number = self.forgotten + self.entries.len() as u64;
            self.entries.push_back(Entry { height, time_ms, place, movement: *movement });
            self.of.entry(movement.account).or_default().push_back(number);
        }
        while self.entries.len() > MOVEMENTS_MAX {
            self.forget();
        }
    }

    /// Forgets the oldest: of its block something is missing from now on.
    fn forget(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.forgotten += 1;
        if let Some((first, last)) = self.span {
            self.span = Some((first.max(oldest.height + 1), last));
        }
        if let Some(numbers) = self.of.get_mut(&oldest.movement.account) {
            numbers.pop_front();
            if numbers.is_empty() {
                self.of.remove(&oldest.movement.account);
            }
        }
    }

    /// The newest movements of an account, or the newest that are older than the one at `before`, a height and a place.
    #[must_use]
    pub fn page(&self, account: AccountId, limit: usize, before: Option<(u64, u32)>) -> Page {
        let (since, height) = self.span.unwrap_or_default();
        let mut page = Page { since, height, ..Page::default() };
        let Some(numbers) = self.of.get(&account) else { return page };
        let entry = |number: &u64| self.entries.get(usize::try_from(number - self.forgotten).ok()?);
        let older = |entry: &Entry| before.is_none_or(|before| (entry.height, entry.place) < before);
        let end = numbers.partition_point(|number| entry(number).is_some_and(older));
        let newest = numbers.range(..end).rev();
        page.movements = newest.take(limit).filter_map(entry).map(Entry::show).collect();
        page.more = page.movements.len() < end;
        page
    }
}

impl Entry {
    fn show(&self) -> Movement {
        Movement::new(&self.movement, self.height, self.time_ms, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Amount, record::Cause};

    fn movement(account: u8, amount: u64) -> record::Movement {
        let (account, amount) = (AccountId([account; 32]), Amount(amount));
        record::Movement { account, got: true, amount, cause: Cause::Transfer, about: None }
    }

    fn amounts(page: &Page) -> Vec<u64> {
        page.movements.iter().map(|it| it.amount.0).collect()
    }

    const ME: AccountId = AccountId([1; 32]);

    #[test]
    fn an_account_is_paged_newest_first() {
        let mut money = Money::default();
        money.take(4, 400, &[movement(1, 1), movement(2, 2), movement(1, 3)]);
        money.take(5, 500, &[]);
        money.take(6, 600, &[movement(1, 4)]);
        let first = money.page(ME, 2, None);
        assert_eq!((amounts(&first), first.more, first.since, first.height), (vec![4, 3], true, 4, 6));
        let last = first.movements.last().expect("a movement");
        assert_eq!((last.height, last.time_ms, last.place), (4, 400, 2));
        let next = money.page(ME, 2, Some((last.height, last.place)));
        assert_eq!((amounts(&next), next.more), (vec![1], false));
        assert_eq!(money.page(AccountId([9; 32]), 2, None).movements, []);
        assert_eq!(money.page(ME, 2, Some((0, 0))).movements, []);
    }

    #[test]
    fn a_block_that_comes_again_counts_once_and_a_gap_begins_anew() {
        let mut money = Money::default();
        for height in [7, 8, 8, 7] {
            money.take(height, 0, &[movement(1, height)]);
        }
        assert_eq!(amounts(&money.page(ME, 9, None)), [8, 7]);
        money.take(10, 0, &[movement(1, 10)]);
        let page = money.page(ME, 9, None);
        assert_eq!((amounts(&page), page.since, page.height), (vec![10], 10, 10));
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_says_from_where_on() {
        let mut money = Money::default();
        let block = vec![movement(1, 1); MOVEMENTS_MAX / 2 + 1];
        money.take(1, 0, &[movement(2, 2)]);
        for height in 2..=4 {
            money.take(height, 0, &block);
        }
        assert_eq!(money.entries.len(), MOVEMENTS_MAX);
        assert_eq!(money.of.len(), 1, "an account of which nothing is left is forgotten");
        let page = money.page(ME, 1, None);
        assert_eq!((page.since, page.height, page.more), (4, 4, true));
        assert_eq!(money.page(ME, 9, Some((0, 1))).movements, []);
    }
}
