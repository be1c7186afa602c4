//! From the helper process to the program, step by step.

use std::io::{PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::DumpableBehavior;
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::super::spec::{self, Isolation, Report, Spec};
use super::super::{filter, system};
use super::{During, Fault, Passed, close_log, die_with_parent, exec, mounts, outlive};

/// The program's user and group inside.
pub(super) const INNER_ID: u32 = 1000;

const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Starts pid 1 of new namespaces, says who is who in them, and stays until it is gone.
pub(super) fn with_namespaces(passed: Passed) -> Result<(), Fault> {
    let (gate, mut opened) = std::io::pipe().during("making a pipe")?;
    let Some(first) = system::fork(NAMESPACES).during("making namespaces")? else {
        drop(opened);
        system::exit(first_process(passed, gate));
    };
    drop(gate);
    close_log()?;
    let Passed { spec, control, progress } = passed;
    drop(progress);
    map_users(&spec, first.pid).during("mapping users")?;
    spec::report_with(&control, &Report::Init { pid: first.pid }, first.descriptor.as_fd())
        .during("reporting the first process")?;
    drop(control);
    opened.write_all(&[1]).during("starting the first process")?;
    // The other end sees this one close if this process dies.
    outlive(first.pid, Isolation::Landlock).map(drop)
}

/// Runs the program as a process of its own, which landlock and the filter alone hold.
pub(super) fn with_landlock(passed: Passed) -> Result<(), Fault> {
    let (gate, mut opened) = std::io::pipe().during("making a pipe")?;
    let Passed { spec, control, progress } = passed;
    let (child, failure) = start(&spec, &progress, Some(gate))?;
    drop(progress);
    close_log()?;
    spec::report_with(&control, &Report::Init { pid: child.pid }, child.descriptor.as_fd())
        .and_then(|()| spec::report(&control, &Report::Ready { proc: false }))
        .during("reporting the program")?;
    opened.write_all(&[1]).during("starting the program")?;
    drop(opened);
    supervise(&control, child.pid, failure, Isolation::Landlock)
}

fn map_users(spec: &Spec, pid: i32) -> std::io::Result<()> {
    let (outer_user, outer_group) = match spec.outer {
        Some(id) => (id, id),
        None => {
            std::fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
            (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
        }
    };
    std::fs::write(format!("/proc/{pid}/uid_map"), format!("{INNER_ID} {outer_user} 1"))?;
    std::fs::write(format!("/proc/{pid}/gid_map"), format!("{INNER_ID} {outer_group} 1"))
}

/// Pid 1. Whatever goes wrong is reported; its end is the end of everything in its namespaces.
fn first_process(passed: Passed, gate: PipeReader) -> i32 {
    let Passed { spec, control, progress } = passed;
    let done = prepare(&spec, &control, gate).and_then(|()| {
        let (child, failure) = start(&spec, &progress, None)?;
        drop(progress);
        close_log()?;
        supervise(&control, child.pid, failure, Isolation::Namespaces)
    });
    match done {
        Ok(()) => 0,
        Err(error) => {
            // If the node does not hear it, it is gone or sees the descriptor close.
            let _ = spec::report(&control, &Report::Host(error.0));
            1
        }
    }
}

fn prepare(spec: &Spec, control: &OwnedFd, mut gate: PipeReader) -> Result<(), Fault> {
    die_with_parent()?;
    gate.read_exact(&mut [0]).during("waiting for the user mapping")?;
    let trees = mounts::Trees::open(spec)?;
    become_inner()?;
    // Changing the user undid this.
    die_with_parent()?;
    if is_closed(&gate)? {
        return Err(Fault("the sandbox process is gone".into()));
    }
    let made = mounts::make_root(spec, trees)?;
    rustix::system::sethostname(b"lemma").during("naming the host")?;
    let ready = Report::Ready { proc: made.proc };
    spec::report_with(control, &ready, made.output.as_fd()).during("reporting the output directory")
}

fn become_inner() -> Result<(), Fault> {
    let (user, group) = (rustix::process::Uid::from_raw(INNER_ID), rustix::process::Gid::from_raw(INNER_ID));
    rustix::thread::set_thread_res_gid(group, group, group).during("taking the inner group")?;
    rustix::thread::set_thread_res_uid(user, user, user).during("taking the inner user")
}

fn is_closed(gate: &PipeReader) -> Result<bool, Fault> {
    let mut polled = [PollFd::new(gate, PollFlags::empty())];
    rustix::event::poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).during("looking at the parent")?;
    Ok(polled[0].revents().contains(PollFlags::HUP))
}

/// Forks the program's process, and gives the pipe through which it tells how far it came. `gate` says when to go on.
fn start(spec: &Spec, progress: &OwnedFd, gate: Option<PipeReader>) -> Result<(system::Child, PipeReader), Fault> {
    let (heard, told) = std::io::pipe().during("making a pipe")?;
    match system::fork(0).during("forking the program")? {
        Some(child) => Ok((child, heard)),
        None => {
            drop(heard);
            exec::exec(spec, progress, gate, told)
        }
    }
}

/// Waits for the program to start, then for its end.
fn supervise(control: &OwnedFd, pid: i32, mut heard: PipeReader, isolation: Isolation) -> Result<(), Fault> {
    let mut text = Vec::new();
    heard.read_to_end(&mut text).during("starting the program")?;
    if text != exec::EXECUTING {
        let text = text.strip_prefix(exec::EXECUTING).unwrap_or(&text);
        let silent = |_| Report::Host("the program's process ended before the program began".into());
        return spec::report(control, &serde_json::from_slice(text).unwrap_or_else(silent)).during("reporting");
    }
    spec::report(control, &Report::Started).during("reporting the start")?;
    if isolation == Isolation::Namespaces {
        disarm()?;
    }
    let report = outlive(pid, isolation)?;
    spec::report(control, &report).during("reporting the end")
}

/// Pid 1 stays in the program's reach, so it keeps nothing worth reaching for.
fn disarm() -> Result<(), Fault> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).during("refusing to be traced")?;
    drop_capabilities()?;
    let architecture = filter::native().ok_or_else(|| Fault("no filter for this architecture".into()))?;
    filter::install(architecture, filter::Strictness::default()).during("filtering the first process")
}

/// Drops every capability, for good.
pub(super) fn drop_capabilities() -> Result<(), Fault> {
    rustix::thread::clear_ambient_capability_set().during("clearing ambient capabilities")?;
    for one in CapabilitySet::all().iter() {
        // Fails for those that this kernel does not have, or without the right to: then there is nothing to drop below.
        let _ = rustix::thread::remove_capability_from_bounding_set(one);
    }
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).during("dropping capabilities")?;
    rustix::thread::set_no_new_privs(true).during("refusing new privileges")
}
