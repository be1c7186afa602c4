//! The last steps before the program, in the process that becomes it.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::process::{Gid, Resource, Rlimit, Uid};
use rustix::thread::CpuSet;

use super::super::filter::{self, Strictness};
use super::super::spec::{Isolation, Report, Spec};
use super::super::system;
use super::entry::drop_capabilities;
use super::{During, Fault, die_with_parent};

/// What is told when nothing is left to do but `exec`; followed by a report if that fails.
pub(super) const EXECUTING: &[u8] = b"x";

/// The descriptor on which the program tells its progress.
const PROGRESS: i32 = 3;
const KIB: u64 = 1 << 10;

/// Limits that do not depend on the job.
const LIMITS: [(Resource, u64); 6] = [
    (Resource::Core, 0),
    (Resource::Nofile, 4096),
    (Resource::Memlock, 64 * KIB),
    (Resource::Msgqueue, 0),
    (Resource::Rtprio, 0),
    (Resource::Sigpending, 4096),
];

/// Becomes the program, or tells why not.
pub(super) fn exec(spec: &Spec, progress: &OwnedFd, gate: Option<PipeReader>, mut told: PipeWriter) -> ! {
    let report = match prepare(spec, progress, gate).and_then(|()| told.write_all(EXECUTING).during("telling")) {
        Ok(()) => execute(spec),
        Err(error) => Report::Host(error.0),
    };
    let bytes = serde_json::to_vec(&report).unwrap_or_default();
    // If nobody listens, nobody can be told.
    let _ = told.write_all(&bytes);
    system::exit(1)
}

fn prepare(spec: &Spec, progress: &OwnedFd, gate: Option<PipeReader>) -> Result<(), Fault> {
    die_with_parent()?;
    if let Some(mut gate) = gate {
        gate.read_exact(&mut [0]).during("waiting for the node")?;
    }
    rustix::process::setsid().during("starting a session")?;
    affinity(&spec.cpus)?;
    limits(spec)?;
    if spec.isolation == Isolation::Landlock {
        std::env::set_current_dir(&spec.job_dir).during("entering the job's directory")?;
    }
    let rules = rules(spec)?;
    if let (Isolation::Landlock, Some(id)) = (spec.isolation, spec.outer) {
        become_outer(id)?;
    }
    drop_capabilities()?;
    restrict(spec, rules)?;
    system::place_at(progress, PROGRESS).during("placing the progress descriptor")?;
    system::close_from(PROGRESS as u32 + 1, true).during("closing descriptors")?;
    filter(spec)
}

fn affinity(cpus: &[usize]) -> Result<(), Fault> {
    let mut set = CpuSet::new();
    cpus.iter().for_each(|cpu| set.set(*cpu));
    rustix::thread::sched_setaffinity(None, &set).during("choosing processors")
}

fn limits(spec: &Spec) -> Result<(), Fault> {
    let processes = (Resource::Nproc, spec.processes_max);
    let data = spec.data_bytes_max.map(|max| (Resource::Data, max));
    let size = (spec.isolation == Isolation::Landlock).then_some((Resource::Fsize, spec.disk_bytes));
    for (resource, max) in LIMITS.into_iter().chain([processes]).chain(data).chain(size) {
        let present = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let max = Some(max.min(present));
        rustix::process::setrlimit(resource, Rlimit { current: max, maximum: max }).during("setting limits")?;
    }
    Ok(())
}

/// As root without namespaces: an ordinary user from here on.
fn become_outer(id: u32) -> Result<(), Fault> {
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    rustix::thread::set_thread_res_gid(group, group, group).during("taking a group")?;
    rustix::thread::set_thread_res_uid(user, user, user).during("taking a user")?;
    // Changing the user undid this.
    die_with_parent()
}

type Rules = Vec<PathBeneath<PathFd>>;

