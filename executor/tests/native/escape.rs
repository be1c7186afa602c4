//! Tries to get out of the sandbox, in every way that is known, by every means this machine has, as whoever starts it
//! and, if that is root, as an ordinary user as well. Prints a table; fails if one attempt succeeds.

mod lab;
mod probes;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use executor::native::{NativeSettings, run_if_sandbox_process};
use lab::{Lab, hostile};
use probes::attempts;

/// Tells a second run that it is the ordinary user, and where the hostile program lies.
const PROGRAM: &str = "ESCAPE_PROGRAM";
/// A user that is nobody else.
const ORDINARY_USER: u32 = 0x7200_0001;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    run_if_sandbox_process();
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Failure> {
    if let Some(program) = std::env::var_os(PROGRAM) {
        return attempt_all(&std::fs::read(program)?, "ordinary user");
    }
    let dir = tempfile::tempdir()?;
    let built = hostile(dir.path())?;
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
    let own = attempt_all(&std::fs::read(&built)?, if is_root { "root" } else { "ordinary user" })?;
    Ok(own & (!is_root || as_ordinary_user(dir.path(), &built)?))
}

/// Runs this binary again as somebody else, from where anybody can read it.
fn as_ordinary_user(dir: &Path, built: &Path) -> Result<bool, Failure> {
    let open = |path: &Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755));
    let binary = dir.join("escape");
    std::fs::copy("/proc/self/exe", &binary)?;
    [dir, &binary, built].into_iter().try_for_each(open)?;
    let mut command = Command::new(binary);
    command.env(PROGRAM, built).uid(ORDINARY_USER).gid(ORDINARY_USER).current_dir("/");
    Ok(command.status()?.success())
}

/// All attempts by each set of means that this machine has.
fn attempt_all(program: &[u8], user: &str) -> Result<bool, Failure> {
    let with = |without_namespaces, without_groups| NativeSettings {
        without_namespaces,
        without_groups,
        ..NativeSettings::default()
    };
    let mut all_held = true;
    let mut seen = Vec::new();
    for settings in [with(false, false), with(false, true), with(true, false), with(true, true)] {
        let mut lab = Lab::new(program.to_vec(), settings)?;
        let means = (lab.probe.namespaces, lab.probe.memory);
        if !seen.contains(&means) {
            seen.push(means);
            all_held &= attempt_each(&mut lab, user)?;
        }
    }
    Ok(all_held)
}

fn attempt_each(lab: &mut Lab, user: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "\n{user}: {}\n", lab.probe)?;
    let mut failed = 0;
    let all = attempts();
    for attempt in &all {
        let (held, observed) = attempt.run(lab);
        failed += usize::from(!held);
        let verdict = if held { "held" } else { "ESCAPED" };
        let expected = attempt.expectation(&lab.probe);
        let (name, what) = (attempt.name, attempt.what);
        writeln!(out, "{verdict:8} {name:24} {what}\n{:33} expected {expected}; observed {observed}", "")?;
    }
    writeln!(out, "\n{user}: {} attempts, {failed} escaped", all.len())?;
    Ok(failed == 0)
}
