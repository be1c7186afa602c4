//! Genesis: what everybody agrees on before the first block.

use crate::{
    AccountId, Amount, ChainId, ChainTime, Data, List, Millis, Params, Program, Resources, Text,
    beacon::GroupKey,
    hex_bytes,
    id::hash_in,
    limits::{GENESIS_ACCOUNTS_MAX, PROVERS_MAX, TEXT_MAX, UNITS_MAX, VALIDATORS_MAX},
    verdict::{VerdictKey, VerdictSignature},
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

hex_bytes!(
    /// The Ed25519 public key by which a node is known to its peers and to consensus.
    PeerId, 32
);

/// A validator of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    /// Its key as a node.
    pub peer: PeerId,
    /// Where its fees go.
    pub account: AccountId,
    /// Where peers reach it: `host:port`.
    pub address: Text<TEXT_MAX>,
    /// What it stands behind its seat with. Comes on top of the balances.
    #[serde(default)]
    pub bond: Amount,
}

/// A prover of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisProver {
    /// Its account.
    pub account: AccountId,
    /// Its verdict key.
    pub key: VerdictKey,
    /// Proof that it knows the secret of that key, bound to chain and account. Not part of the chain id.
    pub possession: VerdictSignature,
    /// What it has. Taken as tested.
    pub capacity: Resources,
    /// Where users reach its API, if it says: `http://host:port`.
    #[serde(default)]
    pub address: Text<TEXT_MAX>,
}

/// The built-in program that a prover runs to show that it has the capacity it declares (rule 13).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapacityTest {
    /// The program. Its artifacts are part of every node.
    pub program: Program,
    /// How long one test may compute.
    pub compute_max: Millis,
}

/// An account of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// The account.
    pub account: AccountId,
    /// What it holds.
    pub balance: Amount,
}

/// How the group key came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Ceremony {
    /// One party made all shares and knew them: for networks on one machine.
    Dealt = 0,
    /// The validators made it together, and nobody ever knew it.
    Distributed = 1,
}

/// What everybody agrees on before the first block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The network's name, for people.
    pub name: Text<TEXT_MAX>,
    /// Chain time before the first block.
    pub time: ChainTime,
    /// The parameters.
    #[serde(default)]
    pub params: Params,
    /// What new capacity is tested with.
    pub capacity_test: CapacityTest,
    /// The nodes that may be seated as validators, ascending by peer.
    pub validators: List<GenesisValidator, VALIDATORS_MAX>,
    /// The provers, ascending by account. Their bonds come on top of the balances.
    pub provers: List<GenesisProver, PROVERS_MAX>,
    /// The accounts, ascending.
    pub accounts: List<GenesisAccount, GENESIS_ACCOUNTS_MAX>,
    /// How the group key came to be.
    pub ceremony: Ceremony,
    /// The group key.
    pub group_key: GroupKey,
    /// What the ceremony made public, for the engine.
    pub output: Data<16384>,
    /// Version of the verifier's engine and fuel schedule: part of what is agreed on.
    pub verifier: Text<TEXT_MAX>,
}

