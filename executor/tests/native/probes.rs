//! The attempts: each a deed of the hostile program, what must come of it, and what came of it.

use executor::native::MemoryLimit;
use executor::{FailReason, NativeJob, NativeProbe, Outcome};

use crate::lab::Lab;

/// One attempt to escape or to harm.
pub struct Attempt {
    /// Name of the deed.
    pub name: &'static str,
    /// What is attempted.
    pub what: &'static str,
    rest: Rest,
    expected: Expected,
    limit: fn(&mut NativeJob<'_>),
}

/// What the deed is told besides its name.
enum Rest {
    Nothing,
    Text(&'static str),
    Pids,
    Paths,
    Secret,
    Address,
}

/// What must come of a deed.
enum Expected {
    /// It comes back and says that it was stopped.
    Held,
    /// It ends with this.
    Ends(FailReason),
    /// It ends in some way of this kind.
    Kind(&'static str, fn(&FailReason) -> bool),
    /// It depends on the means: `Held` where memory is only watched, else that.
    HeldWhereWatched(FailReason),
    /// It is held, or ends in some way of this kind: whichever fence it meets first.
    HeldOr(&'static str, fn(&FailReason) -> bool),
    /// It depends on the means: `Held` where there is but one process or no disk, else that.
    HeldWhereAlone(FailReason),
}

impl Attempt {
    fn held(name: &'static str, what: &'static str) -> Self {
        Self { name, what, rest: Rest::Nothing, expected: Expected::Held, limit: |_| () }
    }

    fn with(self, rest: Rest) -> Self {
        Self { rest, ..self }
    }

    fn expect(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    fn within(self, limit: fn(&mut NativeJob<'_>)) -> Self {
        Self { limit, ..self }
    }

    /// Runs it. The observation, and whether it was held.
    pub fn run(&self, lab: &mut Lab) -> (bool, String) {
        let rest = match self.rest {
            Rest::Nothing => String::new(),
            Rest::Text(text) => text.to_owned(),
            Rest::Pids => lab.pids(),
            Rest::Paths => lab.paths(),
            Rest::Secret => lab.secret().display().to_string(),
            Rest::Address => lab.address(),
        };
        let arguments = format!("{} {rest}", self.name);
        let arguments = arguments.trim_end();
        let mut job = lab.job(arguments);
        (self.limit)(&mut job);
        let outcome = lab.run(&job);
        let (held, observed) = (self.is_as_expected(&outcome, &lab.probe), observed(&outcome));
        match lab.damage() {
            Some(damage) => (false, format!("{observed}; {damage}")),
            None => (held, observed),
        }
    }

    fn is_as_expected(&self, outcome: &Outcome, probe: &NativeProbe) -> bool {
        let held = matches!(outcome, Outcome::Success(made) if made.proof.starts_with(b"held"));
        let reason = match outcome {
            Outcome::Failed(failed) => Some(&failed.reason),
            Outcome::Success(_) => None,
        };
        match &self.expected {
            Expected::Held => held,
            Expected::Ends(expected) => reason == Some(expected),
            Expected::Kind(_, fits) => reason.is_some_and(fits),
            Expected::HeldOr(_, fits) => held || reason.is_some_and(fits),
            Expected::HeldWhereWatched(_) if probe.memory == MemoryLimit::Watched => held,
            Expected::HeldWhereAlone(_) if !probe.namespaces => held,
            Expected::HeldWhereWatched(expected) | Expected::HeldWhereAlone(expected) => reason == Some(expected),
        }
    }

    /// What must come of it, in words.
    pub fn expectation(&self, probe: &NativeProbe) -> String {
        match &self.expected {
            Expected::Held => "held".to_owned(),
            Expected::HeldWhereWatched(_) if probe.memory == MemoryLimit::Watched => "held".to_owned(),
            Expected::HeldWhereAlone(_) if !probe.namespaces => "held".to_owned(),
            Expected::Kind(name, _) => (*name).to_owned(),
            Expected::HeldOr(name, _) => format!("held or {name}"),
            Expected::Ends(reason) | Expected::HeldWhereWatched(reason) | Expected::HeldWhereAlone(reason) => {
                reason.to_string()
            }
        }
    }
}

fn observed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success(made) => String::from_utf8_lossy(&made.proof).chars().take(200).collect(),
        Outcome::Failed(failed) => failed.reason.to_string(),
    }
}

const SHORT: fn(&mut NativeJob<'_>) = |job| job.limits.wall_ms = 300;
const BAD_OUTPUT: Expected = Expected::Kind("bad output", |reason| matches!(reason, FailReason::BadOutput(_)));
const TOO_LARGE: Expected =
    Expected::Kind("too large or disk", |reason| matches!(reason, FailReason::OutputTooLarge | FailReason::Disk));
/// On a machine that is slow enough the clock is first.
const TRAP: Expected =
    Expected::Kind("trap or timeout", |reason| matches!(reason, FailReason::Trap(_) | FailReason::Timeout));

const MEMORY_OR_DISK: Expected =
    Expected::HeldOr("memory or disk", |reason| matches!(reason, FailReason::OutOfMemory | FailReason::Disk));

/// Killed for a call by another architecture's table. Where there is none, the program gives up.
fn filtered(reason: &FailReason) -> bool {
    *reason == FailReason::Signal(if cfg!(target_arch = "x86_64") { 31 } else { 6 })
}

/// A program that ends because of a full disk may have given the room back by ending.
fn disk_or_exit(reason: &FailReason) -> bool {
    matches!(reason, FailReason::Disk | FailReason::Exit(28))
}

/// All of them.
pub fn attempts() -> Vec<Attempt> {
    [against_the_kernel(), against_others(), by_appetite(), by_output()].into_iter().flatten().collect()
}

/// Against the kernel's own fences.
fn against_the_kernel() -> Vec<Attempt> {
    vec![
        Attempt::held("become-root", "take user 0, group 0, other groups"),
        Attempt::held("take-capabilities", "raise capabilities, ambient ones too; undo no_new_privs"),
        Attempt::held("loosen-filter", "install another filter, take this one off, change the personality"),
        Attempt::held("new-namespaces", "make namespaces by unshare, clone and clone3"),
        Attempt::held("enter-namespaces", "enter the namespaces of pid 1"),
        Attempt::held("mount", "mount, remount writable, bind, unmount, by the old calls and the new"),
        Attempt::held("change-root", "chroot, pivot_root"),
        Attempt::held("make-devices", "make device nodes and pipes"),
        Attempt::held("raw-devices", "open memory, disks, kvm, fuse, tun"),
        Attempt::held("kernel-settings", "write kernel settings, read the kernel's and pid 1's memory"),
        Attempt::held("machine", "reboot, set the clock and the host's name, load modules, swap, kexec"),
        Attempt::held("other-tables", "system calls by the x32 table and by unknown numbers"),
        Attempt::held("new-interfaces", "io_uring, bpf, perf, userfaultfd, fanotify, memfd_secret"),
        Attempt::held("keys", "the kernel's key rings"),
        Attempt::held("handles", "open files by handle"),
        Attempt::held("raise-limits", "raise limits, take more processors, more priority"),
        Attempt::held("sockets", "make sockets of ten kinds"),
        Attempt::held("connect", "connect to a port of the host, listen on one").with(Rest::Address),
        Attempt::held("ipc", "System V and POSIX shared memory and queues"),
        Attempt::held("terminal", "type into the node's terminal"),
        Attempt::held("foreign-calls", "system calls by the 32-bit table").expect(Expected::Kind("signal", filtered)),
    ]
}

/// Against the host's files and processes.
fn against_others() -> Vec<Attempt> {
    vec![
        Attempt::held("read-files", "read files of the host").with(Rest::Paths),
        Attempt::held("write-files", "write, cut, open up and remove files of the host").with(Rest::Secret),
        Attempt::held("climb-out", "climb out by .., /proc and links"),
        Attempt::held("change-inputs", "change, remove, replace the inputs"),
        Attempt::held("change-program", "overwrite or remove the program itself"),
        Attempt::held("kill-others", "kill processes of the host").with(Rest::Pids),
        Attempt::held("trace-others", "trace and read processes of the host and pid 1").with(Rest::Pids),
        Attempt::held("signal-by-descriptor", "have the kernel signal processes of the host").with(Rest::Pids),
        Attempt::held("limit-others", "limit and slow down processes of the host").with(Rest::Pids),
        Attempt::held("see-others", "see processes of the host").with(Rest::Pids),
        Attempt::held("kill-first", "kill pid 1"),
        Attempt::held("descriptors", "use descriptors that the node left open"),
        Attempt::held("environment", "read the node's environment"),
        Attempt::held("run-others", "run a shell or a setuid program of the host"),
    ]
}

/// Against time, memory, disk, processes, log.
fn by_appetite() -> Vec<Attempt> {
    vec![
        Attempt::held("loop", "never end").expect(Expected::Ends(FailReason::Timeout)).within(SHORT),
        Attempt::held("deaf-loop", "never end, ignore all signals")
            .expect(Expected::Ends(FailReason::Timeout))
            .within(SHORT),
        Attempt::held("eat-memory", "eat memory").expect(Expected::Ends(FailReason::OutOfMemory)),
        Attempt::held("eat-shared-memory", "eat shared memory that no resident set shows")
            .expect(Expected::HeldWhereWatched(FailReason::OutOfMemory)),
        Attempt::held("eat-hidden-memory", "the same through /dev/zero").expect(MEMORY_OR_DISK),
        Attempt::held("eat-memory-files", "eat memory in files that have no name").expect(MEMORY_OR_DISK),
        Attempt::held("eat-memory-in-children", "eat memory in many processes")
            .expect(Expected::HeldWhereAlone(FailReason::OutOfMemory)),
        Attempt::held("fork-bomb", "fork without end"),
        Attempt::held("thread-bomb", "start threads without end"),
        Attempt::held("orphans", "leave a process behind that goes on writing"),
        Attempt::held("fill-disk-unseen", "fill the disk by a file without a name")
            .with(Rest::Text("/tmp"))
            .expect(Expected::HeldOr("disk or exit", disk_or_exit)),
        Attempt::held("fill-disk", "fill the disk")
            .with(Rest::Text("/tmp"))
            .expect(Expected::HeldWhereAlone(FailReason::Disk)),
        Attempt::held("many-files", "make files without end").expect(Expected::Kind("disk or exit", disk_or_exit)),
        Attempt::held("log-forever", "log without end").expect(TRAP),
        Attempt::held("progress-forever", "tell progress without end").expect(TRAP),
        Attempt::held("crash", "crash").expect(Expected::Ends(FailReason::Signal(11))),
        Attempt::held("abort", "give up").expect(Expected::Ends(FailReason::Signal(6))),
        Attempt::held("kill-itself", "end by a signal that looks like the host's")
            .expect(Expected::Ends(FailReason::Signal(9))),
        Attempt::held("exit", "end with a code").with(Rest::Text("7")).expect(Expected::Ends(FailReason::Exit(7))),
    ]
}

/// By what is left as the proof.
fn by_output() -> Vec<Attempt> {
    vec![
        Attempt::held("no-proof", "end well without a proof").expect(BAD_OUTPUT),
        Attempt::held("link-as-proof", "leave a symbolic link to /etc/passwd as the proof").expect(BAD_OUTPUT),
        Attempt::held("hard-link-as-proof", "leave a file with two names as the proof").expect(BAD_OUTPUT),
        Attempt::held("directory-as-proof", "leave a directory as the proof").expect(BAD_OUTPUT),
        Attempt::held("sparse-proof", "leave ten gigabytes of nothing as the proof").expect(TOO_LARGE),
        Attempt::held("endless-proof", "write ten gigabytes as the proof").expect(TOO_LARGE),
        Attempt::held("large-proof", "leave too large a proof").expect(Expected::Ends(FailReason::OutputTooLarge)),
        Attempt::held("large-public", "leave too large public values")
            .expect(Expected::Ends(FailReason::OutputTooLarge)),
        Attempt::held("moved-output", "put a link to /etc in place of the output directory").expect(BAD_OUTPUT),
    ]
}
