//! A prover that means harm. The first word of its arguments names the deed; the proof says how it went: `held` with the
//! reason when it was stopped, `escaped` when it was not. Some deeds never come to a proof, and that is their point.
//!
//! Built as a static program by whoever runs it; needs nothing but the standard library.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a prover prints is its log")]

mod appetite;
mod honest;
mod kernel;
mod neighbours;
mod outputs;
mod sys;

use std::fs;
use std::io;

/// How a deed went.
enum Deed {
    /// It was stopped, for this reason.
    Held(String),
    /// It was not.
    Escaped(String),
}

fn main() {
    let input = std::env::var("LEMMA_INPUT_DIR").unwrap_or_default();
    let arguments = fs::read_to_string(format!("{input}/arguments")).unwrap_or_default();
    let words: Vec<&str> = arguments.split(' ').collect();
    let (name, rest) = (words.first().copied().unwrap_or_default(), words.get(1..).unwrap_or_default());
    let done = kernel::attempt(name, rest)
        .or_else(|| neighbours::attempt(name, rest))
        .or_else(|| appetite::attempt(name, rest))
        .or_else(|| outputs::attempt(name))
        .or_else(|| honest::attempt(name, rest));
    match done {
        Some(Deed::Held(reason)) => prove(&format!("held: {reason}")),
        Some(Deed::Escaped(what)) => prove(&format!("escaped: {what}")),
        None => std::process::abort(),
    }
}

/// Leaves a proof.
fn prove(text: &str) {
    let output = std::env::var("LEMMA_OUTPUT_DIR").unwrap_or_default();
    if fs::write(format!("{output}/proof"), text).is_err() {
        std::process::abort();
    }
}

/// A number that is not negative means that the kernel did it.
fn refused(results: &[(&str, io::Result<i64>)]) -> Deed {
    match results.iter().find(|(_, result)| result.is_ok()) {
        Some((what, _)) => Deed::Escaped((*what).to_owned()),
        None => {
            let reasons = results.iter().filter_map(|(what, result)| {
                let error = result.as_ref().err()?;
                Some(format!("{what} {}", name_of(error)))
            });
            Deed::Held(reasons.collect::<Vec<_>>().join(", "))
        }
    }
}

fn name_of(error: &io::Error) -> String {
    let names = [
        (1, "EPERM"),
        (2, "ENOENT"),
        (3, "ESRCH"),
        (9, "EBADF"),
        (11, "EAGAIN"),
        (12, "ENOMEM"),
        (13, "EACCES"),
        (16, "EBUSY"),
        (22, "EINVAL"),
        (28, "ENOSPC"),
        (30, "EROFS"),
        (38, "ENOSYS"),
    ];
    let code = error.raw_os_error().unwrap_or(0);
    names.iter().find(|(number, _)| *number == code).map_or(format!("error {code}"), |(_, name)| (*name).to_owned())
}

fn of<T>(result: io::Result<T>) -> io::Result<i64> {
    result.map(|_| 0)
}
