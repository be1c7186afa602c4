//! Control groups: the kernel's own limit of memory and processes for a whole tree, where this node may make one.
//!
//! Version 2 needs a group in which children with the controllers `memory` and `pids` may be made: the node's own, or
//! the one above it when the node was given a subtree (systemd: `Delegate=yes` and `DelegateSubgroup=`). Version 1 needs
//! the node's own group of both controllers to be writable, which means root.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

const PREFIX: &str = "lemma-";
/// How long a group that should be empty is waited for.
const EMPTY_WITHIN: Duration = Duration::from_secs(2);

/// Where groups can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Groups {
    V2(PathBuf),
    V1 { memory: PathBuf, pids: PathBuf },
    None,
}

/// The groups of one job, removed with it.
pub(super) struct Group {
    /// The group that counts memory, then any others.
    dirs: Vec<PathBuf>,
    v2: bool,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Groups {
    /// Finds out by making a group.
    pub(super) fn detect() -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        candidates(&own, &mounts).into_iter().find(|groups| groups.make(1 << 30, 64).is_ok()).unwrap_or(Self::None)
    }

    /// Makes groups that hold no more than this; nothing without control groups.
    pub(super) fn make(&self, memory_bytes: u64, processes: u64) -> std::io::Result<Option<Group>> {
        let name = format!("{PREFIX}{}-{}", owner(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut group = Group { dirs: Vec::new(), v2: matches!(self, Self::V2(_)) };
        match self {
            Self::None => return Ok(None),
            Self::V2(parent) => {
                // Fails when they are on already and cannot be changed; what is missing then shows below.
                let _ = write(&parent.join("cgroup.subtree_control"), "+memory +pids");
                let dir = group.make(parent, &name)?;
                write(&dir.join("memory.max"), &memory_bytes.to_string())?;
                write(&dir.join("pids.max"), &processes.to_string())?;
                optional(&dir.join("memory.swap.max"), 0)?;
            }
            Self::V1 { memory, pids } => {
                let dir = group.make(memory, &name)?;
                write(&dir.join("memory.limit_in_bytes"), &memory_bytes.to_string())?;
                // Nothing is swapped out. A limit of memory and swap together would do as well, but counts no failures.
                optional(&dir.join("memory.swappiness"), 0)?;
                let dir = group.make(pids, &name)?;
                write(&dir.join("pids.max"), &processes.to_string())?;
            }
        }
        Ok(Some(group))
    }

    /// Removes the groups of nodes that are gone, with whatever may still run in them.
    pub(super) fn sweep(&self) {
        let parents: Vec<&Path> = match self {
            Self::V2(parent) => vec![parent],
            Self::V1 { memory, pids } => vec![memory, pids],
            Self::None => Vec::new(),
        };
        for entry in parents.into_iter().flat_map(|parent| fs::read_dir(parent).into_iter().flatten().flatten()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if owner_in(&name).is_some_and(|owner| !is_alive(owner)) {
                empty(&entry.path());
                drop(Group { dirs: vec![entry.path()], v2: false });
            }
        }
    }
}

/// The name of this process among all that ever were on this machine since it was started: its number alone comes again.
fn owner() -> String {
    format!("{}.{}", std::process::id(), started("self").unwrap_or_default())
}

/// Whose group it is, if a node gave it this name: a unit of systemd may be called `lemma-…` as well, and stand beside it.
fn owner_in(name: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (owner, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    (is_number(number) && owner.split('.').all(is_number)).then_some(owner)
}

fn is_alive(owner: &str) -> bool {
    let (pid, since) = owner.split_once('.').unwrap_or((owner, ""));
    started(pid).is_some_and(|started| since.is_empty() || started == since)
}

/// When a process was started, in ticks of the machine; none if there is no such process.
fn started(pid: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).ok()?;
    // The name of the program may hold anything but is in brackets. The 22nd field is the 20th after it.
    text.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Kills what runs in a group.
fn empty(dir: &Path) {
    // Version 2 of recent kernels has a file for it.
    if write(&dir.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let pids = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    for pid in pids.lines().filter_map(|line| Pid::from_raw(line.trim().parse().ok()?)) {
        // Fails when it is gone already.
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Writes a limit that not every kernel has.
fn optional(path: &Path, value: u64) -> std::io::Result<()> {
    if path.exists() { write(path, &value.to_string()) } else { Ok(()) }
}

/// Writes to a file that must be there: elsewhere than in a control group this would make one.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    fs::File::options().write(true).open(path)?.write_all(text.as_bytes())
}

impl Group {
    fn make(&mut self, parent: &Path, name: &str) -> std::io::Result<PathBuf> {
        let dir = parent.join(name);
        fs::create_dir(&dir)?;
        self.dirs.push(dir.clone());
        Ok(dir)
    }

    /// The files by which a process joins.
    pub(super) fn doors(&self) -> Vec<PathBuf> {
        self.dirs.iter().map(|dir| dir.join("cgroup.procs")).collect()
    }

    /// The most memory that was in use, in bytes.
    pub(super) fn peak_bytes(&self) -> u64 {
        let name = if self.v2 { "memory.peak" } else { "memory.max_usage_in_bytes" };
        self.number(name).unwrap_or(0)
    }

    /// Processor time, in milliseconds. Version 1 counts it elsewhere.
    pub(super) fn cpu_ms(&self) -> Option<u64> {
        if self.v2 { Some(self.counter("cpu.stat", "usage_usec")? / 1_000) } else { None }
    }

    /// Whether the kernel killed a process of the group because the group was at its limit. A kill because the whole
    /// machine was out of memory is not that.
    pub(super) fn ran_out(&self) -> bool {
        let (kills, at_limit) = match self.v2 {
            true => (self.counter("memory.events", "oom_kill"), self.counter("memory.events", "oom")),
            false => (self.counter("memory.oom_control", "oom_kill"), self.number("memory.failcnt")),
        };
        kills.unwrap_or(0) > 0 && at_limit.unwrap_or(0) > 0
    }

    fn counter(&self, file: &str, key: &str) -> Option<u64> {
        let text = self.read(file)?;
        text.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == key)?.1.trim().parse().ok()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.read(name)?.trim().parse().ok()
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.dirs.first()?.join(name)).ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let until = Instant::now() + EMPTY_WITHIN;
        for dir in &self.dirs {
            // The last process may still be on its way out. What stays is swept at the next start.
            while fs::remove_dir(dir).is_err() && dir.exists() && Instant::now() < until {
                std::thread::yield_now();
            }
        }
    }
}

/// Where to try, given `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn candidates(own: &str, mounts: &str) -> Vec<Groups> {
    let path_of = |wanted: &dyn Fn(&str) -> bool| {
        own.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let controllers = parts.next()?;
            wanted(controllers).then(|| parts.next()).flatten()
        })
    };
    let v1 = |controller: &str| {
        let own = path_of(&|controllers| controllers.split(',').any(|one| one == controller))?;
        place(mounts, "cgroup", controller, own)
    };
    let mut found = Vec::new();
    if let Some(own) = path_of(&str::is_empty) {
        // Nothing is above the root of the hierarchy.
        let above = Path::new(own).parent().and_then(Path::to_str);
        let places = [above, Some(own)].into_iter().flatten().filter_map(|path| place(mounts, "cgroup2", "", path));
        found.extend(places.map(Groups::V2));
    }
    if let (Some(memory), Some(pids)) = (v1("memory"), v1("pids")) {
        found.push(Groups::V1 { memory, pids });
    }
    found
}

