//! Outcomes of native programs by every means of this machine, and that nothing of them stays.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use executor::native::{NativeExecutor, NativeSettings, Source};
use executor::{CancelToken, FailReason, ProgramEvent};

use crate::probes::attempts;
use crate::support::{hostile_path, lab, labs, reason, success};

#[test]
fn no_attempt_to_escape_succeeds_by_any_means() {
    let mut escaped = Vec::new();
    for mut lab in labs() {
        for attempt in attempts() {
            let (held, observed) = attempt.run(&mut lab);
            if !held {
                let expected = attempt.expectation(&lab.probe);
                escaped.push(format!(
                    "{}: {} ({}): expected {expected}, observed {observed}",
                    lab.probe, attempt.name, attempt.what
                ));
            }
        }
    }
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}

/// Or else the attempts would prove nothing.
#[test]
fn the_same_attempts_succeed_without_a_sandbox() {
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["sockets", "read-files", "see-others", "write-files", "ipc", "keys", "signal-by-descriptor", "environment"]
    {
        let (input, output) = (dir.path().join("in"), dir.path().join("out"));
        for one in [&input, &output] {
            std::fs::create_dir_all(one).unwrap();
        }
        std::fs::write(input.join("arguments"), format!("{name} {}", dir.path().join("file").display())).unwrap();
        std::fs::write(dir.path().join("file"), "x").unwrap();
        let mut command = Command::new(hostile_path());
        command.env("LEMMA_INPUT_DIR", &input).env("LEMMA_OUTPUT_DIR", &output).env("STRANGE", "x");
        let status = command.current_dir(dir.path()).status().unwrap();
        let proof = std::fs::read_to_string(output.join("proof")).unwrap_or_default();
        assert!(status.success() && proof.starts_with("escaped"), "{name}: {status}, {proof}");
    }
}

#[test]
fn proof_public_values_log_and_progress_come_back() {
    for lab in labs() {
        let path = lab.secret();
        let mut job = lab.job("copy 0 1 2");
        job.inputs = vec![Source::Bytes(b"one "), Source::File(&path), Source::Bytes(b"")];
        let events = RefCell::new(Vec::new());
        let made = success(lab.watch(&job, &CancelToken::new(), &|event| events.borrow_mut().push(event)));
        // What it left lies on the disk, which only namespaces give it.
        assert_eq!(made.usage.disk_peak_bytes >= made.proof.len() as u64, lab.probe.namespaces, "{:?}", made.usage);
        assert!(made.usage.cpu_ms.is_some(), "{:?}", made.usage);
        let expected = [b"one ".as_slice(), &std::fs::read(&path).unwrap()].concat();
        assert_eq!(made.proof, expected);
        assert_eq!(made.public, expected.len().to_string().as_bytes());
        let log = made.log.text();
        assert!(log.contains("to stderr\n") && log.contains("to stdout\n"), "{log}");
        let events = events.into_inner();
        assert_eq!(events.first(), Some(&ProgramEvent::Started));
        let progress: Vec<_> = events.iter().filter(|event| matches!(event, ProgramEvent::Progress(_))).collect();
        assert_eq!(progress, [&ProgramEvent::Progress(250), &ProgramEvent::Progress(1000)]);
    }
}

#[test]
fn a_program_finds_what_the_contract_promises() {
    let lab = lab();
    let mut job = lab.job("surroundings");
    (job.cpus, job.limits.wall_ms) = (1, 45_678);
    let made = success(lab.run(&job));
    let text = String::from_utf8(made.proof).unwrap();
    let expected = [
        &format!("LEMMA_WORKLOAD={}", lab.workload),
        concat!("LEMMA_INPUT_DIR=/work", "/in"),
        concat!("LEMMA_OUTPUT_DIR=/work", "/out"),
        "LEMMA_THREADS=1",
        "LEMMA_MEMORY_BYTES=134217728",
        "LEMMA_DEADLINE_MS=45678",
        "HOME=/work",
        "cwd /work",
        "processors 1",
        "random 16",
    ];
    for line in expected {
        assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
    }
    assert!(!text.contains("argument "), "{text}");
}

#[test]
fn a_file_that_only_the_node_may_read_is_an_input_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    for lab in labs() {
        let path = lab.secret();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut job = lab.job("copy 0");
        job.inputs = vec![Source::File(&path)];
        assert_eq!(success(lab.run(&job)).proof, std::fs::read(&path).unwrap(), "{}", lab.probe);
    }
}

#[test]
fn cancelling_stops_a_loop_and_keeps_its_log() {
    for mut lab in labs() {
        let cancel = CancelToken::new();
        // Cancelled from the program's own first words, so that it surely runs.
        let on_event = |event| {
            if matches!(event, ProgramEvent::Log(_)) {
                cancel.cancel();
            }
        };
        let outcome = lab.watch(&lab.job("loop"), &cancel, &on_event);
        assert_eq!(outcome.log().text(), "looping\n");
        assert_eq!(reason(outcome), FailReason::Cancelled);
        assert_eq!(lab.damage(), None);
    }
}

#[test]
fn what_was_cancelled_before_does_not_start() {
    let (lab, cancel) = (lab(), CancelToken::new());
    cancel.cancel();
    assert_eq!(reason(lab.watch(&lab.job("loop"), &cancel, &|event| panic!("{event:?}"))), FailReason::Cancelled);
}

