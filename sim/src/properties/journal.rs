use super::{Held, hold};
use bytes::Bytes;
use std::collections::BTreeMap;

/// What a node persisted is there after a crash, and what binds it is durable before it is sent.
///
/// An engine drains one outbox at a time, in order. So when a node starts again it finds everything of all outboxes but the
/// last, and of the last one a part from its beginning.
#[derive(Default)]
pub struct Journal {
    /// After all outboxes but the last.
    kept: BTreeMap<Bytes, Bytes>,
    /// What the last outbox persists, in order.
    last: Vec<(Bytes, Option<Bytes>)>,
}

impl Journal {
    /// A new outbox: the one before is done.
    pub fn next_outbox(&mut self) {
        for (key, value) in std::mem::take(&mut self.last) {
            put(&mut self.kept, key, value);
        }
    }

    /// The outbox persists something.
    pub fn persist(&mut self, key: Bytes, value: Option<Bytes>) {
        self.last.push((key, value));
    }

    /// The outbox sends something that must be durable: its encoding was persisted before.
    ///
    /// # Errors
    /// When it was not.
    pub fn sends(&self, encoded: &[u8]) -> Held {
        let last = self.last.iter().filter_map(|(_, value)| value.as_ref());
        let durable = self.kept.values().chain(last).any(|value| value == encoded);
        hold(durable, || "a node sends what binds it before that is durable".into())
    }

    /// The node starts with this.
    ///
    /// # Errors
    /// When something is missing, or there that should not be.
    pub fn starts(&mut self, found: &[(Bytes, Bytes)]) -> Held {
        let found: BTreeMap<Bytes, Bytes> = found.iter().cloned().collect();
        let mut possible = self.kept.clone();
        let mut right = possible == found;
        for (key, value) in std::mem::take(&mut self.last) {
            put(&mut possible, key, value);
            right |= possible == found;
        }
        let counts = (found.len(), possible.len());
        self.kept = found;
        hold(right, || format!("a node starts with {} kept values, where it should have about {}", counts.0, counts.1))
    }
}

fn put(kept: &mut BTreeMap<Bytes, Bytes>, key: Bytes, value: Option<Bytes>) {
    match value {
        Some(value) => kept.insert(key, value),
        None => kept.remove(&key),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: (Bytes, Bytes) = (Bytes::from_static(b"a"), Bytes::from_static(b"1"));
    const B: (Bytes, Bytes) = (Bytes::from_static(b"b"), Bytes::from_static(b"2"));

    fn journal() -> Journal {
        let mut journal = Journal::default();
        journal.persist(A.0, Some(A.1));
        journal.next_outbox();
        journal.persist(B.0, Some(B.1));
        journal.persist(A.0, None);
        journal
    }

    #[test]
    fn every_beginning_of_the_last_outbox_is_right() {
        for found in [vec![A], vec![A, B], vec![B]] {
            assert_eq!(journal().starts(&found), Ok(()));
        }
    }

    #[test]
    fn what_was_lost_or_made_up_is_found() {
        assert!(journal().starts(&[]).is_err());
        assert!(journal().starts(&[(A.0, B.1)]).is_err());
        assert!(Journal::default().starts(&[A]).is_err());
    }

    #[test]
    fn what_is_sent_before_it_is_durable_is_found() {
        assert_eq!(journal().sends(b"1"), Ok(()));
        assert_eq!(journal().sends(b"2"), Ok(()));
        assert!(journal().sends(b"3").is_err());
    }
}
