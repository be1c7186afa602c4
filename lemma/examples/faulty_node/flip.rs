//! Which bit of a proof is another one in the end.

use clap::Args;
use std::fmt;
use types::message::Bundle;

/// One bit of a proof.
#[derive(Args, Clone, Copy, Debug)]
pub struct Flip {
    /// The byte of the proof that is altered, counted from 0; the one in the middle unless told
    #[arg(long = "flip", value_name = "OFFSET")]
    pub offset: Option<usize>,
    /// Which of its bits, 0 the lowest
    #[arg(long, value_name = "BIT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..8))]
    pub bit: u8,
}

impl Flip {
    /// This bit.
    pub const fn at(offset: usize, bit: u8) -> Self {
        Self { offset: Some(offset), bit }
    }

    /// The bundle with the bit flipped; none if the proof has no such byte.
    pub fn of(self, mut bundle: Bundle) -> Option<Bundle> {
        let offset = self.offset.unwrap_or(bundle.proof.len() / 2);
        *bundle.proof.get_mut(offset)? ^= 1_u8.checked_shl(self.bit.into())?;
        Some(bundle)
    }

    /// As options of this command.
    pub fn options(self) -> Vec<String> {
        let offset = self.offset.into_iter().flat_map(|offset| ["--flip".to_owned(), offset.to_string()]);
        offset.chain(["--bit".to_owned(), self.bit.to_string()]).collect()
    }
}

impl fmt::Display for Flip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "bit {} of byte {offset}", self.bit),
            None => write!(f, "bit {} of the byte in the middle", self.bit),
        }
    }
}
