//! Reading what a program left behind. It may have left anything: links, pipes, directories, ten gigabytes.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::FailReason;

/// The file of the output directory with this name, no larger than this; empty if there is none. Nothing of the
/// program may run any more.
pub(super) fn read(directory: &OwnedFd, name: &str, bytes_max: u64) -> Result<Vec<u8>, FailReason> {
    let bad = |what: &str| Err(FailReason::BadOutput(format!("{name} {what}")));
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let file = match rustix::fs::openat2(directory, name, flags, Mode::empty(), resolve) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(Vec::new()),
        Err(Errno::LOOP) => return bad("is a symbolic link"),
        Err(Errno::XDEV) => return bad("is a mount"),
        Err(Errno::ACCESS) => return bad("cannot be read"),
        Err(Errno::NXIO) => return bad("is not a file"),
        Err(error) => return Err(FailReason::HostError(format!("{name} cannot be opened: {error}"))),
    };
    let stat = rustix::fs::fstat(&file).map_err(|error| host(name, &error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return bad("is not a file");
    }
    if stat.st_nlink != 1 {
        return bad("has several names");
    }
    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
    if size > bytes_max {
        return Err(FailReason::OutputTooLarge);
    }
    let mut bytes = Vec::new();
    File::from(file).take(size).read_to_end(&mut bytes).map_err(|error| host(name, &error))?;
    Ok(bytes)
}

fn host(name: &str, error: &std::io::Error) -> FailReason {
    FailReason::HostError(format!("{name} cannot be read: {error}"))
}

/// Bytes in use on the file system of the output directory, which is the program's whole disk.
pub(super) fn used_bytes(directory: &OwnedFd) -> u64 {
    rustix::fs::fstatvfs(directory)
        .map_or(0, |stat| stat.f_blocks.saturating_sub(stat.f_bfree).saturating_mul(stat.f_frsize))
}

/// Whether the file system of the output directory, which is the program's whole disk, has no room left.
pub(super) fn is_full(directory: &OwnedFd) -> bool {
    const ROOM_BYTES: u64 = 64 << 10;
    rustix::fs::fstatvfs(directory)
        .is_ok_and(|stat| stat.f_bavail.saturating_mul(stat.f_frsize) < ROOM_BYTES || stat.f_ffree == 0)
}
