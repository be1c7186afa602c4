//! A directory that is filled from an archive nobody trusts. Every path is resolved by the kernel as if the directory
//! were the root of the file system, so that no link in it leads out; the last part of a path is never followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::ImageError;

/// Removing goes no deeper than unpacking, plus what earlier layers hid behind links.
const DEPTH_MAX: usize = 256;
/// Where a sandbox mounts things.
const MOUNT_POINTS: [&str; 4] = ["dev", "proc", "tmp", "work"];

pub(super) struct Tree {
    root: OwnedFd,
    path: PathBuf,
}

impl Tree {
    /// A new empty directory.
    pub(super) fn create(path: &Path) -> Result<Self, ImageError> {
        rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(0o755))?;
        let root = rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        // Whatever the process's mask says, another user runs what is in it.
        rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(0o755), AtFlags::empty())?;
        let path = path.canonicalize()?;
        Ok(Self { root, path })
    }

    /// Makes a directory; one that is there stays.
    pub(super) fn make_dir(&self, path: &Path) -> Result<(), ImageError> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let (parent, name) = self.parent(path)?;
        if kind(&parent, name)? != Some(FileType::Directory) {
            remove_at(&parent, name, 0)?;
            make_dir_at(&parent, name)?;
        }
        Ok(())
    }

    /// Writes a file of exactly `size` bytes, replacing what is there.
    pub(super) fn write(&self, path: &Path, mode: u32, size: u64, content: impl Read) -> Result<(), ImageError> {
        let (parent, name) = self.parent(path)?;
        remove_at(&parent, name, 0)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&parent, name, flags, Mode::from_raw_mode(0o600)).map_err(whose)?;
        let mut file = File::from(file);
        if std::io::copy(&mut content.take(size), &mut file)? != size {
            return Err(ImageError::bad("the archive ends within a file"));
        }
        Ok(rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?)
    }

    /// Makes a symbolic link. An absolute target is rewritten as a relative one with the same meaning inside; one that
    /// leads above the root is refused.
    pub(super) fn symlink(&self, path: &Path, target: &Path) -> Result<(), ImageError> {
        let (parent, name) = self.parent(path)?;
        let depth = self.depth(&parent)?;
        let target = inside(target, depth)?;
        remove_at(&parent, name, 0)?;
        rustix::fs::symlinkat(&target, &parent, name).map_err(whose)
    }

    /// Makes a second name for a file that is there.
    pub(super) fn hard_link(&self, path: &Path, target: &Path) -> Result<(), ImageError> {
        let (from, old) = self.parent(target)?;
        if kind(&from, old)? != Some(FileType::RegularFile) {
            return Err(ImageError::bad("a hard link to what is not a file of the archive"));
        }
        let (to, new) = self.parent(path)?;
        if path == target {
            return Ok(());
        }
        remove_at(&to, new, 0)?;
        rustix::fs::linkat(&from, old, &to, new, AtFlags::empty()).map_err(whose)
    }

    /// Removes what is at the path, if anything is.
    pub(super) fn remove(&self, path: &Path) -> Result<(), ImageError> {
        let (parent, name) = self.parent(path)?;
        remove_at(&parent, name, 0)
    }

    /// Removes what is in a directory, but for the names that are to be kept.
    pub(super) fn clear(&self, path: &Path, keep: impl Fn(&OsStr) -> bool) -> Result<(), ImageError> {
        let folder = self.open_dir(path, OFlags::RDONLY)?;
        for name in names(&folder)? {
            if !keep(&name) {
                remove_at(&folder, &name, 0)?;
            }
        }
        Ok(())
    }

    /// Refuses if no executable file is at the path.
    pub(super) fn check_executable(&self, path: &Path) -> Result<(), ImageError> {
        let missing = |_| ImageError::Bad(format!("the archive has no /{}", path.display()));
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let file = rustix::fs::openat2(&self.root, path, flags, Mode::empty(), RESOLVE).map_err(missing)?;
        let stat = rustix::fs::fstat(&file)?;
        let executable = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_mode & 0o111 != 0;
        if executable { Ok(()) } else { Err(ImageError::Bad(format!("/{} is not executable", path.display()))) }
    }

    /// Whether a file is at the path.
    pub(super) fn has_file(&self, path: &Path) -> bool {
        let file = rustix::fs::openat2(&self.root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), RESOLVE);
        let stat = file.and_then(rustix::fs::fstat);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
    }

    /// Makes the directories that a sandbox mounts upon, whatever the archive had there.
    pub(super) fn prepare_mount_points(&self) -> Result<(), ImageError> {
        MOUNT_POINTS.iter().try_for_each(|name| self.make_dir(Path::new(name)))
    }

    /// The directory that holds the last part of the path, made if it is missing, and that part.
    fn parent<'p>(&self, path: &'p Path) -> Result<(OwnedFd, &'p OsStr), ImageError> {
        let name = path.file_name().ok_or_else(|| ImageError::bad("the root of the archive is not a file"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        match self.open_dir(folder, OFlags::PATH) {
            Ok(parent) => Ok((parent, name)),
            Err(_) => {
                self.make_dirs(folder)?;
                Ok((self.open_dir(folder, OFlags::PATH)?, name))
            }
        }
    }

    fn make_dirs(&self, path: &Path) -> Result<(), ImageError> {
        let (mut folder, mut so_far) = (self.root.try_clone()?, PathBuf::new());
        for part in path.components() {
            so_far.push(part);
            folder = match self.open_dir(&so_far, OFlags::PATH) {
                Ok(next) => next,
                Err(_) if kind(&folder, part.as_os_str())?.is_none() => {
                    make_dir_at(&folder, part.as_os_str())?;
                    self.open_dir(&so_far, OFlags::PATH)?
                }
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn open_dir(&self, path: &Path, access: OFlags) -> Result<OwnedFd, ImageError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = access | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat2(&self.root, path, flags, Mode::empty(), RESOLVE).map_err(whose)
    }

    /// How many directories below the root this one is.
    fn depth(&self, folder: &OwnedFd) -> Result<usize, ImageError> {
        use std::os::fd::AsRawFd;
        let real = std::fs::read_link(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
        let below = real.strip_prefix(&self.path).map_err(|_| ImageError::bad("a path that leads out"))?;
        Ok(below.components().count())
    }
}

const RESOLVE: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV);

/// Whether the archive asked for something impossible, or this machine failed.
fn whose(error: Errno) -> ImageError {
    match error {
        Errno::NOTDIR | Errno::ISDIR | Errno::LOOP | Errno::NAMETOOLONG | Errno::NOENT | Errno::EXIST => {
            ImageError::bad(error)
        }
        Errno::INVAL | Errno::XDEV | Errno::MLINK | Errno::NOTEMPTY | Errno::ILSEQ => ImageError::bad(error),
        error => ImageError::from(error),
    }
}

/// The target as seen from `depth` directories below the root.
fn inside(target: &Path, depth: usize) -> Result<PathBuf, ImageError> {
    let escaping = || ImageError::Bad(format!("a link to {}, outside of the archive", target.display()));
    let mut level = if target.has_root() { 0 } else { depth };
    for part in target.components() {
        match part {
            Component::Normal(_) => level += 1,
            Component::ParentDir => level = level.checked_sub(1).ok_or_else(escaping)?,
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    let Ok(below) = target.strip_prefix("/") else { return Ok(target.to_owned()) };
    let up: PathBuf = std::iter::repeat_n("..", depth).collect();
    let relative = up.join(below);
    Ok(if relative.as_os_str().is_empty() { ".".into() } else { relative })
}

fn kind(folder: &OwnedFd, name: &OsStr) -> Result<Option<FileType>, ImageError> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(whose(error)),
    }
}

fn make_dir_at(folder: &OwnedFd, name: &OsStr) -> Result<(), ImageError> {
    let mode = Mode::from_raw_mode(0o755);
    rustix::fs::mkdirat(folder, name, mode).map_err(whose)?;
    // The mask of the process may have taken bits away.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let made = rustix::fs::openat(folder, name, flags, Mode::empty())?;
    Ok(rustix::fs::fchmod(&made, mode)?)
}

/// Removes a file, a link or a whole directory, following nothing.
fn remove_at(folder: &OwnedFd, name: &OsStr, depth: usize) -> Result<(), ImageError> {
    match kind(folder, name)? {
        None => Ok(()),
        Some(FileType::Directory) if depth >= DEPTH_MAX => Err(ImageError::bad("too deep to be removed")),
        Some(FileType::Directory) => {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let inner = rustix::fs::openat(folder, name, flags, Mode::empty())?;
            names(&inner)?.iter().try_for_each(|name| remove_at(&inner, name, depth + 1))?;
            Ok(rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR)?)
        }
        Some(_) => Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?),
    }
}

fn names(folder: &OwnedFd) -> Result<Vec<std::ffi::OsString>, ImageError> {
    use std::os::unix::ffi::OsStringExt;
    let mut names = Vec::new();
    for entry in Dir::read_from(folder.as_fd())? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(std::ffi::OsString::from_vec(name));
        }
    }
    Ok(names)
}
