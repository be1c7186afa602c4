use super::{Held, hold};
use std::collections::BTreeMap;

/// All nodes have the same block, the same outcome and the same state at every height, and so the same allocations.
#[derive(Default)]
pub struct Agreement {
    seen: BTreeMap<(u64, &'static str), ([u8; 32], usize)>,
}

impl Agreement {
    /// A node finds this at a height: `what` it is, and its hash.
    ///
    /// # Errors
    /// When another node found something else there.
    pub fn found(&mut self, node: usize, height: u64, what: &'static str, hash: [u8; 32]) -> Held {
        let (first, by) = *self.seen.entry((height, what)).or_insert((hash, node));
        hold(first == hash, || format!("nodes {by} and {node} disagree about the {what} at height {height}"))
    }

    /// Heights at which something was found.
    #[must_use]
    pub fn heights(&self) -> usize {
        self.seen.keys().filter(|(_, what)| *what == "block").count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_root_at_a_common_height_is_found() {
        let mut agreement = Agreement::default();
        assert_eq!(agreement.found(0, 7, "state root", [1; 32]), Ok(()));
        assert_eq!(agreement.found(1, 7, "state root", [1; 32]), Ok(()));
        assert_eq!(agreement.found(1, 8, "state root", [2; 32]), Ok(()));
        assert_eq!(agreement.found(1, 7, "block", [3; 32]), Ok(()));
        assert!(agreement.found(2, 7, "state root", [2; 32]).is_err());
    }
}
