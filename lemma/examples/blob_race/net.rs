//! A devnet of processes, as an operator sees it: the command line, the API, the logs, and what the system says of memory.

use anyhow::Context as _;
use serde_json::Value;
use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often anything is looked at.
pub const LOOK: Duration = Duration::from_millis(10);
/// How long anything that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A network of four nodes. They end when it is dropped.
pub struct Net {
    lemma: PathBuf,
    dir: PathBuf,
    pub nodes: Vec<Node>,
    devnet: Child,
    again: Vec<Child>,
}

/// One of its nodes.
#[derive(Clone)]
pub struct Node {
    pub api: String,
    pub config: PathBuf,
    pub log: PathBuf,
}

impl Net {
    /// Makes a network in `dir` with these parameters besides the defaults, and starts it by the program at `lemma`.
    pub fn start(lemma: &Path, dir: PathBuf, params: &[&str]) -> anyhow::Result<Self> {
        let port = free_port()?.to_string();
        let params = params.iter().flat_map(|it| ["--param", *it]);
        Self::make(lemma, dir, &["--base-port", &port].into_iter().chain(params).collect::<Vec<_>>())
    }

    /// The same with these options of `lemma genesis new`.
    pub fn make(lemma: &Path, dir: PathBuf, options: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(lemma);
        command.args(["genesis", "new"]).arg(&dir).args(options);
        let made = command.output()?;
        anyhow::ensure!(made.status.success(), "no network: {}", String::from_utf8_lossy(&made.stderr));
        let mut command = Command::new(lemma);
        command.args(["--json", "devnet", "--dir"]).arg(&dir);
        let said = dir.with_extension("said");
        let mut devnet = command.stdout(Stdio::piped()).stderr(File::create(&said)?).spawn()?;
        let stdout = devnet.stdout.take().context("no stdout")?;
        let mut text = String::new();
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            text += &line;
            if line == "}" {
                break;
            }
        }
        let why = || format!("the network did not start: {}", fs::read_to_string(&said).unwrap_or_default());
        let started: Value = serde_json::from_str(&text).with_context(why)?;
        let node = |value: &Value| {
            let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            Node { api: field("api"), config: field("config").into(), log: field("log").into() }
        };
        let nodes = started["nodes"].as_array().context("no nodes")?.iter().map(node).collect();
        Ok(Self { lemma: lemma.to_owned(), dir, nodes, devnet, again: Vec::new() })
    }

    /// Runs a command against the first node and reads its result.
    pub fn call(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.ask(self.nodes.first().context("no nodes")?, arguments)?;
        anyhow::ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs a command against a node, however it ends.
    pub fn ask(&self, node: &Node, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.lemma);
        Ok(command.args(["--json", "--node", &node.api]).args(arguments).output()?)
    }

    /// The key of the account with money.
    pub fn user(&self) -> String {
        self.dir.join("user.key").display().to_string()
    }

    /// Starts a node again that was killed.
    pub fn again(&mut self, node: &Node) -> anyhow::Result<()> {
        let log = fs::File::options().append(true).open(&node.log)?;
        let mut command = Command::new(&self.lemma);
        command.arg("node").arg("--config").arg(&node.config).stdin(Stdio::null());
        self.again.push(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // The nodes of a devnet that is gone see their stdin end.
        for child in self.again.iter_mut().chain([&mut self.devnet]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Node {
    /// Its process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        let config = self.config.display().to_string();
        let mine = |pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|argument| argument == config.as_bytes())
        };
        let all = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        all.into_iter().find(mine).with_context(|| format!("{config} has no process"))
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) -> anyhow::Result<()> {
        let pid = self.pid()?;
        anyhow::ensure!(Command::new("kill").args(["-9", &pid.to_string()]).status()?.success(), "kill failed");
        while Path::new(&format!("/proc/{pid}/fd/0")).exists() {
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// One of its figures; 0 while it cannot be asked.
    pub fn figure(&self, name: &str) -> u64 {
        let text = self.get("/metrics").unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        line.unwrap_or(0)
    }

    fn get(&self, path: &str) -> std::io::Result<String> {
        let address = self.api.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    /// The lines of its log that say all of this.
    pub fn said(&self, words: &[&str]) -> Vec<String> {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().filter(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned).collect()
    }
}

/// The number after `name=` in a line of a log.
pub fn field(line: &str, name: &str) -> u64 {
    let rest = line.split_once(&format!("{name}=")).map_or("", |(_, rest)| rest);
    rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default().parse().unwrap_or(0)
}

/// Where a network may begin.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().min(65_000))
}

/// The program beside the folder of this one.
pub fn lemma() -> anyhow::Result<PathBuf> {
    let here = env::current_exe()?;
    let lemma = here.parent().and_then(Path::parent).context("no folder")?.join("lemma");
    anyhow::ensure!(lemma.exists(), "{} is not there: cargo build --release --package lemma", lemma.display());
    Ok(lemma)
}

/// Tells people.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Looks until there is something.
pub fn wait<T>(what: &str, look: impl Fn() -> Option<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return Ok(found);
        }
        thread::sleep(LOOK);
    }
    anyhow::bail!("waited too long until {what}")
}
