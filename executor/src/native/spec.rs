//! What the node tells the process that makes a sandbox, and what it hears from it.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize};

/// One sandbox and the program in it. Passed as JSON in a memory file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    /// The node's process id: who else started this process has no business with it.
    pub(super) parent: u32,
    pub(super) isolation: Isolation,
    /// User and group that the program runs as outside, if the node is root.
    pub(super) outer: Option<u32>,
    /// Whether the kernel has landlock; then it must hold.
    pub(super) landlock: bool,
    /// This job's own directory. With namespaces its `root` is where the private root is mounted; without them the
    /// program runs in it.
    pub(super) job_dir: PathBuf,
    /// The unpacked artifact.
    pub(super) root: PathBuf,
    pub(super) command: Vec<String>,
    /// All of the program's environment.
    pub(super) environment: Vec<(String, String)>,
    pub(super) working_dir: String,
    /// Files of the input directory: name and where the content lies.
    pub(super) inputs: Vec<(String, PathBuf)>,
    /// `cgroup.procs` of every control group to join.
    pub(super) groups: Vec<PathBuf>,
    pub(super) cpus: Vec<usize>,
    pub(super) disk_bytes: u64,
    pub(super) files_max: u64,
    pub(super) processes_max: u64,
    /// Where memory can only be watched: the private writable memory of one process.
    pub(super) data_bytes_max: Option<u64>,
}

/// What keeps the program away from the rest of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Isolation {
    Namespaces,
    Landlock,
}

/// What the node hears, in this order; the last two end the run at any point.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// The first process of the sandbox, as the node sees it. Comes with a descriptor of that process.
    Init { pid: i32 },
    /// Everything is in place. Comes with a descriptor of the output directory if there are namespaces.
    Ready { proc: bool },
    /// The program was executed: its clock runs.
    Started,
    /// It ended by itself, with a code or by a signal, after that much processor time; nothing of it is left.
    Ended { code: Option<i32>, signal: Option<i32>, cpu_ms: Option<u64> },
    /// It cannot be executed, whatever the machine.
    BadProgram(String),
    /// This machine could not make the sandbox.
    Host(String),
}

/// Largest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// Descriptors that come with one message.
const DESCRIPTORS_MAX: usize = 2;

/// Sends a message without descriptors: by a plain `write`, which the filter lets through.
pub(super) fn report(control: impl AsFd, report: &Report) -> Result<(), Errno> {
    let bytes = serde_json::to_vec(report).map_err(|_| Errno::INVAL)?;
    rustix::io::retry_on_intr(|| rustix::io::write(&control, &bytes)).map(drop)
}

/// Sends a message with descriptors.
pub(super) fn send(control: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let send = |ancillary: &mut _| {
        rustix::net::sendmsg(&control, &[IoSlice::new(bytes)], ancillary, SendFlags::NOSIGNAL).map(drop)
    };
    rustix::io::retry_on_intr(|| send(&mut ancillary))
}

/// Sends a report with a descriptor.
pub(super) fn report_with(control: impl AsFd, report: &Report, descriptor: BorrowedFd<'_>) -> Result<(), Errno> {
    send(control, &serde_json::to_vec(report).map_err(|_| Errno::INVAL)?, &[descriptor])
}

/// A message and the descriptors that came with it.
pub(super) type Message = (Vec<u8>, Vec<OwnedFd>);

/// Receives one message; none when the other side is gone.
pub(super) fn receive(control: impl AsFd, flags: RecvFlags) -> Result<Option<Message>, Errno> {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut receive = || {
        let buffers = &mut [IoSliceMut::new(&mut bytes)];
        rustix::net::recvmsg(&control, buffers, &mut ancillary, flags | RecvFlags::CMSG_CLOEXEC)
    };
    let received = rustix::io::retry_on_intr(&mut receive)?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            descriptors.extend(more);
        }
    }
    bytes.truncate(received.bytes);
    Ok((received.bytes > 0).then_some((bytes, descriptors)))
}
