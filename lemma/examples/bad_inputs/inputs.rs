//! Inputs of real programs, as the command line takes them.

use crate::{of_programs, setup};
use anyhow::Context as _;
use std::path::Path;

/// Of the chain of hashes, with keys that are made in a folder.
pub fn groth16(dir: &Path) -> anyhow::Result<Vec<String>> {
    let setup = setup::run(dir.join("setup"), 1, [7; 32])?;
    let claim = setup.claims.first().context("no claim")?;
    let key = dir.join("proving.key");
    std::fs::write(&key, &setup.proving_key)?;
    Ok(vec![
        format!("statement:hex:{}", hex::encode(&setup.verifying_key)),
        format!("statement:hex:{}", hex::encode(&claim.claim)),
        format!("witness:file:{}", key.display()),
        format!("witness:hex:{}", hex::encode(claim.preimage)),
    ])
}

/// Of the circuit `product`.
pub fn circom() -> Vec<String> {
    let folder = of_programs("circom/fixtures/product");
    let input = |role: &str, name: &str| format!("{role}:file:{}", folder.join(name).display());
    vec![
        input("statement", "verification_key.json"),
        input("statement", "public.json"),
        input("witness", "circuit.zkey"),
        input("witness", "witness.wtns"),
    ]
}