/// What may be done below which path; the rest is refused. Opened before the user changes.
fn rules(spec: &Spec) -> Result<Rules, Fault> {
    let read = AccessFs::from_read(ABI::V5) | AccessFs::IoctlDev;
    let write = BitFlags::from(AccessFs::WriteFile) | AccessFs::Truncate;
    let all = AccessFs::from_all(ABI::V5) & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
    let devices = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile;
    let listed: Vec<(&str, BitFlags<AccessFs>)> = match spec.isolation {
        Isolation::Namespaces => vec![("/", read), ("/work", all), ("/tmp", all), ("/dev", devices)],
        Isolation::Landlock => vec![
            ("prover", AccessFs::Execute | AccessFs::ReadFile),
            ("in", AccessFs::ReadFile | AccessFs::ReadDir),
            ("out/proof", write | AccessFs::ReadFile),
            ("out/public", write | AccessFs::ReadFile),
            ("/dev/null", AccessFs::ReadFile | AccessFs::WriteFile),
            ("/dev/random", AccessFs::ReadFile.into()),
            ("/dev/urandom", AccessFs::ReadFile.into()),
        ],
    };
    let rule = |(path, access): (&str, BitFlags<AccessFs>)| {
        Ok(PathBeneath::new(PathFd::new(Path::new(path)).during(path)?, access))
    };
    listed.into_iter().map(rule).collect()
}

/// Takes away what landlock can take away; how much depends on the kernel.
fn restrict(spec: &Spec, rules: Rules) -> Result<(), Fault> {
    let ruleset = || {
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?;
        ruleset.add_rules(rules.into_iter().map(Ok::<_, landlock::RulesetError>))?.restrict_self()
    };
    let status = ruleset().during("restricting by landlock")?;
    let held = status.ruleset != RulesetStatus::NotEnforced;
    if spec.landlock && !held { Err(Fault("landlock does not hold, though the kernel has it".into())) } else { Ok(()) }
}

fn filter(spec: &Spec) -> Result<(), Fault> {
    let architecture = filter::native().ok_or_else(|| Fault("no filter for this architecture".into()))?;
    let alone = (spec.isolation == Isolation::Landlock).then(std::process::id);
    let strictness = Strictness { alone, watched: spec.data_bytes_max.is_some() };
    filter::install(architecture, strictness).during("filtering system calls")
}

/// Tries the places where the command may lie. Comes back only if it is in none of them.
fn execute(spec: &Spec) -> Report {
    let Some((name, arguments)) = spec.command.split_first() else {
        return Report::BadProgram("the command is empty".into());
    };
    if spec.isolation == Isolation::Namespaces
        && let Err(error) = std::env::set_current_dir(&spec.working_dir)
    {
        return Report::BadProgram(format!("its working directory {}: {error}", spec.working_dir));
    }
    let mut last = std::io::ErrorKind::NotFound.into();
    for path in candidates(spec, name) {
        let environment = spec.environment.iter().map(|(key, value)| (key, value));
        let error = Command::new(path).arg0(name).args(arguments).env_clear().envs(environment).exec();
        match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {}
            _ => last = error,
        }
    }
    failure(name, &last)
}

fn candidates(spec: &Spec, name: &str) -> Vec<String> {
    if name.contains('/') {
        return vec![name.to_owned()];
    }
    let path = spec.environment.iter().find(|(key, _)| key == "PATH").map_or("/usr/bin:/bin", |(_, value)| value);
    path.split(':').filter(|place| !place.is_empty()).map(|place| format!("{place}/{name}")).collect()
}

/// Whose fault it is that something cannot be executed.
fn failure(name: &str, error: &std::io::Error) -> Report {
    let text = format!("{name} cannot be executed: {error}");
    match error.raw_os_error() {
        Some(libc::ENOMEM | libc::EAGAIN | libc::EMFILE | libc::ENFILE | libc::EIO | libc::EPERM | libc::ETXTBSY) => {
            Report::Host(text)
        }
        _ => Report::BadProgram(text),
    }
}
