//! Memory of a tree of processes, where no control group counts it.

use std::fs;

/// Memory that belongs to a process and everything below it, in bytes: private pages and shared ones, as often as they
/// are mapped. Pages of files do not count, they can be dropped. What ends while this looks counts as nothing.
pub(super) fn tree_bytes(first: i32) -> u64 {
    let (mut total, mut waiting) = (0_u64, vec![first]);
    while let Some(pid) = waiting.pop() {
        total = total.saturating_add(process_bytes(pid));
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            waiting.extend(children.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
    total
}

fn process_bytes(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let counted = status.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let kib = value.trim().strip_suffix(" kB")?;
        matches!(key, "RssAnon" | "RssShmem" | "VmSwap" | "VmPTE").then(|| kib.parse::<u64>().ok())?
    });
    counted.sum::<u64>().saturating_mul(1024)
}

/// Whether this kernel lets a tree be walked.
pub(super) fn is_possible() -> bool {
    fs::read_dir("/proc/self/task").into_iter().flatten().flatten().any(|task| task.path().join("children").exists())
}

/// Processes and threads of a user: what the kernel counts against its limit where there is no namespace.
pub(super) fn tasks_of(user: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let tasks = processes.filter_map(|entry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
        let owner = value("Uid:")?.split_ascii_whitespace().next()?.parse::<u32>().ok()?;
        value("Threads:")?.trim().parse::<u64>().ok().filter(|_| owner == user)
    });
    tasks.sum()
}

/// How often the kernel has killed anybody for want of memory since it started.
pub(super) fn machine_kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_counts_what_it_holds_and_a_missing_one_nothing() {
        let own = std::process::id() as i32;
        let before = process_bytes(own);
        let held = vec![1_u8; 64 << 20];
        assert!(process_bytes(own) >= before + (48 << 20), "{} bytes held", held.len());
        assert_eq!(tree_bytes(i32::MAX), 0);
    }
}
