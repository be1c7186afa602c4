//! Where something stands on the chain: the same on every node, so that lists and streams can be gone on with elsewhere.

use std::{fmt, num::ParseIntError, str::FromStr};

/// The place of an event of the chain, or of an entry of a list: what pages call `next`, and event streams their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its block.
    pub height: u64,
    /// Its number among its like in that block, from 0. Of events the block itself comes last.
    pub number: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.height, self.number)
    }
}

impl FromStr for Place {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (height, number) = text.split_once('-').unwrap_or_default();
        Ok(Self { height: height.parse()?, number: number.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = Place { height: u64::MAX, number: 7 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for hostile in ["", "-", "5", "7-", "-7", "7-x", "7-1-1", "18446744073709551616-1", "7-4294967296"] {
            assert!(hostile.parse::<Place>().is_err(), "{hostile}");
        }
    }
}