#[test]
fn a_caller_that_panics_stops_the_run() {
    let mut lab = lab();
    let run = || {
        let on_event = |event| assert!(matches!(event, ProgramEvent::Started), "the caller's own fault");
        lab.watch(&lab.job("loop"), &CancelToken::new(), &on_event)
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    assert_eq!(lab.damage(), None);
}

/// The caller does not come back from its first event before the program is gone.
#[test]
fn the_deadline_does_not_wait_for_a_caller_that_does_not_listen() {
    let lab = lab();
    let mut job = lab.job("log-forever");
    (job.limits.wall_ms, job.limits.host_bytes_max, job.limits.log_bytes_max) = (200, u64::MAX, u64::MAX);
    let seen = RefCell::new(false);
    let on_event = |event| {
        if matches!(event, ProgramEvent::Log(_)) && !seen.replace(true) {
            assert!(lab.survivor().is_some(), "the program runs");
            within_patience("the program ran on", || lab.survivor().is_none());
        }
    };
    assert_eq!(reason(lab.watch(&job, &CancelToken::new(), &on_event)), FailReason::Timeout);
    assert!(seen.into_inner());
}

/// Waits for something that must come, but not for ever.
fn within_patience(otherwise: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "{otherwise}");
        std::thread::yield_now();
    }
}

#[test]
fn usage_tells_time_and_memory() {
    for lab in labs() {
        let mut job = lab.job("loop");
        job.limits.wall_ms = 100;
        let usage = lab.run(&job).usage();
        assert!(usage.wall_ms >= 100 && usage.memory_peak_bytes > 0, "{usage:?} by {}", lab.probe);
    }
}

#[test]
fn jobs_run_side_by_side() {
    let lab = lab();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let lab = &lab;
            scope.spawn(move || {
                let input = format!("job {number}");
                let mut job = lab.job("copy 0");
                job.inputs = vec![Source::Bytes(input.as_bytes())];
                assert_eq!(success(lab.run(&job)).proof, input.as_bytes());
            });
        }
    });
}

#[test]
fn what_fails_on_this_side_is_never_the_programs_fault() {
    let is_host = |reason: FailReason| assert!(matches!(reason, FailReason::HostError(_)), "{reason:?}");
    let lab = lab();
    let mut job = lab.job("copy 0");
    let missing = lab.secret().with_extension("missing");
    job.inputs = vec![Source::File(&missing)];
    is_host(reason(lab.run(&job)));
    job.inputs = vec![Source::File(missing.parent().unwrap())];
    is_host(reason(lab.run(&job)));
    let mut job = lab.job("copy 0");
    job.artifact_id = [7; 32];
    is_host(reason(lab.run(&job)));
    for binary in ["/nonexistent", "/bin/false", "/bin/true"] {
        let dir = tempfile::tempdir().unwrap();
        let settings = NativeSettings { binary: binary.into(), ..NativeSettings::default() };
        let executor = NativeExecutor::new(dir.path(), settings).unwrap();
        assert!(executor.probe().is_err(), "{binary}");
        is_host(reason(executor.prove(&lab.job("copy 0"), &CancelToken::new(), &|_| ())));
    }
}

#[test]
fn too_little_memory_for_the_program_itself_is_its_own_limit() {
    let lab = lab();
    let mut job = lab.job("eat-memory");
    job.limits.memory_bytes = 1;
    assert_eq!(reason(lab.run(&job)), FailReason::OutOfMemory);
}

/// This test starts itself again as a node, kills that node, and looks for what is left.
#[test]
fn the_death_of_the_node_is_the_death_of_its_programs() {
    const NODE: &str = "LAB_NODE";
    if std::env::var_os(NODE).is_some() {
        let number = std::env::var(NODE).unwrap().parse::<usize>().unwrap();
        let lab = labs().remove(number);
        let dir = lab.secret();
        // The dying node leaves its directory behind; the parent removes it.
        let say = |text: String| writeln!(std::io::stderr(), "{text}").unwrap();
        say(format!("dir {}", dir.parent().unwrap().display()));
        lab.watch(&lab.job("deaf-loop"), &CancelToken::new(), &|event| say(format!("event {event:?}")));
        return;
    }
    for number in 0..labs().len() {
        let name = "programs::the_death_of_the_node_is_the_death_of_its_programs";
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env(NODE, number.to_string()).stderr(Stdio::piped());
        let mut node = command.stdout(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(node.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut dir = None;
        for line in lines {
            dir = line.strip_prefix("dir ").map(str::to_owned).or(dir);
            if line.contains("looping") || line.contains("Log(") {
                break;
            }
        }
        let mut tree = vec![node.id()];
        for at in 0.. {
            let Some(pid) = tree.get(at).copied() else { break };
            tree.extend(children(pid));
        }
        // The node, the process that makes the sandbox, and at least the program.
        assert!(tree.len() >= 3, "{tree:?}");
        node.kill().unwrap();
        node.wait().unwrap();
        within_patience("something survived", || !tree.iter().any(|pid| is_alive_and_ours(*pid)));
        std::fs::remove_dir_all(dir.unwrap()).unwrap();
    }
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(of).flat_map(|text| text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

/// But for zombies, and for the victim of the lab, which its dead node cannot end any more: it ends here.
fn is_alive_and_ours(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field =
        |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim().to_owned();
    if field("Name:") == "sleep" {
        Command::new("kill").arg(pid.to_string()).status().unwrap();
        return false;
    }
    !matches!(field("State:").chars().next(), None | Some('Z'))
}
