//! The node's handle on one sandbox: the process that makes it, what it reports, and its certain end.

use std::io::{PipeReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use rustix::process::Signal;

use super::inside;
use super::spec::{self, Report, Spec};

/// How long the kernel gets to end a killed tree before this machine is called faulty.
const DEATH_WITHIN: Duration = Duration::from_secs(30);

/// A sandbox. Dropping it kills everything in it.
pub(super) struct Process {
    helper: Child,
    control: OwnedFd,
    /// The first process of the sandbox, as the node sees it.
    first: Option<(i32, OwnedFd)>,
    /// The output directory, if it lies in the sandbox's own file system.
    pub(super) output: Option<OwnedFd>,
}

/// A step of the run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing new.
    None,
    Report(Report),
    /// Everybody who could report is gone.
    Gone,
}

impl Process {
    /// Starts the process that makes the sandbox, and gives the program's three pipes: 1, 2 and 3. The calling thread
    /// must stay until the run is over: the sandbox dies with it.
    pub(super) fn start(binary: &Path, spec: &Spec) -> std::io::Result<(Self, [PipeReader; 3])> {
        let (control, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let (out, their_out) = std::io::pipe()?;
        let (err, their_err) = std::io::pipe()?;
        let (progress, their_progress) = std::io::pipe()?;
        let text = rustix::fs::memfd_create("sandbox", MemfdFlags::CLOEXEC)?;
        std::fs::File::from(text.try_clone()?).write_all(&serde_json::to_vec(spec)?)?;
        let helper = Command::new(binary)
            .arg(inside::ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(their_out)
            .stderr(their_err)
            .spawn()?;
        let process = Self { helper, control, first: None, output: None };
        spec::send(&process.control, b"spec", &[text.as_fd(), their_progress.as_fd()])?;
        Ok((process, [out, err, progress]))
    }

    /// Waits until there is something to do, but no longer than this.
    pub(super) fn wait<'p>(&'p self, pipes: impl Iterator<Item = &'p PipeReader>, most: Duration) {
        let control = PollFd::new(&self.control, PollFlags::IN);
        let mut polled: Vec<PollFd<'_>> = [control].into_iter().collect();
        polled.extend(pipes.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        // Interrupted or not, the caller looks at everything again.
        let _ = rustix::event::poll(&mut polled, Some(&timespec(most)));
    }

    /// Takes the next report.
    pub(super) fn step(&mut self) -> Step {
        let (bytes, mut descriptors) = match spec::receive(&self.control, RecvFlags::DONTWAIT) {
            Ok(Some(message)) => message,
            Ok(None) => return Step::Gone,
            Err(Errno::AGAIN) => return Step::None,
            Err(_) => return Step::Gone,
        };
        let report = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| Report::Host(format!("the sandbox process reports nonsense: {error}")));
        match (&report, descriptors.pop()) {
            (Report::Init { pid }, Some(descriptor)) => self.first = Some((*pid, descriptor)),
            (Report::Ready { .. }, descriptor) => self.output = descriptor,
            _ => {}
        }
        Step::Report(report)
    }

    /// The first process of the sandbox, once there is one.
    pub(super) fn first_pid(&self) -> Option<i32> {
        self.first.as_ref().map(|(pid, _)| *pid)
    }

    /// Kills everything and waits until nothing is left. False if the kernel does not manage that.
    pub(super) fn end(&mut self) -> bool {
        let gone = match &self.first {
            Some((_, first)) => {
                // Fails when it is gone already. pid 1 takes everything in its namespace with it before it is gone.
                let _ = rustix::process::pidfd_send_signal(first, Signal::KILL);
                becomes(first, PollFlags::IN)
            }
            None => true,
        };
        // Has ended or ends by this; what it has not reported yet dies with it.
        let _ = self.helper.kill();
        let _ = self.helper.wait();
        gone && (self.first.is_some() || self.hears_nobody())
    }

    /// Waits until every other holder of the control descriptor is gone.
    fn hears_nobody(&mut self) -> bool {
        let until = Instant::now() + DEATH_WITHIN;
        while Instant::now() < until {
            match self.step() {
                Step::Gone => return true,
                Step::None => drop(becomes(&self.control, PollFlags::IN)),
                Step::Report(Report::Init { .. }) => {
                    if let Some((_, first)) = &self.first {
                        let _ = rustix::process::pidfd_send_signal(first, Signal::KILL);
                    }
                }
                Step::Report(_) => {}
            }
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for a descriptor; false if nothing happens for too long.
fn becomes(descriptor: impl AsFd, wanted: PollFlags) -> bool {
    let until = Instant::now() + DEATH_WITHIN;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let mut polled = [PollFd::new(&descriptor, wanted)];
        match rustix::event::poll(&mut polled, Some(&timespec(left))) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs().cast_signed(), tv_nsec: duration.subsec_nanos().into() }
}
