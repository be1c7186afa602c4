//! The native side of the contract: a prover as a process of its own (`linux-x86_64`).
//!
//! A native prover is a binary with one line, beside the library that has its `prove`:
//!
//! ```no_run
//! # fn prove(_: &program::Job<'_>) -> Result<program::Output, program::Error> { Err("none".into()) }
//! fn main() -> std::process::ExitCode {
//!     program::native::main(prove)
//! }
//! ```
//!
//! | | |
//! | --- | --- |
//! | `LEMMA_INPUT_DIR` | a folder with the file `arguments` and the inputs in the order of the run: `0`, `1`, … |
//! | `LEMMA_OUTPUT_DIR` | a folder; the prover writes `proof` and, unless it is empty, `public` |
//! | `LEMMA_THREADS`, `LEMMA_MEMORY_BYTES`, `LEMMA_DEADLINE_MS` | what [`Job::limits`] says; each may be absent |
//! | `LEMMA_WORKLOAD` | names the workload; for people who read a log |
//! | descriptor 3 | takes progress, one `{"progress": permille}` a line; may be closed |
//! | standard error | the log; its last line is the reason of a fail |
//! | exit | 0 on success, 1 on a fail, 101 on a panic |

use crate::{Error, Host, Job, Limits, Output, Prove, section::SECTIONS_MAX};
use std::{
    cell::RefCell,
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    os::fd::BorrowedFd,
    path::{Path, PathBuf},
    process::ExitCode,
    string::String,
    vec::Vec,
};

/// Where the node listens for progress.
const PROGRESS: i32 = 3;

/// Runs `prove` by the contract of this module. Call it first thing in `main`, before any file is opened.
pub fn main(prove: Prove) -> ExitCode {
    // Outside a sandbox, descriptor 3 belongs to somebody else.
    let progress = if env::var_os("LEMMA_OUTPUT_DIR").is_some() { progress() } else { None };
    let host = Process { progress: RefCell::new(progress), limits: limits(|name| env::var_os(name)) };
    match run(prove, |name| env::var_os(name), &host) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            host.log(&std::format!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// A copy of descriptor 3, if the node opened it.
#[expect(unsafe_code, reason = "a descriptor by its number")]
fn progress() -> Option<File> {
    // SAFETY: nothing of this process has opened a file yet, so that the descriptor is the node's, and stays open; or it
    // is closed, and only the kernel is asked for a copy of it, which it refuses.
    let descriptor = unsafe { BorrowedFd::borrow_raw(PROGRESS) };
    descriptor.try_clone_to_owned().ok().map(File::from)
}

/// What the node allows. A limit that is absent or no number is none.
fn limits(variable: impl Fn(&str) -> Option<OsString>) -> Limits {
    let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
    Limits {
        threads: number("LEMMA_THREADS").and_then(|threads| usize::try_from(threads).ok()).unwrap_or(1).max(1),
        memory_bytes: number("LEMMA_MEMORY_BYTES"),
        deadline_ms: number("LEMMA_DEADLINE_MS"),
    }
}

/// Reads the inputs, calls `prove` and writes what it made.
fn run(prove: Prove, variable: impl Fn(&str) -> Option<OsString>, host: &dyn Host) -> Result<(), Error> {
    let folder = |name| variable(name).map(PathBuf::from).ok_or_else(|| Error::new(std::format!("{name} is not set")));
    let (from, to) = (folder("LEMMA_INPUT_DIR")?, folder("LEMMA_OUTPUT_DIR")?);
    let arguments = read(&from, "arguments")?.ok_or("the input folder has no file arguments")?;
    let inputs = inputs(&from)?;
    let output = prove(&Job::new(&arguments, inputs.iter().map(Vec::as_slice).collect(), host))?;
    write(&to, &output)
}

/// The files `0`, `1`, … up to the first that is not there.
fn inputs(folder: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let mut inputs = Vec::new();
    while let Some(input) = read(folder, &std::format!("{}", inputs.len()))? {
        if inputs.len() == SECTIONS_MAX {
            return Err(Error::new("too many inputs"));
        }
        inputs.push(input);
    }
    Ok(inputs)
}

/// A whole file, or nothing if there is none.
fn read(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(std::format!("input {name} cannot be read: {error}"))),
    }
}

fn write(folder: &Path, output: &Output) -> Result<(), Error> {
    let write = |name, bytes: &[u8]| {
        let failed = |error| Error::new(std::format!("{name} cannot be written: {error}"));
        fs::write(folder.join(name), bytes).map_err(failed)
    };
    if !output.public_values.is_empty() {
        write("public", &output.public_values)?;
    }
    write("proof", &output.proof)
}

