//! What this machine has for programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Memory that the node may use, in bytes: that of the machine, or less where a control group says so. None where neither can
/// be read.
pub(super) fn memory_bytes() -> Option<u64> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let machine = of_machine(&read(Path::new("/proc/meminfo")));
    let groups = limits(&read(Path::new("/proc/self/cgroup")));
    let groups = groups.iter().filter_map(|path| read(path).trim().parse().ok());
    machine.into_iter().chain(groups).min()
}

/// The line `MemTotal`.
fn of_machine(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Where the limits of the groups lie that a process is in, by its `/proc/self/cgroup`: its own and all above.
fn limits(groups: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        let below = Path::new(path.trim_start_matches('/'));
        found.extend(below.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        assert_eq!(of_machine("MemFree: 1 kB\nMemTotal:       16384 kB\n"), Some(16 << 20));
        assert_eq!(of_machine("MemTotal: much\n"), None);
        assert!(memory_bytes().is_some_and(|bytes| bytes > 64 << 20));
    }

    #[test]
    fn a_group_and_all_above_it_may_say_less() {
        let found = limits("0::/a/b\n4:memory:/x\n3:cpu:/y\nnonsense\n");
        let expected = [
            "/sys/fs/cgroup/a/b/memory.max",
            "/sys/fs/cgroup/a/memory.max",
            "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/x/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
    }
}
