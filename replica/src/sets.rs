//! The verdict sets that this node has read: that of the present epoch, and earlier ones that still judge a proof.

use std::collections::BTreeMap;
use types::{AccountId, VerdictKey, record::VerdictSet};

/// Versions that are remembered; the oldest gives way, and is read again when it is needed.
const KEPT: usize = 8;

/// Verdict sets by their versions.
#[derive(Default)]
pub(crate) struct Sets {
    /// The version in force; 0 until it is known.
    present: u64,
    known: BTreeMap<u64, VerdictSet>,
}

impl Sets {
    /// The version in force.
    pub const fn present(&self) -> u64 {
        self.present
    }

    /// Another version is in force.
    pub const fn advance(&mut self, version: u64) {
        self.present = version;
    }

    /// A set was read.
    pub fn insert(&mut self, version: u64, set: VerdictSet) {
        self.known.insert(version, set);
        if self.known.len() > KEPT {
            self.known.pop_first();
        }
    }

    /// A version, the one in force unless told, if it was read.
    pub fn get(&self, version: Option<u64>) -> Option<&VerdictSet> {
        self.known.get(&version.unwrap_or(self.present))
    }

    /// The verdict key of a prover that is in any of the sets. It never changes.
    pub fn key(&self, prover: AccountId) -> Option<&VerdictKey> {
        self.known.values().rev().find_map(|set| {
            let place = set.members.binary_search_by_key(&prover, |member| member.account).ok()?;
            set.members.get(place).map(|member| &member.key)
        })
    }
}