/// The node, as this process sees it.
struct Process {
    /// Where progress goes, if anybody listens.
    progress: RefCell<Option<File>>,
    limits: Limits,
}

impl Host for Process {
    fn log(&self, line: &str) {
        // A log that nobody takes is no reason to fail.
        let _ = io::stderr().write_all(String::from_iter([line, "\n"]).as_bytes());
    }

    fn progress(&self, permille: u16) {
        if let Some(file) = self.progress.borrow_mut().as_mut() {
            let _ = file.write_all(std::format!("{{\"progress\": {permille}}}\n").as_bytes());
        }
    }

    #[expect(clippy::panic, reason = "a proof without randomness would betray the witness")]
    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("no randomness: {error}");
        }
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::Rehearsal;
    use std::string::ToString;

    /// Folders for one test, removed at its end.
    struct Folders(PathBuf);

    impl Folders {
        fn new(test: &str) -> Self {
            let root = env::temp_dir().join(std::format!("lemma-native-{}-{test}", std::process::id()));
            fs::create_dir_all(root.join("in")).unwrap();
            fs::create_dir_all(root.join("out")).unwrap();
            Self(root)
        }

        fn give(&self, name: &str, bytes: &[u8]) {
            fs::write(self.0.join("in").join(name), bytes).unwrap();
        }

        fn made(&self, name: &str) -> Option<Vec<u8>> {
            fs::read(self.0.join("out").join(name)).ok()
        }

        fn run(&self, prove: Prove) -> Result<(), String> {
            let variable = |name: &str| match name {
                "LEMMA_INPUT_DIR" => Some(self.0.join("in").into()),
                "LEMMA_OUTPUT_DIR" => Some(self.0.join("out").into()),
                _ => None,
            };
            run(prove, variable, &Rehearsal::new(0)).map_err(|error| error.to_string())
        }
    }

    impl Drop for Folders {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The proof is all inputs, each after a bar; the public values are the arguments.
    fn joined(job: &Job<'_>) -> Result<Output, Error> {
        let proof = job.inputs().iter().flat_map(|input| [b"|", *input].concat()).collect();
        Ok(Output { proof, public_values: job.arguments().to_vec() })
    }

    #[test]
    fn inputs_are_read_in_the_order_of_the_run_and_both_outputs_written() {
        let folders = Folders::new("order");
        folders.give("arguments", b"go");
        (0..12).for_each(|n| folders.give(&n.to_string(), n.to_string().as_bytes()));
        assert_eq!(folders.run(joined), Ok(()));
        assert_eq!(folders.made("proof").unwrap(), b"|0|1|2|3|4|5|6|7|8|9|10|11");
        assert_eq!(folders.made("public").unwrap(), b"go");
    }

    #[test]
    fn empty_public_values_are_no_file() {
        let folders = Folders::new("public");
        folders.give("arguments", b"");
        assert_eq!(folders.run(joined), Ok(()));
        assert_eq!((folders.made("proof"), folders.made("public")), (Some(Vec::new()), None));
    }

    #[test]
    fn a_fail_says_why_and_writes_nothing() {
        let folders = Folders::new("fail");
        assert_eq!(folders.run(joined), Err("the input folder has no file arguments".into()));
        folders.give("arguments", b"");
        assert_eq!(folders.run(|_| Err(Error::new("no luck"))), Err("no luck".into()));
        assert_eq!(folders.made("proof"), None);
        (0..=SECTIONS_MAX).for_each(|n| folders.give(&n.to_string(), b""));
        assert_eq!(folders.run(joined), Err("too many inputs".into()));
        let nowhere = run(joined, |_| None, &Rehearsal::new(0));
        assert_eq!(nowhere, Err(Error::new("LEMMA_INPUT_DIR is not set")));
    }

    #[test]
    fn limits_are_read_from_the_environment_and_default_to_one_thread() {
        let given = limits(|name| Some(if name == "LEMMA_THREADS" { "4".into() } else { "1000".into() }));
        assert_eq!(given, Limits { threads: 4, memory_bytes: Some(1000), deadline_ms: Some(1000) });
        assert_eq!(limits(|_| None), Limits::default());
        assert_eq!(limits(|_| Some("many".into())), Limits::default());
        assert_eq!(limits(|_| Some("0".into())).threads, 1);
    }

    #[test]
    fn the_randomness_of_two_calls_differs() {
        let host = Process { progress: RefCell::new(None), limits: Limits::default() };
        let (mut one, mut other) = ([0; 32], [0; 32]);
        host.random(&mut one);
        host.random(&mut other);
        assert_ne!(one, other);
    }
}
