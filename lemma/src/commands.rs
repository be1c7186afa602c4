//! The commands: parsing, one call of `client`, printing.

pub mod account;
pub mod blob;
pub mod config;
pub mod events;
pub mod evidence;
pub mod genesis;
pub mod key;
pub mod list;
pub mod logs;
pub mod node;
pub mod params;
pub mod program;
pub mod proof;
pub mod prover;
pub mod quote;
pub mod receipt;
pub mod run;
pub mod shell;
pub mod signing;
pub mod stake;
pub mod tx;
pub mod validator;
pub mod workload;

use crate::{
    cli::NODE,
    output::Output,
    profile::{Profile, Profiles},
};
use client::Client;
use std::path::PathBuf;
use types::beacon::GroupKey;

/// The environment variable that names the key file that signs.
pub const KEY: &str = "LEMMA_KEY";

/// What every command is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// How to speak.
    pub out: Output,
    /// The address of the node, if an option or the environment says it.
    pub node: Option<String>,
    /// The network that is meant, if they say it.
    pub network: Option<String>,
}

impl Context {
    /// What the configuration file says of the network that is meant.
    ///
    /// # Errors
    /// When the file makes no sense, or does not know the network.
    pub fn profile(&self) -> anyhow::Result<Profile> {
        Ok(Profiles::load()?.chosen(self.network.as_deref())?.1)
    }

    /// The key file that is meant where no option says one.
    ///
    /// # Errors
    /// As [`Context::profile`].
    pub fn key(&self) -> anyhow::Result<Option<PathBuf>> {
        match std::env::var_os(KEY) {
            Some(key) => Ok(Some(key.into())),
            None => Ok(self.profile()?.key),
        }
    }

    /// The address of the node.
    ///
    /// # Errors
    /// As [`Context::profile`].
    pub fn address(&self) -> anyhow::Result<String> {
        match &self.node {
            Some(node) => Ok(node.clone()),
            None => Ok(self.profile()?.node.unwrap_or_else(|| NODE.to_owned())),
        }
    }

    /// A client of the node.
    ///
    /// # Errors
    /// When the address is none; otherwise as [`Context::profile`].
    pub fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.address()?)?)
    }

    /// The key under which receipts are checked: that of the configuration file, or else the node's word is taken for it.
    ///
    /// # Errors
    /// As every request.
    pub async fn group_key(&self, client: &Client) -> anyhow::Result<GroupKey> {
        match self.profile()?.group_key {
            Some(key) => Ok(key),
            None => Ok(client.status().await?.group_key),
        }
    }
}
