//! Deeds against others: the host's files, other processes, what the node left open.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use super::sys::{self, call, room};
use super::{Deed, of, refused};

pub fn attempt(name: &str, rest: &[&str]) -> Option<Deed> {
    Some(match name {
        "read-files" => read_files(rest),
        "write-files" => write_files(rest),
        "climb-out" => climb_out(),
        "change-inputs" => change_inputs(),
        "change-program" => change_program(),
        "kill-others" => kill_others(rest),
        "trace-others" => trace_others(rest),
        "signal-by-descriptor" => signal_by_descriptor(rest),
        "limit-others" => limit_others(rest),
        "see-others" => see_others(rest),
        "kill-first" => kill_first(),
        "descriptors" => descriptors(),
        "environment" => environment(),
        "run-others" => run_others(),
        _ => return None,
    })
}

/// Files of the host, by their names there.
fn read_files(paths: &[&str]) -> Deed {
    let fixed = ["/etc/shadow", "/etc/passwd", "/etc/hostname", "/root", "/home", "/var/log", "/boot", "/sys/kernel"];
    let read = |path: &str| of(fs::File::open(path).and_then(|file| file.metadata()));
    let results: Vec<_> = fixed.iter().chain(paths).map(|path| (*path, read(path))).collect();
    refused(&results)
}

fn write_files(paths: &[&str]) -> Deed {
    let write = |path: &str| of(fs::OpenOptions::new().append(true).open(path));
    let cut = |path: &str| of(fs::OpenOptions::new().write(true).truncate(true).open(path));
    let open = |path: &str| of(fs::set_permissions(path, fs::Permissions::from_mode(0o777)));
    let remove = |path: &str| of(fs::remove_file(path));
    let all = paths
        .iter()
        .flat_map(|path| [("write", write(path)), ("cut", cut(path)), ("chmod", open(path)), ("remove", remove(path))]);
    let fixed = ["/evil", "/etc/evil", "/usr/evil", "/dev/evil", "/proc/evil", concat!("/work", "/in/evil")];
    let fixed = fixed.map(|path| ("create", of(fs::File::create(path))));
    refused(&all.chain(fixed).collect::<Vec<_>>())
}

fn climb_out() -> Deed {
    let up = "../".repeat(40);
    let secret = |prefix: &str| of(fs::read(format!("{prefix}etc/passwd")));
    let _ = std::os::unix::fs::symlink("/etc/passwd", "/tmp/link");
    refused(&[
        ("..", secret(&up)),
        ("/proc/self/root", secret(&format!("/proc/self/root/{up}"))),
        ("/proc/self/cwd", secret(&format!("/proc/self/cwd/{up}"))),
        ("/proc/1/root", secret("/proc/1/root/")),
        ("/proc/1/cwd", secret(&format!("/proc/1/cwd/{up}"))),
        ("link", of(fs::read("/tmp/link"))),
    ])
}

fn change_inputs() -> Deed {
    let dir = std::env::var("LEMMA_INPUT_DIR").unwrap_or_default();
    let file = format!("{dir}/0");
    refused(&[
        ("write", of(fs::OpenOptions::new().write(true).open(&file))),
        ("remove", of(fs::remove_file(&file))),
        ("rename", of(fs::rename(&file, format!("{dir}/1")))),
        ("create", of(fs::File::create(format!("{dir}/evil")))),
        ("chmod", of(fs::set_permissions(&file, fs::Permissions::from_mode(0o777)))),
        ("chmod directory", of(fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)))),
        ("remove directory", of(fs::remove_dir_all(&dir))),
    ])
}

fn change_program() -> Deed {
    let paths = ["/prover", "./prover", "/proc/self/exe"];
    let write = |path: &'static str| ("write", of(fs::OpenOptions::new().write(true).open(path)));
    let remove = |path: &'static str| ("remove", of(fs::remove_file(path)));
    refused(&paths.iter().flat_map(|path| [write(path), remove(path)]).collect::<Vec<_>>())
}

fn numbers(words: &[&str]) -> Vec<i64> {
    words.iter().filter_map(|word| word.parse().ok()).collect()
}

/// By the process ids they have outside. In a namespace these mean nobody, or nobody else.
fn kill_others(rest: &[&str]) -> Deed {
    let signal = |pid: &i64| ("kill", call(sys::KILL, &[*pid, 9]));
    let thread = |pid: &i64| ("tgkill", call(sys::TGKILL, &[*pid, *pid, 9]));
    refused(&numbers(rest).iter().flat_map(|pid| [signal(pid), thread(pid)]).collect::<Vec<_>>())
}

