//! The commands: parsing, one call of `client`, printing.

pub mod account;
pub mod blob;
pub mod events;
pub mod evidence;
pub mod genesis;
pub mod key;
pub mod logs;
pub mod node;
pub mod params;
pub mod program;
pub mod proof;
pub mod prover;
pub mod quote;
pub mod receipt;
pub mod run;
pub mod signing;
pub mod stake;
pub mod tx;
pub mod validator;
pub mod workload;

use crate::output::Output;
use client::{Client, ClientError};

/// What every command is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// How to speak.
    pub out: Output,
    /// The address of the node.
    pub node: String,
}

impl Context {
    /// A client of the node.
    ///
    /// # Errors
    /// When the address is none.
    pub fn client(&self) -> Result<Client, ClientError> {
        Client::new(&self.node)
    }
}
