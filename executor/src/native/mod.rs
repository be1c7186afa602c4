//! Running native Linux programs in a sandbox.
//!
//! | file | what it decides |
//! | --- | --- |
//! | `image` | how an artifact becomes a directory, and a directory an artifact |
//! | `place` | a job's files on the host |
//! | `run` | one run from the node's side: clock, memory, cancellation, what its end means |
//! | `process` | the node's handle on the sandbox and its certain end |
//! | `pump`, `output` | what comes out: log and progress; proof and public values |
//! | `spec` | what is said between the node and the sandbox |
//! | `inside` | the sandbox's own processes: namespaces, private root, limits, landlock, `exec` |
//! | `filter`, `syscalls` | which system calls there are |
//! | `cgroup`, `watch`, `cpus` | memory, processes, processors |
//! | `probe` | which of this works on this machine |
//! | `system` | the few system calls that need `unsafe` |
//!
//! # What a program sees
//!
//! It is started with the command of its artifact, without arguments for a static ELF or a root directory, and with
//! this environment beside that of the image:
//!
//! | variable | value |
//! | --- | --- |
//! | `LEMMA_WORKLOAD` | the workload's name, as text |
//! | `LEMMA_INPUT_DIR` | holds the files `arguments` and `0`, `1`, `2`, … in run order; read-only |
//! | `LEMMA_OUTPUT_DIR` | where it writes `proof` and, if it has any, `public` |
//! | `LEMMA_THREADS` | processors it may use |
//! | `LEMMA_MEMORY_BYTES` | memory it may use |
//! | `LEMMA_DEADLINE_MS` | milliseconds it has, from its start |
//!
//! It exits with 0 when the proof is written. Descriptors 1 and 2 are its log; on 3 it may write lines such as
//! `{"progress": 250}`, in thousandths. Its disk is `/work` and `/tmp`; randomness comes from `getrandom` or
//! `/dev/urandom`. There is no network. On a machine without namespaces the two directories are relative paths, only
//! `proof` and `public` can be written, and there is one process.

mod cgroup;
mod cpus;
mod filter;
mod image;
mod inside;
mod output;
mod place;
mod probe;
mod process;
mod pump;
mod run;
mod spec;
mod syscalls;
mod system;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::{CancelToken, FailReason, Failed, Outcome, ProgramEvent, ProgramLog, ProverLimits, Usage};
pub use image::ImageLimits;
pub use inside::run_if_sandbox_process;
pub use probe::{MemoryLimit, NativeProbe, NativeProbeError};
use spec::Isolation;

/// Where bytes of a job come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Held by the caller.
    Bytes(&'a [u8]),
    /// A file, which must not change while the job runs. It is not read into memory.
    File(&'a Path),
}

/// One run of a native prover.
#[derive(Clone, Debug)]
pub struct NativeJob<'a> {
    /// Name of the workload, for `LEMMA_WORKLOAD`.
    pub workload: &'a str,
    /// BLAKE3 hash of the artifact.
    pub artifact_id: [u8; 32],
    /// A static ELF, or a root directory or OCI layout as tar, also packed by gzip or zstd. Only read when it is not
    /// unpacked yet.
    pub artifact: Source<'a>,
    /// The file `arguments`.
    pub arguments: &'a [u8],
    /// The files `0`, `1`, `2`, …, in run order.
    pub inputs: Vec<Source<'a>>,
    /// Processors; at least one, at most those of this process.
    pub cpus: usize,
    /// Bytes that the program may write to `/work` and `/tmp`. They lie in memory: a node must have
    /// `limits.memory_bytes + disk_bytes` for the job.
    pub disk_bytes: u64,
    /// Processes and threads at once.
    pub processes_max: u32,
    /// When it is stopped. `host_calls_max` means nothing here; `host_bytes_max` counts log and progress.
    pub limits: ProverLimits,
}

impl NativeJob<'_> {
    fn tasks(&self) -> u64 {
        // Those of the sandbox itself: the process that makes it, pid 1, and the program before it is one.
        u64::from(self.processes_max).saturating_add(3)
    }

    /// As many files as fit when each has a page.
    fn files_max(&self) -> u64 {
        (self.disk_bytes >> 12).clamp(64, 1 << 20)
    }
}

/// How this node runs native programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeSettings {
    /// The binary that is started again for each sandbox. Its `main` begins with [`run_if_sandbox_process`].
    pub binary: PathBuf,
    /// Bytes of unpacked artifacts that are kept.
    pub images_bytes_max: u64,
    /// What one artifact may unpack to.
    pub image: ImageLimits,
    /// Never use namespaces, even where there are some.
    pub without_namespaces: bool,
    /// Never use control groups, even where there are some.
    pub without_groups: bool,
}