/// Why something is no genesis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A parameter is out of its bounds.
    #[error("params.{name} is {got}, where {min} to {max} are allowed")]
    Param {
        /// The parameter.
        name: &'static str,
        /// Its value.
        got: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A list is empty or not strictly ascending.
    #[error("{0} must be ascending, without repetition, and not empty")]
    Order(&'static str),
    /// Two validators have one account: a bond is found by it.
    #[error("validators: {0} is the account of two")]
    Account(AccountId),
    /// A prover has not shown that it knows its verdict key, or a key is used twice.
    #[error("provers: {0} has not proved possession of its own verdict key")]
    Possession(AccountId),
    /// A prover's capacity is none or too much.
    #[error("provers: {0} must have 1 to {UNITS_MAX} cores")]
    Capacity(AccountId),
    /// The program that tests capacity asks for what no program may have.
    #[error("capacity_test: {0}")]
    Test(&'static str),
    /// There is more money than can be counted.
    #[error("accounts and bonds together are more than can be counted")]
    Supply,
}

impl Genesis {
    /// The network's name for machines: the hash of everything but the proofs of possession, which are bound to it.
    #[must_use]
    pub fn chain(&self) -> ChainId {
        let mut bare = self.clone();
        for prover in bare.provers.iter_mut() {
            prover.possession = VerdictSignature([0; 48]);
        }
        ChainId(hash_in("lemma 1 genesis", &bare))
    }

    /// The bond of a genesis prover.
    #[must_use]
    pub fn bond(&self, prover: &GenesisProver) -> Option<Amount> {
        self.params.bond_per_unit.times(u64::from(prover.capacity.cpus))
    }

    /// All money there is.
    #[must_use]
    pub fn supply(&self) -> Option<Amount> {
        let balances = self.accounts.iter().try_fold(Amount::ZERO, |sum, entry| sum.plus(entry.balance))?;
        let seats = self.validators.iter().try_fold(balances, |sum, validator| sum.plus(validator.bond))?;
        self.provers.iter().try_fold(seats, |sum, prover| sum.plus(self.bond(prover)?))
    }

    /// Checks everything that can be checked.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn check(&self) -> Result<(), GenesisError> {
        self.params.check()?;
        ascending("validators", self.validators.iter().map(|validator| validator.peer))?;
        ascending("provers", self.provers.iter().map(|prover| prover.account))?;
        ascending("accounts", self.accounts.iter().map(|entry| entry.account))?;
        let mut accounts = std::collections::BTreeSet::new();
        if let Some(twice) = self.validators.iter().find(|validator| !accounts.insert(validator.account)) {
            return Err(GenesisError::Account(twice.account));
        }
        self.check_provers()?;
        self.check_test()?;
        self.supply().map(|_| ()).ok_or(GenesisError::Supply)
    }

    fn check_provers(&self) -> Result<(), GenesisError> {
        let chain = self.chain();
        let mut keys = std::collections::BTreeSet::new();
        for prover in &self.provers {
            if prover.capacity.cpus == 0 || prover.capacity.cpus > UNITS_MAX {
                return Err(GenesisError::Capacity(prover.account));
            }
            let own = prover.key.is_possessed(chain, prover.account, &prover.possession);
            if !own || !keys.insert(prover.key) {
                return Err(GenesisError::Possession(prover.account));
            }
        }
        Ok(())
    }
}

impl Genesis {
    fn check_test(&self) -> Result<(), GenesisError> {
        let CapacityTest { program, compute_max } = &self.capacity_test;
        if program.fuel_limit == 0 || program.fuel_limit > self.params.fuel_max {
            return Err(GenesisError::Test("its fuel limit must be 1 to params.fuel_max"));
        }
        if compute_max.0 == 0 || *compute_max > self.params.compute_max {
            return Err(GenesisError::Test("compute_max must be 1 to params.compute_max"));
        }
        Ok(())
    }

    /// The validators of the first epochs: the `seats` largest bonds, ascending by peer; of equal ones the lower peers.
    #[must_use]
    pub fn first_seats(&self) -> Vec<PeerId> {
        let bonds = self.validators.iter().map(|validator| (validator.bond, validator.peer));
        seats(&self.params, bonds)
    }
}

/// Who sits: the `seats` largest bonds that reach the minimum, ascending by peer; of equal ones the lower peers. Where fewer
/// than four do, the largest bonds below it sit as well: a chain does not stop for want of bonds.
#[must_use]
pub fn seats(params: &Params, bonds: impl Iterator<Item = (Amount, PeerId)>) -> Vec<PeerId> {
    const FEWEST: usize = 4;
    let mut ranked: Vec<(std::cmp::Reverse<Amount>, PeerId)> =
        bonds.map(|(bond, peer)| (std::cmp::Reverse(bond), peer)).collect();
    ranked.sort_unstable();
    let rich = ranked.iter().filter(|(bond, _)| bond.0 >= params.validator_bond_min).count();
    let most = usize::try_from(params.seats).unwrap_or(usize::MAX);
    ranked.truncate(rich.max(FEWEST).min(most));
    let mut seats: Vec<PeerId> = ranked.into_iter().map(|(_, peer)| peer).collect();
    seats.sort_unstable();
    seats
}

fn ascending<T: Ord>(name: &'static str, values: impl Iterator<Item = T>) -> Result<(), GenesisError> {
    let values: Vec<T> = values.collect();
    let rises = values.iter().zip(values.iter().skip(1)).all(|(one, next)| one < next);
    if rises && !values.is_empty() { Ok(()) } else { Err(GenesisError::Order(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(params: &Params, bonds: &[u64]) -> Vec<u8> {
        let bonds = bonds.iter().zip(1u8..).map(|(bond, peer)| (Amount(*bond), PeerId([peer; 32])));
        seats(params, bonds).into_iter().map(|peer| peer.0[0]).collect()
    }

    fn params(seats: u64) -> Params {
        Params { seats, validator_bond_min: Amount(10), ..Params::default() }
    }

    #[test]
    fn the_largest_bonds_sit_in_the_order_of_their_peers() {
        assert_eq!(named(&params(4), &[20, 50, 10, 40, 30, 60]), [2, 4, 5, 6]);
        assert_eq!(named(&params(64), &[20, 50, 10, 40, 30, 60]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn of_equal_bonds_the_lower_peers_sit() {
        assert_eq!(named(&params(4), &[10, 10, 10, 10, 10, 11]), [1, 2, 3, 6]);
    }

    #[test]
    fn whoever_is_below_the_minimum_sits_only_where_fewer_than_four_are_above_it() {
        assert_eq!(named(&params(64), &[9, 10, 10, 10, 10, 9]), [2, 3, 4, 5]);
        assert_eq!(named(&params(64), &[9, 0, 10, 8, 7]), [1, 3, 4, 5]);
        assert_eq!(named(&params(64), &[0, 0]), [1, 2]);
        assert_eq!(named(&params(1), &[0, 3, 2]), [2], "but never more than there are seats");
    }
}
