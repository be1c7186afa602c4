//! A place to run hostile programs in: the executor, something worth attacking on the host, and a look at the damage.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use executor::native::{NativeExecutor, NativeJob, NativeProbe, NativeSettings, Source};
use executor::{CancelToken, Outcome, ProgramEvent, ProverLimits};
use tempfile::TempDir;

#[path = "building.rs"]
mod building;

/// The hostile program as a static ELF. Built in `dir`, once for each state of its sources.
pub fn hostile(dir: &Path) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native/hostile");
    let mut hasher = blake3::Hasher::new();
    let mut files: Vec<PathBuf> = fs::read_dir(&source).map_err(text)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        hasher.update(&fs::read(file).map_err(text)?);
    }
    let built = dir.join(format!("hostile-{}", &hasher.finalize().to_hex()[..16]));
    if !built.exists() {
        building::build(&source, &built)?;
    }
    Ok(built)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// An executor and its surroundings, all of them gone when it is dropped.
pub struct Lab {
    pub executor: NativeExecutor,
    pub probe: NativeProbe,
    /// Name of every workload: no other lab's.
    pub workload: String,
    artifact: Vec<u8>,
    id: [u8; 32],
    victim: Child,
    listener: TcpListener,
    dir: TempDir,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);
const SECRET: &[u8] = b"nobody may read or change this";

impl Lab {
    pub fn new(artifact: Vec<u8>, settings: NativeSettings) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(text)?;
        let executor = NativeExecutor::new(&dir.path().join("native"), settings).map_err(text)?;
        let probe = executor.probe().map_err(text)?;
        fs::write(dir.path().join("secret"), SECRET).map_err(text)?;
        let victim = Command::new("sleep").arg("1000").stdout(Stdio::null()).spawn().map_err(text)?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
        listener.set_nonblocking(true).map_err(text)?;
        let id = *blake3::hash(&artifact).as_bytes();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let workload = format!("lab-{}-{number}", std::process::id());
        Ok(Self { executor, probe, workload, artifact, id, victim, listener, dir })
    }

    /// Paths of the host that are worth reading.
    pub fn paths(&self) -> String {
        let dir = self.dir.path().display();
        format!("{dir}/secret {dir}/native {dir}/native/jobs")
    }

    pub fn secret(&self) -> PathBuf {
        self.dir.path().join("secret")
    }

    /// Processes of the host that are worth killing.
    pub fn pids(&self) -> String {
        format!("{} {}", self.victim.id(), std::process::id())
    }

    pub fn address(&self) -> String {
        self.listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
    }

    /// The hostile program with these arguments, and limits that leave it room to be hostile.
    pub fn job<'a>(&'a self, arguments: &'a str) -> NativeJob<'a> {
        let limits = ProverLimits {
            memory_bytes: 128 << 20,
            wall_ms: 60_000,
            proof_bytes_max: 1 << 20,
            public_bytes_max: 1 << 20,
            host_bytes_max: 16 << 20,
            ..ProverLimits::default()
        };
        NativeJob {
            workload: &self.workload,
            artifact_id: self.id,
            artifact: Source::Bytes(&self.artifact),
            arguments: arguments.as_bytes(),
            inputs: vec![Source::Bytes(b"an input")],
            cpus: 2,
            disk_bytes: 32 << 20,
            processes_max: 64,
            limits,
        }
    }

    pub fn run(&self, job: &NativeJob<'_>) -> Outcome {
        self.watch(job, &CancelToken::new(), &|_| ())
    }

    pub fn watch(&self, job: &NativeJob<'_>, cancel: &CancelToken, on_event: &dyn Fn(ProgramEvent)) -> Outcome {
        self.executor.prove(job, cancel, on_event)
    }

    /// What a program did to the host, if anything.
    pub fn damage(&mut self) -> Option<String> {
        if !matches!(self.victim.try_wait(), Ok(None)) {
            return Some("a process of the host is dead".to_owned());
        }
        if fs::read(self.secret()).is_ok_and(|bytes| bytes != SECRET) || !self.secret().exists() {
            return Some("a file of the host was changed".to_owned());
        }
        if self.listener.accept().is_ok() {
            return Some("a connection was made".to_owned());
        }
        let jobs = fs::read_dir(self.dir.path().join("native/jobs")).map_or(0, Iterator::count);
        if jobs > 0 {
            return Some(format!("{jobs} directories of jobs are left"));
        }
        self.survivor().map(|pid| format!("process {pid} survived"))
    }

    /// A process that was started with a program's environment and still runs.
    pub fn survivor(&self) -> Option<String> {
        let name = format!("LEMMA_WORKLOAD={}", self.workload);
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let mut pids = processes.map(|entry| entry.file_name().to_string_lossy().into_owned());
        pids.find(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|one| one == name.as_bytes())
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}
