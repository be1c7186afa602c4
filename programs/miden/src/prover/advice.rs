//! Advice: what a program reads besides its stack, as Miden's input files have it.

use miden_core::{Felt, Word};
use miden_processor::{
    advice::AdviceInputs,
    crypto::merkle::{MerkleStore, MerkleTree, NodeIndex, PartialMerkleTree, SimpleSmt},
};
use program::Error;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Display};

const SPARSE_DEPTH: u8 = 64;

/// The last input of a run: JSON, every field may be absent. A word is `0x` and 64 hexadecimal digits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advice {
    /// Decimal numbers; the first is read first.
    pub advice_stack: Vec<String>,
    /// What `adv.push_mapval` finds under a word.
    pub advice_map: BTreeMap<String, Vec<u64>>,
    /// What `mtree_get` and its like know.
    pub merkle_store: Vec<Tree>,
}

/// A tree of the Merkle store.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tree {
    /// All leaves; a power of two.
    MerkleTree(Vec<String>),
    /// Index and value of the leaves that are not zero; depth 64.
    SparseMerkleTree(Vec<(u64, String)>),
    /// Depth, index and value of known nodes: enough to compute the root.
    PartialMerkleTree(Vec<((u8, u64), String)>),
}

impl Advice {
    /// Reads advice.
    ///
    /// # Errors
    ///
    /// When it is not JSON of this shape, a number is not below the field's order, or a tree cannot be built.
    pub fn decode(bytes: &[u8]) -> Result<AdviceInputs, Error> {
        let advice: Self = serde_json::from_slice(bytes).map_err(|error| malformed("JSON", error))?;
        let stack: Result<Vec<Felt>, Error> = advice.advice_stack.iter().map(|number| decimal(number)).collect();
        let mut store = MerkleStore::default();
        for tree in &advice.merkle_store {
            tree.add_to(&mut store)?;
        }
        Ok(AdviceInputs { stack: stack?, map: map(&advice.advice_map)?.into(), store })
    }
}

impl Tree {
    fn add_to(&self, store: &mut MerkleStore) -> Result<(), Error> {
        match self {
            Self::MerkleTree(leaves) => {
                let leaves: Result<Vec<Word>, Error> = leaves.iter().map(|leaf| word(leaf)).collect();
                store.extend(MerkleTree::new(leaves?).map_err(|error| malformed("tree", error))?.inner_nodes());
            }
            Self::SparseMerkleTree(leaves) => {
                let leaves: Result<Vec<_>, Error> =
                    leaves.iter().map(|(index, leaf)| Ok((*index, word(leaf)?))).collect();
                let tree = SimpleSmt::<SPARSE_DEPTH>::with_leaves(leaves?);
                store.extend(tree.map_err(|error| malformed("sparse tree", error))?.inner_nodes());
            }
            Self::PartialMerkleTree(nodes) => {
                let nodes: Result<Vec<_>, Error> = nodes.iter().map(node).collect();
                let tree = PartialMerkleTree::with_leaves(nodes?);
                store.extend(tree.map_err(|error| malformed("partial tree", error))?.inner_nodes());
            }
        }
        Ok(())
    }
}

fn node(((depth, index), value): &((u8, u64), String)) -> Result<(NodeIndex, Word), Error> {
    Ok((NodeIndex::new(*depth, *index).map_err(|error| malformed("place", error))?, word(value)?))
}

fn map(entries: &BTreeMap<String, Vec<u64>>) -> Result<BTreeMap<Word, Vec<Felt>>, Error> {
    let elements = |numbers: &Vec<u64>| numbers.iter().map(|number| element(*number)).collect::<Result<_, _>>();
    entries.iter().map(|(key, numbers)| Ok((word(key)?, elements(numbers)?))).collect()
}

fn word(text: &str) -> Result<Word, Error> {
    Word::try_from(text).map_err(|error| malformed("word", error))
}

fn decimal(text: &str) -> Result<Felt, Error> {
    element(text.parse().map_err(|error| malformed("number", error))?)
}

fn element(number: u64) -> Result<Felt, Error> {
    Felt::new(number).map_err(|error| malformed("number", error))
}

fn malformed(what: &str, error: impl Display) -> Error {
    Error::new(format!("malformed advice, {what}: {error}"))
}
