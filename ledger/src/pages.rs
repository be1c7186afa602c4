//! Queues that lie in the state in pages: first in, first out, one page touched at either end.

use crate::work::{Outcomes, Stop, Work};
use borsh::{BorshDeserialize, BorshSerialize};
use ports::Key;
use types::{
    Height, List, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{Cursor, Meta},
    state_key,
};

const PAGE: u64 = PAGE_ENTRIES as u64;
const TORN: Stop = Stop::Broken("a page is not as long as its queue says");

/// The workloads that wait for a draw, in pages of [`types::record::Page`].
pub(crate) const QUEUE: Fifo<WorkloadId> = Fifo::new(state_key::queue, |meta| &mut meta.queue);

/// The heights whose beacons are wanted, in pages of [`types::record::HeightPage`].
pub(crate) const WANTED: Fifo<Height> = Fifo::new(state_key::wanted, |meta| &mut meta.wanted);

/// A queue in the state. An entry keeps its place within its page until the whole page is done; a queue that runs empty leaves
/// no page behind and goes on at the next.
pub(crate) struct Fifo<T> {
    page: fn(u64) -> Key,
    cursor: fn(&mut Meta) -> &mut Cursor,
    entries: std::marker::PhantomData<T>,
}

/// A page, encoded as the record of that name is.
type Entries<T> = List<T, PAGE_ENTRIES>;

/// The page and the place in it of the entry with this number.
pub(crate) fn place(number: u64) -> (u64, usize) {
    let (page, place) = (number.checked_div(PAGE), number.checked_rem(PAGE));
    (page.unwrap_or(0), place.and_then(|place| usize::try_from(place).ok()).unwrap_or(0))
}

impl<T: Copy + BorshSerialize + BorshDeserialize> Fifo<T> {
    const fn new(page: fn(u64) -> Key, cursor: fn(&mut Meta) -> &mut Cursor) -> Self {
        Self { page, cursor, entries: std::marker::PhantomData }
    }

    fn ends(&self, work: &mut Work) -> Cursor {
        *(self.cursor)(&mut work.meta)
    }

    /// The keys of the pages at both ends.
    pub(crate) fn ends_keys(&self, work: &mut Work) -> [Key; 2] {
        let Cursor { head, tail } = self.ends(work);
        [head, tail].map(|number| (self.page)(place(number).0))
    }

    /// How many entries wait.
    pub(crate) fn len(&self, work: &mut Work) -> u64 {
        let Cursor { head, tail } = self.ends(work);
        tail.saturating_sub(head)
    }

    /// Adds an entry at the end.
    pub(crate) fn push(&self, work: &mut Work, entry: T) -> Outcomes {
        let tail = self.ends(work).tail;
        let (page, place) = place(tail);
        let key = (self.page)(page);
        // Beyond the last entry there is no page.
        let fresh = place == 0;
        let mut entries: Entries<T> = if fresh { List::default() } else { work.read(key)? };
        if entries.len() != place || entries.push(entry).is_err() {
            return Err(TORN);
        }
        if fresh {
            work.create(key, &entries)
        } else {
            work.write(key, &entries)
        }
        (self.cursor)(&mut work.meta).tail = tail.checked_add(1).ok_or(TORN)?;
        Ok(())
    }

    /// The first entries, at most `count` of them.
    pub(crate) fn peek(&self, work: &mut Work, count: u64) -> Outcomes<Vec<T>> {
        let Cursor { head, tail } = self.ends(work);
        let end = head.saturating_add(count).min(tail);
        let mut first = Vec::new();
        for number in head..end {
            first.push(self.at(work, number)?);
        }
        Ok(first)
    }

    fn at(&self, work: &mut Work, number: u64) -> Outcomes<T> {
        let (page, place) = place(number);
        let entries: Entries<T> = work.read((self.page)(page))?;
        entries.get(place).copied().ok_or(TORN)
    }

    /// Takes the first entry.
    pub(crate) fn pop(&self, work: &mut Work) -> Outcomes<Option<T>> {
        let Cursor { head, tail } = self.ends(work);
        if head >= tail {
            return Ok(None);
        }
        let first = self.at(work, head)?;
        let head = head.checked_add(1).ok_or(TORN)?;
        let (next_page, start) = place(head);
        let cursor = (self.cursor)(&mut work.meta);
        cursor.head = head;
        if start == 0 {
            work.remove((self.page)(next_page.saturating_sub(1)));
        } else if head == tail {
            let fresh = next_page.checked_add(1).and_then(|page| page.checked_mul(PAGE)).ok_or(TORN)?;
            *cursor = Cursor { head: fresh, tail: fresh };
            work.remove((self.page)(next_page));
        }
        Ok(Some(first))
    }
}
