//! Writes the committed proofs anew, for a version of the proof system that makes others.

mod common;

use common::PROVED;
use std::{fs, path::Path};

#[test]
#[ignore = "overwrites tests/fixtures"]
fn write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::write(folder.join("fibonacci-20.proof"), &PROVED.proof).unwrap();
    fs::write(folder.join("fibonacci-20.public"), &PROVED.public_values).unwrap();
    // One opened value is another: as well-formed as the true proof.
    let mut forged = PROVED.proof.clone();
    let at = forged.len() / 2;
    forged[at] ^= 1;
    fs::write(folder.join("forged.proof"), forged).unwrap();
}
