//! `aggregate-setup FOLDER LEAVES`: keys **for demonstration**, made by one party in one go, and claims to try them with.
//!
//! Whoever runs it could keep what it draws and forge proofs: keys that are to mean something come from a ceremony.
//!
//! | file | is |
//! | --- | --- |
//! | `key`, `proving-key` | the keys of the aggregation |
//! | `leaf-key`, `leaf-proving-key` | the keys of the leaves |
//! | `start-0`, `claim-0`, … | where a chain starts, and the claim that one knows it: one for each leaf |
//! | `claims` | all claims, one after the other |

use aggregate::LEAVES_MAX;
use aggregate_leaf::{
    chain,
    groth16::{Keys, decode_scalar, encode_scalar},
};
use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
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
    let (folder, leaves) = arguments()?;
    fs::create_dir_all(&folder)?;
    write_keys(&folder, "leaf-", &aggregate_leaf::setup(random()?)?)?;
    write_claims(&folder, leaves)?;
    writeln!(io::stderr(), "keys for the aggregation of {leaves} proofs: this may take a minute or two")?;
    write_keys(&folder, "", &aggregate::setup(leaves, random()?)?)?;
    writeln!(io::stderr(), "keys for demonstration: whoever made them can forge proofs")?;
    Ok(())
}

fn arguments() -> Result<(PathBuf, usize), String> {
    let mut arguments = env::args().skip(1);
    let (Some(folder), Some(leaves), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: aggregate-setup FOLDER LEAVES".into());
    };
    let leaves = leaves.parse().ok().filter(|leaves| (1..=LEAVES_MAX).contains(leaves));
    Ok((folder.into(), leaves.ok_or_else(|| format!("LEAVES must be 1 to {LEAVES_MAX}"))?))
}

fn write_keys(folder: &Path, prefix: &str, keys: &Keys) -> io::Result<()> {
    fs::write(folder.join(format!("{prefix}key")), &keys.verifying)?;
    fs::write(folder.join(format!("{prefix}proving-key")), &keys.proving)
}

fn write_claims(folder: &Path, leaves: usize) -> Result<(), Box<dyn Error>> {
    let mut claims = Vec::new();
    for leaf in 0..leaves {
        let mut start = random()?;
        // Below the modulus.
        start[31] = 0;
        let claim = encode_scalar(chain(decode_scalar(&start).ok_or("a start of a chain is no number")?));
        fs::write(folder.join(format!("start-{leaf}")), start)?;
        fs::write(folder.join(format!("claim-{leaf}")), &claim)?;
        claims.extend(claim);
    }
    Ok(fs::write(folder.join("claims"), claims)?)
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
