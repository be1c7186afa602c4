//! The private root: the unpacked artifact read-only, a counted `/work` and `/tmp`, a small `/dev`, a new `/proc`.
//!
//! Paths of the host are opened while this process is still the user that owns them; everything else is made by the
//! inner user. Nothing of the host is left in sight at the end.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};

use super::super::spec::Spec;
use super::super::system::{self, NO_DEVICES, NO_SETUID, READ_ONLY};
use super::{During, Fault};

const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("shm", "/tmp"),
];
/// Room for the names of files that are only mounted upon.
const EMPTY_FILES_BYTES: u64 = 1 << 20;

/// Parts of the host's file system, taken out of it but not yet put anywhere.
pub(super) struct Trees {
    /// Where the new root goes.
    place: OwnedFd,
    root: OwnedFd,
    inputs: Vec<(String, OwnedFd)>,
    devices: Vec<(String, OwnedFd)>,
}

/// The finished root.
pub(super) struct Made {
    /// The output directory.
    pub(super) output: OwnedFd,
    /// Whether there is a `/proc`: some hosts do not let it be mounted.
    pub(super) proc: bool,
}

impl Trees {
    pub(super) fn open(spec: &Spec) -> Result<Self, Fault> {
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", private).during("making mounts private")?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let place = rustix::fs::open(spec.job_dir.join("root"), flags, Mode::empty()).during("opening the new root")?;
        let fixed = READ_ONLY | NO_SETUID | NO_DEVICES;
        let input = |(name, path): &(String, std::path::PathBuf)| Ok((name.clone(), take(path, fixed)?));
        // A device node on a mount without devices would be dead. Where memory can only be watched, there is no
        // /dev/zero: mapped as shared memory, it grows where nobody looks.
        let hidden = |name: &&str| spec.data_bytes_max.is_some() && *name == "zero";
        let device = |name: &str| Ok((name.to_owned(), take(format!("/dev/{name}").as_ref(), NO_SETUID)?));
        Ok(Self {
            place,
            root: take(&spec.root, fixed)?,
            inputs: spec.inputs.iter().map(input).collect::<Result<_, _>>()?,
            devices: DEVICES.into_iter().filter(|name| !hidden(name)).map(device).collect::<Result<_, _>>()?,
        })
    }
}

/// Puts everything in its place and leaves the old root for good.
pub(super) fn make_root(spec: &Spec, trees: Trees) -> Result<Made, Fault> {
    let Trees { place, root, inputs, devices } = trees;
    attach(&root, &place, "").during("attaching the root")?;
    rustix::process::fchdir(&root).during("entering the root")?;
    let output = make_work(spec, &inputs)?;
    make_devices(&devices)?;
    // Before the old root goes: the kernel gives a new /proc only to who can see one.
    let proc = make_proc().is_ok();
    rustix::process::pivot_root(".", ".").during("changing the root")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).during("leaving the old root")?;
    rustix::process::chdir("/").during("entering the new root")?;
    Ok(Made { output, proc })
}

/// `/work` and `/tmp` lie in one file system, whose size is the disk of the job.
fn make_work(spec: &Spec, inputs: &[(String, OwnedFd)]) -> Result<OwnedFd, Fault> {
    let work = temporary(spec.disk_bytes, spec.files_max, "0755").during("making /work")?;
    attach(&work, CWD, "work").during("attaching /work")?;
    for name in ["in", "out", "tmp"] {
        rustix::fs::mkdirat(&work, name, Mode::from_raw_mode(0o755)).during("filling /work")?;
    }
    make_inputs(&work, inputs)?;
    let tmp = clone_of(&work, "tmp").during("taking /tmp")?;
    attach(&tmp, CWD, "tmp").during("attaching /tmp")?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(&work, "out", flags, Mode::empty()).during("opening the output directory")
}

fn make_inputs(work: &OwnedFd, inputs: &[(String, OwnedFd)]) -> Result<(), Fault> {
    let files = inputs.len() as u64 + 2;
    let all = temporary(EMPTY_FILES_BYTES, files, "0555").during("making the input directory")?;
    attach(&all, work, "in").during("attaching the input directory")?;
    for (name, tree) in inputs {
        mount_on_file(&all, name, tree).during("attaching an input")?;
    }
    system::set_mount_attributes(&all, READ_ONLY).during("closing the input directory")
}

fn make_devices(devices: &[(String, OwnedFd)]) -> Result<(), Fault> {
    let all = temporary(EMPTY_FILES_BYTES, 32, "0755").during("making /dev")?;
    attach(&all, CWD, "dev").during("attaching /dev")?;
    for (name, tree) in devices {
        mount_on_file(&all, name, tree).during("attaching a device")?;
    }
    for (name, target) in LINKS {
        rustix::fs::symlinkat(target, &all, name).during("linking in /dev")?;
    }
    system::set_mount_attributes(&all, READ_ONLY).during("closing /dev")
}

fn make_proc() -> Result<(), rustix::io::Errno> {
    let context = rustix::mount::fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    attach(&rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?, CWD, "proc")
}

/// A file system in memory that holds no more than this.
fn temporary(bytes_max: u64, files_max: u64, mode: &str) -> Result<OwnedFd, rustix::io::Errno> {
    let context = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_set_string(&context, "size", bytes_max.max(1).to_string())?;
    rustix::mount::fsconfig_set_string(&context, "nr_inodes", files_max.max(1).to_string())?;
    rustix::mount::fsconfig_set_string(&context, "mode", mode)?;
    rustix::mount::fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    rustix::mount::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// A part of the host's file system, without what is mounted below it.
fn take(path: &std::path::Path, attributes: u64) -> Result<OwnedFd, Fault> {
    let what = path.display().to_string();
    let tree = clone_of(CWD, path).during(&what)?;
    system::set_mount_attributes(&tree, attributes).during(&what)?;
    Ok(tree)
}

fn clone_of(at: impl std::os::fd::AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, rustix::io::Errno> {
    rustix::mount::open_tree(at, path, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)
}

fn mount_on_file(directory: &OwnedFd, name: &str, tree: &OwnedFd) -> Result<(), rustix::io::Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    drop(rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(0o444))?);
    attach(tree, directory, name)
}

/// Attaches a mount at `path` below `at`, or at `at` itself.
fn attach(tree: &OwnedFd, at: impl std::os::fd::AsFd, path: &str) -> Result<(), rustix::io::Errno> {
    let from = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    let to = if path.is_empty() { MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH } else { MoveMountFlags::empty() };
    rustix::mount::move_mount(tree, "", at, path, from | to)
}
