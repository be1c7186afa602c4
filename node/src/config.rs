//! What an operator decides, as a TOML file. Relative paths are relative to that file.

mod access;

pub use access::{Cors, Operator, Tls};

use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
};
use types::{AccountId, ProgramId, genesis::PeerId};

/// A node's configuration. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The genesis file: JSON.
    pub genesis: PathBuf,
    /// The folder of everything that the node keeps.
    pub data: PathBuf,
    /// The file with the secret by which the node is known to its peers: 64 hexadecimal digits.
    pub node_key: PathBuf,
    /// The file with the secret of the node's prover, account and verdict key in one: 64 hexadecimal digits. None: no prover.
    #[serde(default)]
    pub prover_key: Option<PathBuf>,
    /// The file with the node's share of the group key at genesis: hexadecimal digits. Needed at the first start of a validator.
    #[serde(default)]
    pub share: Option<PathBuf>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,engine=debug`.
    #[serde(default = "log")]
    pub log: String,
    /// Peers.
    #[serde(default)]
    pub p2p: P2p,
    /// The API.
    #[serde(default)]
    pub http: Http,
    /// How much of the machine the node takes.
    #[serde(default)]
    pub limits: Limits,
    /// When the prover stops taking workloads by itself.
    #[serde(default)]
    pub breaker: Breaker,
    /// Who is told when workloads have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Endpoint>,
}

/// When the prover stops taking workloads by itself: after so many failures of its own in a row, of different workloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// How many. 0: it never does.
    pub failures: u32,
    /// Seconds of chain time after which a failure does not count any more.
    pub window_s: u64,
}

/// A service that is told when workloads have ended (`[[webhooks]]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Where it is: by `https` or `http`, also on this machine and its own network. Redirections are not followed.
    pub url: String,
    /// The file with the certificates (PEM) of those who may vouch for it. Unless given: whom the system trusts.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The file with the secret that signs: `whsec_` and 24 to 64 bytes in base64.
    pub secret: PathBuf,
    /// Whose workloads. None: everybody's.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// Of which programs. None: of all.
    #[serde(default)]
    pub programs: Vec<ProgramId>,
}

/// Where the node is for its peers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct P2p {
    /// Where to listen: `host:port`. Unless given: every address, with the port at which genesis says the node is.
    pub listen: Option<String>,
    /// Where peers reach the node: `host:port`. Unless given: where genesis says.
    pub dialable: Option<String>,
    /// The nodes to dial first. Unless given: the validators of genesis.
    pub bootstrappers: Option<Vec<Bootstrapper>>,
    /// The keys of nodes that take part without being validators of genesis, such as those of provers that joined later: a node
    /// lets in those that it lists.
    pub secondary: Vec<PeerId>,
    /// Whether private and loopback addresses are accepted: for networks on one machine.
    pub allow_private: bool,
}

/// A node to dial first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrapper {
    /// Its key.
    pub peer: PeerId,
    /// Where it is: `host:port`.
    pub address: String,
}

/// The API. A connection that stands still for 75 seconds is closed, and so is one that has to be waited for and moves less
/// than 64 KiB in a second: slow uploads and downloads hold no place for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Connections at once; more wait.
    pub connections_max: usize,
    /// Requests at once; more are refused.
    pub requests_max: usize,
    /// Event streams at once; more are refused.
    pub streams_max: usize,
    /// Uploads at once; more are refused.
    pub uploads_max: usize,
    /// Rows of parts of blobs that are sent to other nodes at once; more are refused.
    pub serving_max: usize,
    /// What one address may do.
    pub quota: Quota,
    /// Which pages may ask this node.
    pub cors: Cors,
    /// What only the operator may ask.
    pub operator: Operator,
    /// The API through TLS.
    pub tls: Option<Tls>,
}

/// What one address may do: an IPv4 address, or the first 64 bits of an IPv6 one. What is more is refused until later. Of the
/// connections, requests and uploads at once it gets a fourth, one at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Requests in a second, on average.
    pub requests_per_second: u32,
    /// Requests at once, after a while without any.
    pub requests_burst: u32,
    /// Bytes of uploads of the last hour that no workload and no program needs. An address gets no more than half of what is left
    /// for uploads either.
    pub upload_bytes_max: u64,
    /// Rows of parts of blobs that are sent at once.
    pub parts_at_once: u32,
    /// Whether this machine itself has no quotas. Behind a reverse proxy on this machine nobody has any: say `false` then, and
    /// have the proxy limit its clients.
    pub exempt_loopback: bool,
    /// Other addresses without quotas, such as those of the operator's own services.
    pub exempt: Vec<IpAddr>,
}

/// How much of the machine the node takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of all blobs together. Uploads may fill three quarters of them; the rest is kept for blobs that the node's duties
    /// need, and for proofs and logs that its prover makes.
    pub blobs_bytes_max: u64,
    /// Worker threads of the engine.
    pub engine_threads: usize,
    /// Bytes of memory that programs leave to the node, of what the machine or its control group has; a quarter at most.
    pub memory_headroom_bytes: u64,
    /// Bytes of memory that programs may take together. Unless given: all but the headroom. The files that Linux programs
    /// write lie in memory as well.
    pub programs_memory_bytes: Option<u64>,
}

