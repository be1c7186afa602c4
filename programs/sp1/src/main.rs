//! The native prover. With the name of a guest as argument it prints the guest's key instead; with more names, of files that
//! the guest reads, it runs the guest without proving and prints what it commits.

use program::Error;
use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let files: Vec<OsString> = env::args_os().skip(1).collect();
    if files.is_empty() {
        return program::native::main(sp1::prove);
    }
    let (written, code) = match answer(&files) {
        Ok(line) => (writeln!(io::stdout(), "{line}"), ExitCode::SUCCESS),
        Err(reason) => (writeln!(io::stderr(), "{reason}"), ExitCode::FAILURE),
    };
    if written.is_ok() { code } else { ExitCode::FAILURE }
}

fn answer(files: &[OsString]) -> Result<String, Error> {
    let read = |file: &OsString| fs::read(file).map_err(|error| Error::new(format!("{}: {error}", file.display())));
    let files: Vec<Vec<u8>> = files.iter().map(read).collect::<Result<_, _>>()?;
    match files.iter().map(Vec::as_slice).collect::<Vec<_>>().as_slice() {
        [guest, buffers @ ..] if !buffers.is_empty() => {
            let execution = sp1::execute(guest, buffers)?;
            Ok(format!("{} {} cycles", hex(&execution.public_values), execution.cycles))
        }
        [guest, ..] => Ok(hex(sp1::setup(guest, 1)?.bytes())),
        [] => Err("usage: sp1 GUEST [BUFFER…]".into()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
