//! The process that makes a sandbox: the node's own binary, started again with a hidden argument and with one thread.
//!
//! ```text
//! node ── this process ── pid 1 of the sandbox ── the program      with namespaces
//! node ── this process ── the program                              with landlock alone
//! ```
//!
//! The death of each kills what is to its right. Nothing here trusts the program; nothing of the program runs before
//! `exec`. Whatever fails before that is reported as the host's fault.

mod entry;
mod exec;
mod mounts;

use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, WaitOptions};

use super::spec::{self, Isolation, Report, Spec};
use super::system;

/// The hidden argument.
pub(super) const ARGUMENT: &str = "--lemma-sandbox-process";

/// If this process was started to make a sandbox, does that and never returns. A binary that runs native programs
/// calls this first thing in `main`, before it starts any thread.
pub fn run_if_sandbox_process() {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT) {
        system::exit(main());
    }
}

fn main() -> i32 {
    let Ok(control) = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 10) else { return 1 };
    match run(&control) {
        Ok(()) => 0,
        Err(error) => {
            // If the node does not hear it, it is gone or sees the descriptor close.
            let _ = spec::report(&control, &Report::Host(error.0));
            1
        }
    }
}

/// Why the sandbox could not be made: a sentence for the operator.
struct Fault(String);

/// Says what was being done when something failed.
trait During<T> {
    fn during(self, what: &str) -> Result<T, Fault>;
}

impl<T, E: Display> During<T> for Result<T, E> {
    fn during(self, what: &str) -> Result<T, Fault> {
        self.map_err(|error| Fault(format!("{what}: {error}")))
    }
}

/// The three things that the node passed.
struct Passed {
    spec: Spec,
    control: OwnedFd,
    progress: OwnedFd,
}

fn run(control: &OwnedFd) -> Result<(), Fault> {
    die_with_parent()?;
    if system::threads().during("counting threads")? != 1 {
        return Err(Fault("the sandbox process has more than one thread; its binary must begin with the call".into()));
    }
    let passed = receive(control)?;
    let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    if u32::try_from(parent) != Ok(passed.spec.parent) {
        return Err(Fault("the node is gone".into()));
    }
    for group in &passed.spec.groups {
        std::fs::write(group, "0").during(&format!("joining {}", group.display()))?;
    }
    if passed.spec.outer.is_some() {
        rustix::thread::set_thread_groups(&[]).during("dropping groups")?;
    }
    match passed.spec.isolation {
        Isolation::Namespaces => entry::with_namespaces(passed),
        Isolation::Landlock => entry::with_landlock(passed),
    }
}

fn receive(control: &OwnedFd) -> Result<Passed, Fault> {
    let (_, descriptors) = spec::receive(control, RecvFlags::empty())
        .during("receiving the specification")?
        .ok_or_else(|| Fault("the node is gone".into()))?;
    let [text, progress] = <[OwnedFd; 2]>::try_from(descriptors)
        .map_err(|_| Fault("the specification came without its descriptors".into()))?;
    let mut text = File::from(text);
    let mut bytes = Vec::new();
    text.rewind().and_then(|()| text.read_to_end(&mut bytes)).during("reading the specification")?;
    let spec = serde_json::from_slice(&bytes).during("reading the specification")?;
    let control = control.try_clone().during("keeping the control descriptor")?;
    let null = File::open("/dev/null").during("opening /dev/null")?;
    rustix::stdio::dup2_stdin(null).during("emptying stdin")?;
    Ok(Passed { spec, control, progress })
}

fn die_with_parent() -> Result<(), Fault> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).during("tying to the parent")
}

/// Lets go of the program's log: only the program holds it open.
fn close_log() -> Result<(), Fault> {
    let null = File::options().write(true).open("/dev/null").during("opening /dev/null")?;
    rustix::stdio::dup2_stdout(&null).and_then(|()| rustix::stdio::dup2_stderr(&null)).during("closing the log")
}

/// Waits for the program and reaps whatever else falls to this process. Once the program ended, pid 1 of a namespace
/// kills what it left behind: nothing writes any more when the output is read.
fn outlive(pid: i32, isolation: Isolation) -> Result<Report, Fault> {
    let mut ended = None;
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((one, status))) if one.as_raw_nonzero().get() == pid => {
                ended = Some((status.exit_status(), status.terminating_signal()));
                if isolation == Isolation::Namespaces && rustix::process::getpid() == Pid::INIT {
                    // As a group, pid 1 means everything but the caller. Fails when there is nothing.
                    let _ = rustix::process::kill_process_group(Pid::INIT, Signal::KILL);
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => {
                let (code, signal) = ended.ok_or_else(|| Fault("the program was never a child".into()))?;
                return Ok(Report::Ended { code, signal, cpu_ms: system::children_cpu_ms() });
            }
            Err(error) => return Err(error).during("waiting for the program"),
        }
    }
}
