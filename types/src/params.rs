//! The parameters of the protocol, each with its unit, default and bounds, in one table.

use crate::{
    Amount, GenesisError, Millis,
    limits::{
        BLOB_MAX, DRAWS_MAX, DRAWS_PER_BLOCK_MAX, PROOF_INLINE_MAX, PROOF_MAX, PROVERS_MAX, STEP_LONGEST_MS,
        VALIDATORS_MAX,
    },
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// Ten million LEM: above every bond and price, far below what cannot be counted.
const MONEY: u64 = 10_000_000 * crate::amount::UNITS_PER_LEM;
/// The largest transaction fee that can be voted: one that a validator can still pay to vote it down.
const FEE: u64 = crate::amount::UNITS_PER_LEM;

/// What a parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A pure number.
    Number,
    /// Thousandths.
    Permille,
    /// Milliseconds of chain time.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Blocks.
    Blocks,
    /// Fuel of the verifier's engine.
    Fuel,
    /// Smallest units of money.
    Money,
}

/// What is known of a parameter besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in genesis and in votes.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Its value where genesis does not say.
    pub default: u64,
    /// The least it may be.
    pub min: u64,
    /// The most it may be.
    pub max: u64,
    /// Whether validators may change it by vote; the others stay for the life of the chain.
    pub votable: bool,
}

/// A number behind a name.
trait Number: Copy {
    fn of(number: u64) -> Self;
    fn number(self) -> u64;
}

impl Number for u64 {
    fn of(number: u64) -> Self {
        number
    }
    fn number(self) -> u64 {
        self
    }
}

impl Number for Millis {
    fn of(number: u64) -> Self {
        Self(number)
    }
    fn number(self) -> u64 {
        self.0
    }
}

impl Number for Amount {
    fn of(number: u64) -> Self {
        Self(number)
    }
    fn number(self) -> u64 {
        self.0
    }
}

macro_rules! params {
    ($($(#[doc = $about:literal])+ $name:ident: $type:ty = $default:expr, $min:expr => $max:expr, $unit:ident, $votable:ident;)+) => {
        /// The parameters of the protocol.
        #[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Params {
            $($(#[doc = $about])+ pub $name: $type,)+
        }

        impl Default for Params {
            fn default() -> Self {
                Self { $($name: <$type as Number>::of($default),)+ }
            }
        }

        /// All parameters, in the order of genesis.
        pub const PARAMETERS: &[Parameter] = &[
            $(Parameter {
                name: stringify!($name),
                about: concat!($($about),+),
                unit: Unit::$unit,
                default: $default,
                min: $min,
                max: $max,
                votable: params!(@votable $votable),
            },)+
        ];

        impl Params {
            /// The value of the parameter with this name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($name) => Some(self.$name.number()),)+
                    _ => None,
                }
            }

            /// Gives the parameter with this name another value. False if there is none.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $(stringify!($name) => self.$name = <$type as Number>::of(value),)+
                    _ => return false,
                }
                true
            }
        }
    };
    (@votable votable) => { true };
    (@votable fixed) => { false };
}

