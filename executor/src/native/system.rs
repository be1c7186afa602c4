//! The few system calls that no library offers safely.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

/// Attributes of mounts, as in `mount_setattr(2)`.
pub(super) const READ_ONLY: u64 = 0x1;
pub(super) const NO_SETUID: u64 = 0x2;
pub(super) const NO_DEVICES: u64 = 0x4;

/// A child process: its id and its descriptor.
pub(super) struct Child {
    pub(super) pid: i32,
    pub(super) descriptor: OwnedFd,
}

/// Forks into new namespaces (`CLONE_NEW…`; 0 for none). Gives the child to the parent and nothing to the child.
///
/// # Errors
/// What the kernel says.
#[expect(unsafe_code, reason = "no library forks into namespaces")]
pub(super) fn fork(namespaces: i32) -> Result<Option<Child>, Errno> {
    let mut descriptor: i32 = -1;
    let flags = i64::from(namespaces | libc::CLONE_PIDFD | libc::SIGCHLD);
    let (no_stack, nothing) = (0_usize, 0_usize);
    // The older call: some container runtimes refuse clone3 whatever its flags.
    // SAFETY: with CLONE_PIDFD the kernel writes one integer to `descriptor`, which lives across the call; what follows
    // is not looked at without further flags. Without CLONE_VM and with no stack of its own the child goes on with a
    // copy of this process, as after fork(2). Only `inside` calls this, whose entry checked that no other thread
    // exists, so that no lock is held by a thread that the child does not have.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, no_stack, &raw mut descriptor, nothing, nothing) };
    match pid {
        0 => Ok(None),
        // SAFETY: the kernel put a new descriptor there, which nobody else owns.
        1.. => Ok(Some(Child { pid: pid as i32, descriptor: unsafe { OwnedFd::from_raw_fd(descriptor) } })),
        _ => Err(last_error()),
    }
}

/// How many threads this process has.
pub(super) fn threads() -> std::io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

/// Sets attributes of a mount.
#[expect(unsafe_code, reason = "no library has mount_setattr")]
pub(super) fn set_mount_attributes(mount: impl AsFd, attributes: u64) -> Result<(), Errno> {
    let set = [attributes, 0, 0, 0];
    let (fd, empty) = (mount.as_fd().as_raw_fd(), c"".as_ptr());
    // SAFETY: `set` has the layout of `struct mount_attr` (attr_set, attr_clr, propagation, userns_fd), lives across the
    // call and is as long as said; the path is an empty C string, which AT_EMPTY_PATH allows.
    let result = unsafe {
        libc::syscall(libc::SYS_mount_setattr, fd, empty, libc::AT_EMPTY_PATH, set.as_ptr(), size_of_val(&set))
    };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// Makes `descriptor` the one with this number, which stays open across an execution.
#[expect(unsafe_code, reason = "descriptors by number belong to nobody")]
pub(super) fn place_at(descriptor: impl AsFd, number: i32) -> Result<(), Errno> {
    // SAFETY: only called in a process of our own that is about to execute a program, where nothing owns `number`.
    let result = unsafe { libc::dup2(descriptor.as_fd().as_raw_fd(), number) };
    if result == number { Ok(()) } else { Err(last_error()) }
}

/// Closes (`at_exec`: when a program is executed) every descriptor from this number on.
#[expect(unsafe_code, reason = "descriptors by number belong to nobody")]
pub(super) fn close_from(number: u32, at_exec: bool) -> Result<(), Errno> {
    const CLOEXEC: u32 = 4;
    let flags = if at_exec { CLOEXEC } else { 0 };
    // SAFETY: called at the very start of a process, before anything opened a descriptor from `number` on, or with
    // CLOSE_RANGE_CLOEXEC, which closes nothing that is in use.
    let result = unsafe { libc::syscall(libc::SYS_close_range, number, u32::MAX, flags) };
    if result == 0 { Ok(()) } else { Err(last_error()) }
}

/// The version of landlock that the kernel offers; 0 if none.
#[expect(unsafe_code, reason = "asks a number of the kernel")]
pub(super) fn landlock_version() -> u32 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the kernel takes no attributes and returns its version.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0, VERSION) };
    u32::try_from(version).unwrap_or(0)
}

/// Processor time of all children that were waited for, and of theirs, in milliseconds.
#[expect(unsafe_code, reason = "no library asks for the usage of children")]
pub(super) fn children_cpu_ms() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the kernel writes one `struct rusage`, for which there is room; all of its bits may be zero.
    let (result, usage) = unsafe { (libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()), usage.assume_init()) };
    let milliseconds = |time: libc::timeval| {
        let (whole, rest) = (u64::try_from(time.tv_sec).ok()?, u64::try_from(time.tv_usec).ok()?);
        Some(whole.saturating_mul(1_000).saturating_add(rest / 1_000))
    };
    let sum = || Some(milliseconds(usage.ru_utime)?.saturating_add(milliseconds(usage.ru_stime)?));
    if result == 0 { sum() } else { None }
}

/// Ends this process at once, running nothing more of it.
#[expect(unsafe_code, reason = "ends a forked process without the parent's exit handlers")]
pub(super) fn exit(code: i32) -> ! {
    // SAFETY: `_exit` takes any number and has no conditions.
    unsafe { libc::_exit(code) }
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}
