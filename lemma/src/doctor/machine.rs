//! The machine: what programs run in, memory, disk, open files.

use super::Finding;
use crate::units::size;
use executor::{NativeExecutor, NativeProbe, NativeSettings, native::MemoryLimit};
use rustix::process::{Resource, getrlimit};
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    time::{Duration, Instant},
};

/// Bytes of disk that a node has use for, unless its configuration says.
pub const ROOM: u64 = 16 << 30;
/// Bytes of disk without which nothing goes on.
const ROOM_MIN: u64 = 1 << 30;
/// Bytes of memory without which a node does not start, and with which it has some for programs.
const MEMORY: (u64, u64) = (1 << 30, 2 << 30);
/// Open files without which connections are refused, and with which there is room for all that are allowed.
const FILES: (u64, u64) = (1024, 4096);
/// How long a write may take to be on the disk until it slows down every block, and until blocks come too late.
const SYNC: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(200));
/// Writes that are timed.
const SYNCS: usize = 15;

/// All checks of the machine.
pub fn all(dir: &Path, room: u64) -> Vec<Finding> {
    let mut all = programs();
    all.push(memory(fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(available)));
    all.push(files(getrlimit(Resource::Nofile).current));
    all.push(disk(dir, rustix::fs::statvfs(dir).map(|it| it.f_bavail.saturating_mul(it.f_frsize)), room));
    all.push(sync(dir, timed(dir)));
    all
}

/// Runs something in the sandbox.
fn programs() -> Vec<Finding> {
    let probed = tempfile::tempdir().map_err(|error| error.to_string()).and_then(|dir| {
        let native = NativeExecutor::new(dir.path(), NativeSettings::default()).map_err(|error| error.to_string())?;
        native.probe().map_err(|error| error.to_string())
    });
    match probed {
        Ok(probe) => vec![sandbox(&probe), groups(probe.memory)],
        Err(why) => vec![Finding::warn(
            "sandbox",
            format!("none holds here, so Linux programs are not run; WebAssembly is: {why}"),
            "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, \
             kernel.apparmor_restrict_unprivileged_userns=0; in a container: its seccomp profile",
        )],
    }
}

fn sandbox(probe: &NativeProbe) -> Finding {
    if probe.namespaces {
        return Finding::ok("sandbox", format!("a program was run in it: {probe}"));
    }
    let why = probe.reason.as_deref().unwrap_or("unknown");
    let says = format!("without namespaces, only static programs of one process run: {why}");
    Finding::warn("sandbox", says, "allow user namespaces to whoever runs the node")
}