params! {
    /// How long an idle leader waits before it proposes an empty block.
    block_interval: Millis = 500, 10 => 60 * SECOND, Milliseconds, fixed;
    /// The most that one block adds to chain time.
    step_max: Millis = 2_000, 10 => STEP_LONGEST_MS, Milliseconds, fixed;
    /// Blocks in an epoch.
    epoch_blocks: u64 = 4_096, 16 => 1 << 20, Blocks, fixed;
    /// Validators that sit in an epoch: those with the largest bonds.
    seats: u64 = VALIDATORS_MAX as u64, 1 => VALIDATORS_MAX as u64, Number, votable;
    /// Bond below which a validator gets no seat.
    validator_bond_min: Amount = 1_000_000_000_000, 0 => MONEY, Money, votable;
    /// How long a prover that was drawn may take to accept.
    accept_window: Millis = 4_000, 100 => HOUR, Milliseconds, votable;
    /// Accepted attempts that a workload has.
    attempts_max: u64 = 2, 1 => DRAWS_MAX as u64, Number, votable;
    /// Draws fixed by one block.
    draws_per_block: u64 = 16, 1 => DRAWS_PER_BLOCK_MAX as u64, Number, votable;
    /// Active provers below which nothing is drawn.
    provers_min: u64 = 4, 1 => PROVERS_MAX as u64, Number, votable;
    /// Provers that are active at most: those with the largest bonds.
    provers_max: u64 = PROVERS_MAX as u64, 1 => PROVERS_MAX as u64, Number, votable;
    /// How long a leader that holds two thirds of the verdicts waits for more.
    verdict_grace: Millis = 100, 0 => 60 * SECOND, Milliseconds, fixed;
    /// How long a verdict set has for one proof, before a later set may take its place.
    verdict_window: Millis = 60 * SECOND, SECOND => DAY, Milliseconds, fixed;
    /// How often a later verdict set may take the place of one that did not decide.
    verdict_epochs: u64 = 2, 0 => 16, Number, votable;
    /// How long a workload may wait for a prover.
    queue_window: Millis = 600 * SECOND, SECOND => 30 * DAY, Milliseconds, votable;
    /// The largest proof that stands in a block.
    proof_inline_max: u64 = 16 * 1024, 0 => PROOF_INLINE_MAX as u64, Bytes, fixed;
    /// The largest proof.
    proof_bytes_max: u64 = PROOF_MAX, 1 => PROOF_MAX, Bytes, fixed;
    /// The largest blob.
    blob_bytes_max: u64 = BLOB_MAX, 1 => BLOB_MAX, Bytes, fixed;
    /// Epochs for which the blobs of a workload that has ended are kept.
    retention_epochs: u64 = 256, 1 => 1 << 20, Number, fixed;
    /// The longest a run may ask to compute.
    compute_max: Millis = DAY, 1 => 30 * DAY, Milliseconds, votable;
    /// The most fuel a program may ask for one verification.
    fuel_max: u64 = 10_000_000_000, 1 => 1 << 40, Fuel, votable;
    /// The memory of one verification.
    verifier_memory_max: u64 = 256 * 1024 * 1024, 65_536 => 4 << 30, Bytes, fixed;
    /// How far ahead a transaction's last block may lie.
    validity_max: u64 = 10_000, 1 => 1 << 32, Blocks, votable;
    /// Fee of a transaction.
    transaction_fee: Amount = 1_000_000, 0 => FEE, Money, votable;
    /// Fee of each of its bytes.
    transaction_fee_byte: Amount = 1_000, 0 => FEE >> 10, Money, votable;
    /// Price of one core for one second in the first epoch; it moves with demand.
    compute_price: Amount = 10_000_000, 1 => MONEY >> 20, Money, fixed;
    /// The price of one core for one second never falls below this.
    compute_price_min: Amount = 10_000, 1 => MONEY >> 20, Money, votable;
    /// The most that the compute price moves from one epoch to the next.
    price_step: u64 = 125, 0 => 500, Permille, votable;
    /// What a GiB of memory costs, in thousandths of a core.
    memory_weight: u64 = 125, 0 => 1_000_000, Permille, votable;
    /// What a GiB of disk costs, in thousandths of a core.
    disk_weight: u64 = 5, 0 => 1_000_000, Permille, votable;
    /// What a graphics processor costs, in thousandths of a core.
    gpu_weight: u64 = 8_000, 0 => 1_000_000, Permille, votable;
    /// Price of a million fuel, for each member of the verdict set.
    verification_price: Amount = 1_000, 0 => MONEY >> 20, Money, votable;
    /// Allowance for moving inputs, whatever their size.
    transfer_base: Millis = 5_000, 0 => HOUR, Milliseconds, votable;
    /// Bytes of inputs that the allowance expects to be moved in a millisecond.
    transfer_bytes_per_ms: u64 = 1_000, 1 => 1 << 32, Bytes, votable;
    /// Bond behind each core of a prover.
    bond_per_unit: Amount = 100_000_000_000, 1 => MONEY >> 10, Money, votable;
    /// How much of the bond behind the cores at stake an offence costs.
    slash: u64 = 1_000, 0 => 1_000, Permille, votable;
    /// How long after an attempt's end evidence about it is taken.
    evidence_window: Millis = DAY, SECOND => 30 * DAY, Milliseconds, votable;
    /// How long a bond stays locked after it was taken back: longer than any obligation it may have to answer for.
    unbond_delay: Millis = 7 * DAY, 2 * SECOND => 365 * DAY, Milliseconds, votable;
    /// Users by whose workloads a prover must have failed within the window to be jailed.
    jail_users: u64 = 3, 1 => 16, Number, votable;
    /// How long a miss counts.
    jail_window: Millis = HOUR, SECOND => 30 * DAY, Milliseconds, votable;
    /// How long a prover stays jailed at least.
    jail_delay: Millis = HOUR, SECOND => 30 * DAY, Milliseconds, votable;
    /// Settlements in an epoch from which on a member of the verdict set that had a verdict in none of them has missed.
    verdicts_expected: u64 = 16, 1 => 1 << 32, Number, votable;
}

impl Params {
    /// Checks every parameter against its bounds, and those that depend on each other.
    ///
    /// # Errors
    /// Names the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), GenesisError> {
        for Parameter { name, min, max, .. } in PARAMETERS {
            self.within(name, *min, *max)?;
        }
        self.within("unbond_delay", self.obligation().0, u64::MAX)
    }

    fn within(&self, name: &'static str, min: u64, max: u64) -> Result<(), GenesisError> {
        let got = self.get(name).unwrap_or_default();
        if got < min || got > max { Err(GenesisError::Param { name, got, min, max }) } else { Ok(()) }
    }

    /// The longest time from a draw until nothing about it can cost bond any more, but for censorship and renewed sets,
    /// which are not a prover's to end.
    #[must_use]
    pub fn obligation(&self) -> Millis {
        let blobs = self.blob_bytes_max.saturating_mul(crate::limits::INPUTS_MAX as u64);
        let moving = self.transfer_base.0.saturating_add(blobs.checked_div(self.transfer_bytes_per_ms).unwrap_or(0));
        let parts = [self.accept_window.0, self.compute_max.0, moving, self.verdict_window.0, self.evidence_window.0];
        Millis(parts.into_iter().fold(0, u64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_their_bounds() {
        assert_eq!(Params::default().check(), Ok(()));
        for parameter in PARAMETERS {
            assert_eq!(Params::default().get(parameter.name), Some(parameter.default), "{}", parameter.name);
        }
    }

    #[test]
    fn every_parameter_is_held_to_its_bounds() {
        for parameter in PARAMETERS {
            let mut params = Params::default();
            assert!(params.set(parameter.name, parameter.max.saturating_add(1)));
            assert!(params.check().is_err(), "{} above", parameter.name);
            if let Some(below) = parameter.min.checked_sub(1) {
                assert!(params.set(parameter.name, below));
                assert!(params.check().is_err(), "{} below", parameter.name);
            }
        }
        assert!(!Params::default().set("nothing", 1));
    }

    #[test]
    fn a_bond_outlasts_what_it_may_have_to_answer_for() {
        let params = Params { unbond_delay: Millis(DAY), ..Params::default() };
        let error = params.check().expect_err("too short");
        assert!(error.to_string().contains("unbond_delay"), "{error}");
    }
}
