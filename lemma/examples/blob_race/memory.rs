//! The memory of processes over time.

use crate::net::{LOOK, Node};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

/// The most that a node took since it was watched, and what it took then, in KiB.
pub struct Watch {
    idle: u64,
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Watch {
    /// Watches a node, which may be killed and come again under another number.
    pub fn new(node: &Node) -> Self {
        let (most, over, node) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)), node.clone());
        let (grows, ends) = (most.clone(), over.clone());
        let idle = resident(node.pid().unwrap_or(0)).unwrap_or(0);
        thread::spawn(move || {
            let mut pid = node.pid().unwrap_or(0);
            while !ends.load(Ordering::Relaxed) {
                match resident(pid) {
                    Some(kib) => drop(grows.fetch_max(kib, Ordering::Relaxed)),
                    None => pid = node.pid().unwrap_or(pid),
                }
                thread::sleep(LOOK);
            }
        });
        Self { idle, most, over }
    }

    /// KiB above what it took at first.
    pub fn above_idle(&self) -> u64 {
        self.most.load(Ordering::Relaxed).saturating_sub(self.idle)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
