//! Why a prover gave up.

use alloc::string::String;
use core::fmt;

/// Why a prover gave up. The text goes to the log of the attempt, where the user reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error with this text.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Error {}

impl From<&str> for Error {
    fn from(reason: &str) -> Self {
        Self(reason.into())
    }
}

impl From<String> for Error {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}
