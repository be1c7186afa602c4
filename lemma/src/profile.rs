//! What the user's configuration file says of the networks that the user knows.
//!
//! ```toml
//! network = "devnet"                      # the one that is meant unless --network or LEMMA_NETWORK says another
//!
//! [networks.devnet]
//! node = "http://127.0.0.1:26600"
//! key = "/home/me/my-net/user.key"
//! group-key = "…"                         # receipts are checked under it
//! ```

use crate::{cli::NODE, exit::Failure, trial::read_within, units::nearest};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};
use types::beacon::GroupKey;

/// Bytes of the file.
const BYTES_MAX: u64 = 64 * 1024;
/// The network that is known without a file.
const DEVNET: &str = "devnet";

/// The networks that the user knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profiles {
    /// The one that is meant unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// All of them, by the names that the user gave them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<String, Profile>,
}

/// How one network is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// A node's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The key file that signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// The key under which receipts are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_key: Option<GroupKey>,
}

/// Where the file is: `lemma/config.toml` below `XDG_CONFIG_HOME`, or below `.config` of `HOME`.
///
/// # Errors
/// When neither is known.
pub fn path() -> anyhow::Result<PathBuf> {
    let none = || Failure::usage("there is no place for a configuration file", "set HOME or XDG_CONFIG_HOME");
    Ok(home("XDG_CONFIG_HOME", ".config").ok_or_else(none)?.join("config.toml"))
}

/// The folder of this program among those of one kind, by the XDG base directory specification: relative ones do not count.
#[must_use]
pub fn home(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    let base = env::var_os(variable).and_then(absolute);
    let base = base.or_else(|| env::var_os("HOME").and_then(absolute).map(|home| home.join(below_home)));
    base.map(|base| base.join("lemma"))
}

impl Profiles {
    /// Reads the user's file; there may be none.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    pub fn load() -> anyhow::Result<Self> {
        // Without a home there is no file.
        path().map_or_else(|_| Ok(Self::default()), |path| Self::read(&path))
    }

    /// Reads a file; there may be none.
    ///
    /// # Errors
    /// As [`Profiles::load`].
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let wrong = |why: String| {
            let hint = "`lemma config show --help` says what it may hold";
            Failure::usage(format!("{} makes no sense: {why}", path.display()), hint)
        };
        let text = String::from_utf8(read_within(path, BYTES_MAX)?).map_err(|error| wrong(error.to_string()))?;
        let mut read: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for key in read.networks.values_mut().filter_map(|profile| profile.key.as_mut()) {
            *key = folder.join(&*key);
        }
        Ok(read)
    }

    /// Writes the file, at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let failed = || format!("{} cannot be written", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(failed)?;
        }
        let beside = path.with_extension("toml.new");
        fs::write(&beside, toml::to_string(self)?).and_then(|()| fs::rename(&beside, path)).with_context(failed)
    }

    /// What is said of a network, or of the one that is meant when none is named. The devnet needs no file.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn chosen(&self, named: Option<&str>) -> anyhow::Result<(Option<String>, Profile)> {
        let Some(name) = named.or(self.network.as_deref()) else { return Ok((None, Profile::default())) };
        match self.networks.get(name) {
            Some(profile) => Ok((Some(name.to_owned()), profile.clone())),
            None if name == DEVNET => {
                Ok((Some(name.to_owned()), Profile { node: Some(NODE.to_owned()), ..Profile::default() }))
            }
            None => Err(self.unknown(name).into()),
        }
    }

    fn unknown(&self, name: &str) -> Failure {
        let known = self.networks.keys().map(String::as_str).chain([DEVNET]);
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean {near}? `lemma config show` names all"),
            None => format!("`lemma config set {name} --node URL` makes it known"),
        };
        Failure::usage(format!("there is no network {name:?} in the configuration"), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "network = \"main\"\n[networks.main]\nnode = \"http://n:1\"\nkey = \"user.key\"\n[networks.test]\n";

    fn read(text: &str) -> anyhow::Result<Profiles> {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("config.toml");
        fs::write(&path, text).expect("written");
        let read = Profiles::read(&path)?;
        assert!(read.networks.values().filter_map(|it| it.key.as_ref()).all(|key| key.starts_with(dir.path())));
        Ok(read)
    }

    #[test]
    fn a_network_is_chosen_by_name_then_by_the_file() {
        let profiles = read(TEXT).expect("read");
        let node = |name| profiles.chosen(name).expect("known").1.node;
        assert_eq!(node(None).as_deref(), Some("http://n:1"));
        assert_eq!(node(Some("test")), None);
        assert_eq!(node(Some("devnet")).as_deref(), Some(NODE));
        let error = profiles.chosen(Some("mian")).expect_err("unknown");
        assert!(crate::exit::told(&error).hint.contains("did you mean main?"));
        assert_eq!(Profiles::default().chosen(None).expect("none"), (None, Profile::default()));
    }

    #[test]
    fn what_is_written_is_read_again_and_nonsense_is_refused() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("new/config.toml");
        assert_eq!(Profiles::read(&path).expect("none"), Profiles::default());
        let mut profiles = Profiles { network: Some("a".to_owned()), ..Profiles::default() };
        let key = Some(dir.path().join("k"));
        profiles.networks.insert("a".to_owned(), Profile { key, ..Profile::default() });
        profiles.write(&path).expect("written");
        assert_eq!(Profiles::read(&path).expect("read"), profiles);
        for text in ["networks = 1", "[networks.a]\nnod = \"x\"", "[networks.a]\ngroup-key = \"00\"", "\u{0}"] {
            assert!(read(text).expect_err("refused").to_string().contains("makes no sense"), "{text}");
        }
    }
}
