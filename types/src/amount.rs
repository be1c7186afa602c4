//! Money, as whole numbers of the smallest unit.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Smallest units in one LEM.
pub const UNITS_PER_LEM: u64 = 1_000_000_000;

/// An amount of money in units of 10⁻⁹ LEM. In JSON a string, since some readers keep numbers as floats.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(pub u64);

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an amount such as 12, 0.5 or 3.25, with at most nine decimals, got {0:?}")]
pub struct AmountError(pub String);

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The sum, if it can be said.
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, if there is enough.
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The product, if it can be said.
    #[must_use]
    pub const fn times(self, factor: u64) -> Option<Self> {
        match self.0.checked_mul(factor) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// `self × numerator / denominator`, rounded down; `None` if the denominator is zero or the result cannot be said.
    #[must_use]
    pub fn share(self, numerator: u64, denominator: u64) -> Option<Self> {
        let product = u128::from(self.0).checked_mul(u128::from(numerator))?;
        u64::try_from(product.checked_div(u128::from(denominator))?).ok().map(Self)
    }
}

impl std::fmt::Display for Amount {
    /// In LEM, without superfluous zeros: `3.5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0.checked_div(UNITS_PER_LEM), self.0.checked_rem(UNITS_PER_LEM));
        let (whole, part) = (whole.unwrap_or(0), part.unwrap_or(0));
        if part == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{part:09}").trim_end_matches('0'))
    }
}

impl std::str::FromStr for Amount {
    type Err = AmountError;

    /// Reads LEM: `12`, `0.5`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let error = || AmountError(text.chars().take(80).collect());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 9 {
            return Err(error());
        }
        let whole: u64 = whole.parse().map_err(|_| error())?;
        let part: u64 = format!("{part:0<9}").parse().map_err(|_| error())?;
        whole.checked_mul(UNITS_PER_LEM).and_then(|units| units.checked_add(part)).map(Self).ok_or_else(error)
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn amounts_read_what_they_write(units in any::<u64>()) {
            prop_assert_eq!(Amount(units).to_string().parse(), Ok(Amount(units)));
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "1e9", "0.0000000001", "99999999999999999999", "1 "] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_round_down_and_do_not_overflow_on_the_way() {
        assert_eq!(Amount(u64::MAX).share(2, 3), Some(Amount(12_297_829_382_473_034_410)));
        assert_eq!(Amount(10).share(1, 3), Some(Amount(3)));
        assert_eq!(Amount(1).share(1, 0), None);
    }
}