/// The directory of the group `own` in the hierarchy with this controller.
fn place(mounts: &str, kind: &str, controller: &str, own: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, point) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (found, options) = (after.next()?, after.nth(1)?);
        let fits = found == kind && (controller.is_empty() || options.split(',').any(|one| one == controller));
        let below = Path::new(own).strip_prefix(root).ok()?;
        fits.then(|| Path::new(point).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_tries_the_group_above_and_then_its_own() {
        let mounts = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = candidates("0::/system.slice/lemma.service/node\n", mounts);
        let at = |path: &str| Groups::V2(Path::new("/sys/fs/cgroup").join(path));
        assert_eq!(found, [at("system.slice/lemma.service"), at("system.slice/lemma.service/node")]);
    }

    #[test]
    fn version_1_needs_both_controllers() {
        let mounts = "40 39 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      41 39 0:32 /docker/a /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
        let own = "8:pids:/docker/a/b\n4:memory:/x\n0::/\n";
        let (memory, pids) = ("/sys/fs/cgroup/memory/x".into(), "/sys/fs/cgroup/pids/b".into());
        assert_eq!(candidates(own, mounts), [Groups::V1 { memory, pids }]);
        assert_eq!(candidates("4:memory:/x\n", mounts), []);
    }

    #[test]
    fn an_owner_is_alive_while_its_process_is_and_no_other_of_its_number() {
        assert!(is_alive(&owner()));
        assert!(!is_alive(&format!("{}.1", std::process::id())), "the same number, earlier");
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        let owner = format!("{}.{}", gone.id(), started(&gone.id().to_string()).unwrap());
        gone.wait().unwrap();
        assert!(!is_alive(&owner));
    }

    #[test]
    fn only_what_a_node_named_is_a_nodes() {
        assert_eq!(owner_in(&format!("{PREFIX}{}-7", owner())), Some(owner().as_str()));
        assert_eq!(owner_in("lemma-1234-0"), Some("1234"), "as earlier versions named it");
        for other in ["lemma-node.service", "lemma-node-2.service", "lemma-", "lemma-1-", "lemma--1", "lemma-1.-1", "x"]
        {
            assert_eq!(owner_in(other), None, "{other}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is_mounted() {
        assert_eq!(candidates("0::/\n", ""), []);
    }
}
