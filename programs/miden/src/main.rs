//! The native prover. With the name of a source as argument it prints the program's hash instead.

use std::{
    env, fs,
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1) else { return program::native::main(miden::prove) };
    let hash = fs::read(path).map_err(|error| error.to_string()).and_then(|source| {
        let hash = miden::program_hash(&source).map_err(|error| error.to_string())?;
        Ok(hash.map(|byte| format!("{byte:02x}")).concat())
    });
    let (written, code) = match hash {
        Ok(hash) => (writeln!(io::stdout(), "{hash}"), ExitCode::SUCCESS),
        Err(reason) => (writeln!(io::stderr(), "{reason}"), ExitCode::FAILURE),
    };
    if written.is_ok() { code } else { ExitCode::FAILURE }
}
