//! What a node takes of the machine, and what jobs left behind.

use crate::net::Node;
use anyhow::Context as _;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where control groups are, and how deep they are looked for.
const GROUPS: (&str, usize) = ("/sys/fs/cgroup", 8);

/// What a node takes of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Traces {
    pub memory_kib: u64,
    pub descriptors: usize,
    pub threads: usize,
}

impl Traces {
    /// Of the process of a node.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("no such figure")
        };
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        Ok(Self { memory_kib: number("VmRSS:")?, descriptors, threads: usize::try_from(number("Threads:")?)? })
    }
}

/// What is there of jobs: processes below the node, processes of a workload wherever they are, control groups that the process
/// made, work folders. One sentence for each.
pub fn left(node: &Node, pid: u32, workload: &str) -> Vec<String> {
    let below = below(pid).into_iter().map(|pid| format!("process {pid} below the node"));
    let of_workload = of_workload(workload).into_iter().map(|pid| format!("process {pid} of the workload"));
    let groups = groups(pid).into_iter().map(|path| format!("control group {}", path.display()));
    let folders = folders(node).into_iter().map(|path| format!("folder {}", path.display()));
    below.chain(of_workload).chain(groups).chain(folders).collect()
}

/// Processes that a process started, and that these started.
pub fn below(pid: u32) -> Vec<u32> {
    let mut all = children(pid);
    let mut at = 0;
    while let Some(pid) = all.get(at).copied() {
        all.extend(children(pid));
        at += 1;
    }
    all
}

/// Processes that a process started.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = entries(format!("/proc/{pid}/task").as_ref());
    let texts = tasks.iter().map(|task| fs::read_to_string(task.join("children")).unwrap_or_default());
    texts.flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Processes that were started with the environment of a workload's program.
pub fn of_workload(workload: &str) -> Vec<u32> {
    let own = format!("LEMMA_WORKLOAD={workload}");
    let is_its = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == own.as_bytes())
    };
    entries(Path::new("/proc"))
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .filter(is_its)
        .collect()
}

/// Control groups that a process made for jobs.
pub fn groups(pid: u32) -> Vec<PathBuf> {
    let (root, depth) = GROUPS;
    let (mut found, mut open) = (Vec::new(), vec![(PathBuf::from(root), depth)]);
    while let Some((path, depth)) = open.pop() {
        let dirs = entries(&path).into_iter().filter(|path| path.is_dir() && !path.is_symlink());
        let (own, other): (Vec<_>, Vec<_>) = dirs.partition(|path| is_of(path, pid));
        found.extend(own);
        open.extend(other.into_iter().filter(|_| depth > 0).map(|path| (path, depth - 1)));
    }
    found
}

fn is_of(group: &Path, pid: u32) -> bool {
    group.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("lemma-{pid}-")))
}

/// Folders of jobs, and images that were not finished.
fn folders(node: &Node) -> Vec<PathBuf> {
    let sandbox = node.config.with_file_name("data").join("sandbox");
    let unfinished = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("new-"));
    let images = entries(&sandbox.join("images")).into_iter().filter(unfinished);
    entries(&sandbox.join("jobs")).into_iter().chain(images).collect()
}

fn entries(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
