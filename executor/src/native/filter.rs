//! The system call filter (seccomp) of a program.
//!
//! Two filters lie on top of each other, and the kernel obeys the stricter one. The first knows what exists: calls in
//! neither table of `syscalls`, `clone3` among them, answer `ENOSYS`, and libraries fall back to what they did before
//! those calls were invented. The second refuses with `EPERM`: whole calls, and arguments of some that are allowed. A call of
//! another architecture's table kills the process.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Compare, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::syscalls::{ALLOWED, Architecture, DENIED};

/// What the other means leave to the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strictness {
    /// Without a process namespace: this process must not reach others, nor make any, nor change the attributes of
    /// files. Holds its process id.
    pub(super) alone: Option<u32>,
    /// Without a memory control group: no memory that does not show in the process's resident set.
    pub(super) watched: bool,
}

/// The two programs, in the order in which they are installed.
pub(super) fn programs(architecture: Architecture, strictness: Strictness) -> Result<[BpfProgram; 2], FilterError> {
    let numbers = |table: &super::syscalls::Table| table.on(architecture).collect::<Vec<_>>();
    let known = numbers(&ALLOWED).into_iter().chain(numbers(&DENIED)).map(|(_, number)| (number, Vec::new()));
    let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
    let first = compile(known.collect(), unknown, SeccompAction::Allow, architecture)?;

    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        numbers(&DENIED).into_iter().map(|(_, number)| (number, Vec::new())).collect();
    for (name, number) in ALLOWED.on(architecture) {
        match refusal(name, strictness) {
            Refusal::Never => {}
            Refusal::Always => drop(refused.insert(number, Vec::new())),
            Refusal::If(cases) => drop(refused.insert(number, rules(&cases)?)),
        }
    }
    let second = compile(refused, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32), architecture)?;
    Ok([first, second])
}

/// Installs both for this thread and all that it will start.
pub(super) fn install(architecture: Architecture, strictness: Strictness) -> Result<(), FilterError> {
    for program in programs(architecture, strictness)? {
        seccompiler::apply_filter(&program).map_err(FilterError::Install)?;
    }
    Ok(())
}

/// The architecture this was built for, if its programs can be filtered.
pub(super) fn native() -> Option<Architecture> {
    match std::env::consts::ARCH {
        "x86_64" => Some(Architecture::X86_64),
        "aarch64" => Some(Architecture::Aarch64),
        _ => None,
    }
}

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    /// A mistake in this file.
    #[error("it cannot be made: {0}")]
    Make(#[from] seccompiler::BackendError),
    #[error("the kernel refuses it: {0}")]
    Install(#[source] seccompiler::Error),
}

/// When a call that is allowed in general is refused. Each case is a conjunction.
enum Refusal {
    Never,
    Always,
    If(Vec<Vec<Case>>),
}

/// Argument number and what it is compared with; 32 bits wide, as the kernel reads these arguments.
type Case = (u8, Compare, u64);

const NAMESPACES: [i32; 8] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
    0x80, // CLONE_NEWTIME
];

/// `fcntl` commands that have the kernel send signals to a process of one's choice: F_SETOWN, F_SETSIG, F_SETOWN_EX.
const SIGNAL_OWNERS: [u64; 3] = [8, 10, 15];
/// `ioctl` requests that type into a terminal: TIOCSTI, TIOCLINUX.
const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541C];
/// `MAP_SHARED` and `MAP_ANONYMOUS` together, in the type bits and the flag that say so.
const SHARED_ANONYMOUS: u64 = (libc::MAP_SHARED | libc::MAP_ANONYMOUS) as u64;

/// Refused to a process that is alone: what makes processes, and what a uid may do to other processes and to files
/// whatever landlock says.
const ALONE: &[&str] = &[
    "fork",
    "vfork",
    "tkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "setpgid",
    "setsid",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "utime",
    "utimes",
    "futimesat",
    "utimensat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "inotify_init",
    "inotify_init1",
    "flock",
];

fn refusal(name: &str, strictness: Strictness) -> Refusal {
    let one = |case: Case| Refusal::If(vec![vec![case]]);
    let any = |cases: Vec<Case>| Refusal::If(cases.into_iter().map(|case| vec![case]).collect());
    match (name, strictness.alone) {
        ("clone", alone) => {
            let flag = |flag: i32| (0, Compare::MaskedEq(flag as u64), flag as u64);
            let thread = alone.map(|_| (0, Compare::MaskedEq(libc::CLONE_THREAD as u64), 0));
            any(NAMESPACES.into_iter().map(flag).chain(thread).collect())
        }
        ("prlimit64", _) => one((0, Compare::Ne, 0)),
        ("fcntl", _) => any(SIGNAL_OWNERS.map(|command| (1, Compare::Eq, command)).to_vec()),
        ("ioctl", _) => any(TERMINAL_INPUT.map(|request| (1, Compare::Eq, request)).to_vec()),
        ("kill" | "tgkill", Some(own)) => one((0, Compare::Ne, u64::from(own))),
        // Whoever clears the signal of its parent's death survives the node.
        ("prctl", Some(_)) => one((0, Compare::Eq, libc::PR_SET_PDEATHSIG as u64)),
        ("memfd_create", _) if strictness.watched => Refusal::Always,
        ("mmap", _) if strictness.watched => one((3, Compare::MaskedEq(SHARED_ANONYMOUS), SHARED_ANONYMOUS)),
        (name, Some(_)) if ALONE.contains(&name) => Refusal::Always,
        _ => Refusal::Never,
    }
}

fn rules(cases: &[Vec<Case>]) -> Result<Vec<SeccompRule>, FilterError> {
    let condition = |(argument, compare, value): &Case| {
        SeccompCondition::new(*argument, Width::Dword, compare.clone(), *value).map_err(FilterError::Make)
    };
    let rule = |case: &Vec<Case>| {
        let conditions = case.iter().map(condition).collect::<Result<_, _>>()?;
        SeccompRule::new(conditions).map_err(FilterError::Make)
    };
    cases.iter().map(rule).collect()
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    mismatch: SeccompAction,
    matched: SeccompAction,
    architecture: Architecture,
) -> Result<BpfProgram, FilterError> {
    let target = match architecture {
        Architecture::X86_64 => TargetArch::x86_64,
        Architecture::Aarch64 => TargetArch::aarch64,
    };
    Ok(SeccompFilter::new(rules, mismatch, matched, target)?.try_into()?)
}

#[cfg(test)]
mod tests;
