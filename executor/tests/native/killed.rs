//! A node that is killed takes its programs with it, and the next one on its directory finds nothing of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use executor::native::{NativeExecutor, NativeJob, NativeSettings, Source};
use executor::{CancelToken, ProverLimits};

use crate::support::{hostile, labs_by_settings, settings};

/// Where the node that is killed works, and by which means.
const DIR: &str = "KILLED_DIR";
const MEANS: &str = "KILLED_MEANS";
const WORKLOAD: &str = "killed";
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs in a process of its own, which is killed meanwhile. Does nothing unless it is told where.
#[test]
#[ignore = "it is a part of the test below"]
fn the_node_that_is_killed() {
    let (Ok(dir), Ok(means)) = (std::env::var(DIR), std::env::var(MEANS)) else { return };
    let executor = NativeExecutor::new(Path::new(&dir), by(&means)).unwrap();
    let limits = ProverLimits { memory_bytes: 128 << 20, wall_ms: 600_000, ..ProverLimits::default() };
    let job = NativeJob {
        workload: WORKLOAD,
        artifact_id: *blake3::hash(hostile()).as_bytes(),
        artifact: Source::Bytes(hostile()),
        arguments: b"deaf-loop",
        inputs: vec![Source::Bytes(b"an input")],
        cpus: 1,
        disk_bytes: 1 << 20,
        processes_max: 64,
        limits,
    };
    executor.prove(&job, &CancelToken::new(), &|_| ());
}

#[test]
fn a_node_that_is_killed_takes_its_whole_tree_with_it() {
    for (settings, lab) in labs_by_settings() {
        let means = format!("{} {}", settings.without_namespaces, settings.without_groups);
        let dir = tempfile::tempdir().unwrap();
        let mut node = node(dir.path(), &means);
        let mut tree = BTreeSet::new();
        within_patience("the program does not start", || {
            assert!(node.try_wait().unwrap().is_none(), "the node ended by itself");
            tree = below(node.id());
            tree.iter().any(|(pid, _)| runs_the_program(pid))
        });
        node.kill().unwrap();
        node.wait().unwrap();
        within_patience("a process survived", || tree.iter().all(|(pid, since)| started(pid).as_ref() != Some(since)));
        let executor = NativeExecutor::new(dir.path(), by(&means)).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("jobs")).unwrap().count(), 0, "{}", lab.probe);
        executor.probe().unwrap();
        assert_eq!(groups_of(node.id()), Vec::<PathBuf>::new(), "{}", lab.probe);
    }
}

/// A folder of jobs in which an earlier node, or somebody else, left a link to another place.
#[test]
fn what_is_swept_at_a_start_is_never_followed() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("kept"), b"kept").unwrap();
    let jobs = dir.path().join("jobs");
    fs::create_dir_all(jobs.join("0/in")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), jobs.join("0/in/link")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), jobs.join("link")).unwrap();
    NativeExecutor::new(dir.path(), settings()).unwrap();
    assert_eq!(fs::read_dir(&jobs).unwrap().count(), 0);
    assert_eq!(fs::read(elsewhere.path().join("kept")).unwrap(), b"kept");
}

fn by(means: &str) -> NativeSettings {
    let (namespaces, groups) = means.split_once(' ').unwrap();
    let [without_namespaces, without_groups] = [namespaces, groups].map(|one| one == "true");
    NativeSettings { without_namespaces, without_groups, ..settings() }
}

fn node(dir: &Path, means: &str) -> Child {
    // Built here, so that nothing has to be built there.
    hostile();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::the_node_that_is_killed", "--ignored"]).env(DIR, dir).env(MEANS, means);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// All that a process has started, and what that has started, each with the time of its start.
fn below(pid: u32) -> BTreeSet<(String, String)> {
    let all: Vec<(String, String)> = processes().filter_map(|pid| Some((field(&pid, 1)?, pid))).collect();
    let (mut found, mut above) = (BTreeSet::new(), vec![pid.to_string()]);
    while let Some(parent) = above.pop() {
        for (_, child) in all.iter().filter(|(of, _)| *of == parent) {
            found.extend(started(child).map(|since| (child.clone(), since)));
            above.push(child.clone());
        }
    }
    found
}

fn processes() -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A field of a process's `stat` after its name, counted from 0.
fn field(pid: &str, number: usize) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(number).map(str::to_owned)
}

/// When a process was started; none if it is gone, or dead and not yet buried.
fn started(pid: &str) -> Option<String> {
    field(pid, 0).filter(|state| state != "Z").and_then(|_| field(pid, 19))
}

fn runs_the_program(pid: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let name = format!("LEMMA_WORKLOAD={WORKLOAD}");
    let mut words = environment.split(|byte| *byte == 0);
    // The program itself: what makes its sandbox may have the same environment, but another name.
    words.any(|one| one == name.as_bytes()) && field(pid, 0).is_some_and(|state| state == "R")
}

/// Control groups that a process made, wherever they are.
fn groups_of(pid: u32) -> Vec<PathBuf> {
    let name = format!("lemma-{pid}.");
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::from("/sys/fs/cgroup")]);
    while let Some(folder) = folders.pop() {
        let inside = fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in inside.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            match entry.file_name().to_string_lossy().starts_with(&name) {
                true => found.push(entry.path()),
                false => folders.push(entry.path()),
            }
        }
    }
    found
}

/// Waits for something that must come, but not for ever.
fn within_patience(otherwise: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "{otherwise}");
        std::thread::yield_now();
    }
}