fn groups(limit: MemoryLimit) -> Finding {
    match limit {
        MemoryLimit::GroupV2 | MemoryLimit::GroupV1 => {
            Finding::ok("cgroups", "memory of programs is limited by the kernel")
        }
        MemoryLimit::Watched => Finding::warn(
            "cgroups",
            "no control group can be made: memory of programs is watched, not limited by the kernel",
            "run the node as a systemd unit with Delegate=yes",
        ),
    }
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

fn memory(bytes: Option<u64>) -> Finding {
    const FIX: &str = "give it more, or stop what takes it";
    match bytes {
        None => Finding::warn("memory", "/proc/meminfo does not say how much is free", ""),
        Some(bytes) if bytes < MEMORY.0 => Finding::fail("memory", format!("{} are free", size(bytes)), FIX),
        Some(bytes) if bytes < MEMORY.1 => {
            Finding::warn("memory", format!("{} are free: little for programs", size(bytes)), FIX)
        }
        Some(bytes) => Finding::ok("memory", format!("{} are free", size(bytes))),
    }
}

/// None is no limit.
fn files(limit: Option<u64>) -> Finding {
    const FIX: &str = "ulimit -n 65536, or LimitNOFILE=65536 in the unit";
    match limit {
        Some(limit) if limit < FILES.0 => Finding::fail("files", format!("{limit} may be open at once"), FIX),
        Some(limit) if limit < FILES.1 => {
            Finding::warn("files", format!("{limit} may be open at once: few for many connections"), FIX)
        }
        Some(limit) => Finding::ok("files", format!("{limit} may be open at once")),
        None => Finding::ok("files", "any number may be open"),
    }
}

fn disk(dir: &Path, free: rustix::io::Result<u64>, room: u64) -> Finding {
    let at = dir.display();
    match free {
        Err(error) => Finding::fail("disk", format!("{at} cannot be looked at: {error}"), "check the path"),
        Ok(free) if free < ROOM_MIN => {
            Finding::fail("disk", format!("{} are free at {at}", size(free)), "make room, or move the data folder")
        }
        Ok(free) if free < room => {
            let says = format!("{} are free at {at}, less than the {} that blobs may fill", size(free), size(room));
            Finding::warn("disk", says, "make room, or lower limits.blobs_bytes_max")
        }
        Ok(free) => Finding::ok("disk", format!("{} are free at {at}", size(free))),
    }
}

/// The middle of some writes that are on the disk when they return.
fn timed(dir: &Path) -> io::Result<Duration> {
    let mut file = tempfile::tempfile_in(dir)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}

fn sync(dir: &Path, time: io::Result<Duration>) -> Finding {
    const FIX: &str = "use a disk of its own, an SSD; no network file system";
    let told = |time: Duration| {
        format!("a write is on the disk of {} after {:.1} ms", dir.display(), time.as_secs_f64() * 1000.0)
    };
    match time {
        Err(error) => {
            Finding::fail("fsync", format!("{} cannot be written: {error}", dir.display()), "check its owner")
        }
        Ok(time) if time > SYNC.1 => Finding::fail("fsync", told(time), FIX),
        Ok(time) if time > SYNC.0 => Finding::warn("fsync", told(time), FIX),
        Ok(time) => Finding::ok("fsync", told(time)),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Level::*, *};

    #[test]
    fn a_sandbox_without_namespaces_or_groups_warns() {
        let probe =
            |namespaces, memory| NativeProbe { namespaces, memory, landlock: 0, reason: Some("EPERM".to_owned()) };
        assert_eq!(sandbox(&probe(true, MemoryLimit::GroupV2)).level, Ok);
        let weak = sandbox(&probe(false, MemoryLimit::Watched));
        assert!(weak.level == Warn && weak.says.contains("EPERM") && !weak.fix.is_empty());
        assert_eq!((groups(MemoryLimit::GroupV1).level, groups(MemoryLimit::Watched).level), (Ok, Warn));
    }

    #[test]
    fn little_memory_fails() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"), Some(2 << 20));
        assert_eq!((available("MemTotal: 9 kB"), available("MemAvailable: many")), (None, None));
        let levels = [None, Some(1), Some(1 << 30), Some(2 << 30)].map(|bytes| memory(bytes).level);
        assert_eq!(levels, [Warn, Fail, Warn, Ok]);
    }

    #[test]
    fn few_files_fail() {
        assert_eq!([Some(256), Some(1024), Some(65_536), None].map(|limit| files(limit).level), [Fail, Warn, Ok, Ok]);
    }

    #[test]
    fn a_full_disk_fails() {
        let level = |free| disk(Path::new("/x"), free, 8 << 30).level;
        let gone = Err(rustix::io::Errno::NOENT);
        assert_eq!([gone, Result::Ok(5), Result::Ok(2 << 30), Result::Ok(9 << 30)].map(level), [Fail, Fail, Warn, Ok]);
    }

    #[test]
    fn a_slow_disk_fails() {
        let level = |ms| sync(Path::new("/x"), Result::Ok(Duration::from_millis(ms))).level;
        assert_eq!([level(1), level(50), level(500)], [Ok, Warn, Fail]);
        let nowhere = Path::new("/nowhere");
        assert_eq!(sync(nowhere, timed(nowhere)).level, Fail);
        assert!(timed(tempfile::tempdir().expect("folder").path()).is_ok());
    }
}
