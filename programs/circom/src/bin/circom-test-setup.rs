//! `circom-test-setup CIRCUIT.r1cs FOLDER`: keys of a circuit **for tests**, made by one party in one go.
//!
//! Whoever runs it could keep what it draws and forge proofs: keys that are to mean something come from a ceremony, such as
//! snarkjs'. It writes `verification_key.json` and arkworks' `proving_key.bin`, and is much faster than a ceremony.

use circom::test_setup::{Keys, test_setup};
use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(circuit), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: circom-test-setup CIRCUIT.r1cs FOLDER".into());
    };
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    let Keys { proving, verifying } = test_setup(&fs::read(circuit)?, seed)?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("proving_key.bin"), proving)?;
    fs::write(folder.join("verification_key.json"), verifying)?;
    writeln!(io::stderr(), "keys for tests: whoever made them can forge proofs")?;
    Ok(())
}