impl Default for NativeSettings {
    fn default() -> Self {
        Self {
            binary: "/proc/self/exe".into(),
            images_bytes_max: 64 << 30,
            image: ImageLimits::default(),
            without_namespaces: false,
            without_groups: false,
        }
    }
}

/// What an artifact unpacks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeImage {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Whether it is one static file, which runs even where a machine has no namespaces.
    pub is_static: bool,
    /// Bytes it unpacks to.
    pub bytes: u64,
}

impl NativeImage {
    fn of(image: &image::Image) -> Self {
        Self { command: image.command.clone(), is_static: image.is_static, bytes: image.bytes }
    }
}

fn reason_of(error: image::ImageError) -> FailReason {
    match error {
        image::ImageError::Bad(text) | image::ImageError::Large(text) => FailReason::BadModule(text),
        image::ImageError::Host(text) => FailReason::HostError(text),
    }
}

/// Makes the file `to` of what people have: a static ELF, a root directory or an OCI layout, as a folder or as tar. The same
/// content gives the same bytes. `scratch` is an empty folder, in which it is unpacked twice.
///
/// # Errors
/// `BadModule` when nodes would not take what is there, `HostError` when that could not be found out.
pub fn pack(from: &Path, to: &Path, scratch: &Path) -> Result<NativeImage, FailReason> {
    image::pack(from, to, scratch).map(|image| NativeImage::of(&image)).map_err(reason_of)
}

/// The means by which programs are held on this machine.
#[derive(Clone, Debug)]
struct Means {
    isolation: Isolation,
    groups: cgroup::Groups,
    /// Version of landlock; 0 if there is none.
    landlock: u32,
}

/// Runs native provers. One per node; shared between threads by reference.
pub struct NativeExecutor {
    settings: NativeSettings,
    images: image::Images,
    jobs_dir: PathBuf,
    cpus: cpus::Cpus,
    /// Found by the first probe.
    means: OnceLock<Result<(Means, NativeProbe), NativeProbeError>>,
}

impl NativeExecutor {
    /// An executor that keeps unpacked artifacts and running jobs in `dir`, which is made if it does not exist, readable
    /// by this user alone. No other process may use the directory; what an earlier one left there is removed, but for
    /// the artifacts.
    ///
    /// # Errors
    /// When the directory cannot be used. That nothing failed does not mean that programs run:
    /// [`probe`](Self::probe) says that.
    pub fn new(dir: &Path, settings: NativeSettings) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(dir)?;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
        let dir = dir.canonicalize()?;
        let jobs_dir = dir.join("jobs");
        match std::fs::remove_dir_all(&jobs_dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir(&jobs_dir)?,
        }
        let images = image::Images::open(&dir.join("images"), settings.image, settings.images_bytes_max)?;
        let cpus = cpus::Cpus::of_this_process()?;
        Ok(Self { settings, images, jobs_dir, cpus, means: OnceLock::new() })
    }

    /// Runs a prover to its end: at the latest when its time is over, or shortly after `cancel` is cancelled. Nothing of
    /// it is left when this returns. `on_event` is called on this thread. Without a successful
    /// [`probe`](Self::probe), which this makes up for, nothing runs.
    pub fn prove(&self, job: &NativeJob<'_>, cancel: &CancelToken, on_event: &dyn Fn(ProgramEvent)) -> Outcome {
        match self.means() {
            Ok((means, _)) => run::prove(self, means, job, cancel, on_event),
            Err(error) => Outcome::Failed(Failed {
                reason: FailReason::HostError(error.to_string()),
                log: ProgramLog::default(),
                usage: Usage::default(),
            }),
        }
    }

    /// Unpacks an artifact ahead of its first use, for instance when a program is deployed, and says what is in it.
    ///
    /// # Errors
    /// `BadModule` when it is no program for this machine, `HostError` when that could not be found out.
    pub fn prepare(&self, artifact_id: [u8; 32], artifact: Source<'_>) -> Result<NativeImage, FailReason> {
        let image = self.images.get(blake3::Hash::from_bytes(artifact_id), &artifact);
        image.map(|image| NativeImage::of(&image)).map_err(reason_of)
    }

    /// Runs a built-in program in a sandbox, once to its end and once past its time, and says by which means it was
    /// held. A node offers native programs only after this succeeded. The first answer is kept.
    ///
    /// # Errors
    /// Why no program can be run here.
    pub fn probe(&self) -> Result<NativeProbe, NativeProbeError> {
        self.means().as_ref().map(|(_, probe)| probe.clone()).map_err(Clone::clone)
    }

    fn means(&self) -> &Result<(Means, NativeProbe), NativeProbeError> {
        self.means.get_or_init(|| probe::probe(self))
    }
}