fn trace_others(rest: &[&str]) -> Deed {
    let vector = Box::leak(Box::new([room(64), 64]));
    let attempts = |pid: &i64| {
        let read = [*pid, vector.as_ptr() as i64, 1, vector.as_ptr() as i64, 1, 0];
        let memory = of(fs::File::open(format!("/proc/{pid}/mem")));
        [
            ("attach", call(sys::PTRACE, &[16, *pid, 0, 0])),
            ("seize", call(sys::PTRACE, &[0x4206, *pid, 0, 0])),
            ("read", call(sys::VM_READV, &read)),
            ("mem", memory),
        ]
    };
    refused(&numbers(rest).iter().chain(&[1]).flat_map(attempts).collect::<Vec<_>>())
}

/// Has the kernel signal another process when a pipe becomes readable.
fn signal_by_descriptor(rest: &[&str]) -> Deed {
    let own = |pid: &i64| ("F_SETOWN", call(sys::FCNTL, &[1, 8, *pid]));
    let which = ("F_SETSIG", call(sys::FCNTL, &[1, 10, 9]));
    refused(&numbers(rest).iter().map(own).chain([which]).collect::<Vec<_>>())
}

fn limit_others(rest: &[&str]) -> Deed {
    let none = Box::leak(Box::new([0_u64, 0]));
    let limit = |pid: &i64| ("prlimit", call(sys::PRLIMIT, &[*pid, 7, none.as_ptr() as i64, 0]));
    let slow = |pid: &i64| ("setpriority", call(sys::SETPRIORITY, &[0, *pid, 19]));
    refused(&numbers(rest).iter().chain(&[1]).flat_map(|pid| [limit(pid), slow(pid)]).collect::<Vec<_>>())
}

/// Process directories that are neither pid 1 nor this program, or whose command line is somebody else's.
fn see_others(rest: &[&str]) -> Deed {
    let own = i64::from(std::process::id());
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i64>().ok());
    let seen: Vec<i64> = pids.filter(|pid| *pid != own && *pid != 1).collect();
    let read = |pid: &i64| fs::read(format!("/proc/{pid}/cmdline")).is_ok();
    let named = numbers(rest).iter().filter(|pid| **pid != own && read(pid)).count();
    match (seen.len(), named) {
        (0, 0) => Deed::Held("no other process in sight".to_owned()),
        (seen, named) => Deed::Escaped(format!("{seen} processes in sight, {named} of those named")),
    }
}

/// pid 1 of the namespace is the sandbox's own.
fn kill_first() -> Deed {
    let results: Vec<io::Result<i64>> = [9, 15, 11, 19].iter().map(|signal| call(sys::KILL, &[1, *signal])).collect();
    // The kernel says yes, and nothing happens; otherwise this is the last thing this program does.
    std::thread::yield_now();
    Deed::Held(format!("alive after {} signals", results.len()))
}

/// What is open beyond the four descriptors that are the program's.
fn descriptors() -> Deed {
    let open: Vec<i64> = (4..4096).filter(|number| call(sys::FCNTL, &[*number, 1]).is_ok()).collect();
    let up = fs::read_link("/proc/self/fd/0").map(|path| path.display().to_string());
    match (open.is_empty(), up.as_deref()) {
        (true, Ok("/dev/null") | Err(_)) => Deed::Held("nothing open from 4 on, stdin is empty".to_owned()),
        (_, stdin) => Deed::Escaped(format!("open: {open:?}, stdin: {stdin:?}")),
    }
}

fn environment() -> Deed {
    let allowed = |key: &str| key.starts_with("LEMMA_") || matches!(key, "PATH" | "HOME");
    let strange: Vec<String> = std::env::vars().map(|(key, _)| key).filter(|key| !allowed(key)).collect();
    match strange.is_empty() {
        true => Deed::Held("nothing of the node's environment".to_owned()),
        false => Deed::Escaped(strange.join(" ")),
    }
}

fn run_others() -> Deed {
    let paths = ["/bin/sh", "/usr/bin/env", "/bin/su", "/usr/bin/sudo", "/usr/bin/passwd"];
    let run = |path: &'static str| (path, of(std::process::Command::new(path).arg("-c").arg("true").spawn()));
    refused(&paths.map(run))
}