impl Default for Http {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self {
            listen,
            connections_max: 1024,
            requests_max: 256,
            streams_max: 256,
            uploads_max: 16,
            serving_max: 64,
            quota: Quota::default(),
            cors: Cors::default(),
            operator: Operator::default(),
            tls: None,
        }
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            requests_per_second: 100,
            requests_burst: 1000,
            upload_bytes_max: (4 << 30) + (1 << 20),
            parts_at_once: 16,
            exempt_loopback: true,
            exempt: Vec::new(),
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 3, window_s: 60 * 60 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            blobs_bytes_max: 16 << 30,
            engine_threads: 2,
            memory_headroom_bytes: 1 << 30,
            programs_memory_bytes: None,
        }
    }
}

fn log() -> String {
    "info".to_owned()
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no configuration.
    #[error("{path}:{line}: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// An address that cannot be resolved.
    #[error("{field} {text:?} is no address: {reason}")]
    Address {
        /// Where it stands.
        field: &'static str,
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// An address that nothing says.
    #[error("genesis does not say where node {0} is; set p2p.listen and p2p.dialable")]
    Nowhere(PeerId),
    /// The operator's endpoints would be open to strangers.
    #[error("http.operator.listen = {0} is reached by others; set http.operator.token_file, or listen on 127.0.0.1")]
    Open(SocketAddr),
    /// A limit of nothing.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Names the file, and the line that is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            ConfigError::Parse { path: path.to_owned(), line, reason: error.message().to_owned() }
        })?;
        config.check()?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let counts = [
            ("http.connections_max", self.http.connections_max),
            ("http.requests_max", self.http.requests_max),
            ("http.streams_max", self.http.streams_max),
            ("http.uploads_max", self.http.uploads_max),
            ("http.serving_max", self.http.serving_max),
            ("http.quota.requests_per_second", self.http.quota.requests_per_second as usize),
            ("http.quota.requests_burst", self.http.quota.requests_burst as usize),
            ("http.quota.parts_at_once", self.http.quota.parts_at_once as usize),
            ("limits.engine_threads", self.limits.engine_threads),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(ConfigError::Zero(name)),
            None => self.http.operator.check(),
        }
    }

    /// Makes paths relative to the file's folder.
    fn resolve(&mut self, folder: &Path) {
        let paths = [&mut self.genesis, &mut self.data, &mut self.node_key];
        let optional = [&mut self.prover_key, &mut self.share].into_iter().flatten();
        let webhooks = self.webhooks.iter_mut().flat_map(|it| [Some(&mut it.secret), it.ca.as_mut()]).flatten();
        let tls = self.http.tls.iter_mut().flat_map(|tls| [&mut tls.cert, &mut tls.key]);
        let optional = optional.chain(tls).chain(&mut self.http.operator.token_file).chain(webhooks);
        for path in paths.into_iter().chain(optional) {
            *path = folder.join(&*path);
        }
    }
}

/// The first address that a name stands for.
pub(crate) fn address(field: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let wrong = |reason: String| ConfigError::Address { field, text: text.to_owned(), reason };
    let mut all = text.to_socket_addrs().map_err(|error| wrong(error.to_string()))?;
    all.next().ok_or_else(|| wrong("the name stands for no address".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "genesis = \"genesis.json\"\ndata = \"data\"\nnode_key = \"/keys/node\"\n";

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("node.toml");
        fs::write(&path, text).expect("written");
        Config::load(&path).map(|mut config| {
            config.genesis = config.genesis.strip_prefix(dir.path()).expect("beside the file").to_owned();
            config
        })
    }

    #[test]
    fn paths_are_relative_to_the_file_and_the_rest_has_defaults() {
        let config = load(LEAST).expect("config");
        assert_eq!(config.genesis, Path::new("genesis.json"));
        assert_eq!(config.node_key, Path::new("/keys/node"));
        assert_eq!((config.log.as_str(), config.prover_key, config.http), ("info", None, Http::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |text: &str| load(&format!("{LEAST}{text}")).expect_err("wrong").to_string();
        let unknown = wrong("[http]\nlistne = \"127.0.0.1:1\"\n");
        assert!(unknown.contains("node.toml:5: ") && unknown.contains("listne"), "{unknown}");
        let mistyped = wrong("\n\n[limits]\nblobs_bytes_max = \"much\"\n");
        assert!(mistyped.contains("node.toml:7: "), "{mistyped}");
        assert!(wrong("[http]\nrequests_max = 0\n").contains("http.requests_max"));
        let open = wrong("[http.operator]\nlisten = \"0.0.0.0:1\"\n");
        assert!(open.contains("token_file") && open.contains("0.0.0.0:1"), "{open}");
        assert!(load("data = \"d\"\n").expect_err("wrong").to_string().contains("genesis"));
    }

    #[test]
    fn a_configuration_survives_its_file() {
        let mut config = load(LEAST).expect("config");
        let peer = PeerId([3; 32]);
        config.p2p.bootstrappers = Some(vec![Bootstrapper { peer, address: "host.example:7000".to_owned() }]);
        config.p2p.secondary = vec![PeerId([4; 32])];
        let text = toml::to_string(&config).expect("toml");
        assert_eq!(toml::from_str::<Config>(&text).expect("config"), config);
    }

    #[test]
    fn addresses_are_resolved_or_named() {
        assert_eq!(address("p2p.listen", "127.0.0.1:80").map_err(|_| ()), Ok(SocketAddr::from(([127, 0, 0, 1], 80))));
        let error = address("p2p.listen", "nonsense").expect_err("no address").to_string();
        assert!(error.contains("p2p.listen") && error.contains("nonsense"), "{error}");
    }
}
