//! The workspace that artifacts are built in, the same wherever the checkout lies.

use super::PROGRAMS;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Copies the programs and the SDK into one workspace below `target`.
///
/// cargo hashes the absolute path of a crate outside the workspace into its symbols, which decide the order of functions:
/// with the SDK where it is, every checkout would give other bytes.
pub fn stage(root: &Path, target: &Path) -> Result<PathBuf> {
    let stage = target.join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    copy(&root.join("program"), &stage.join("program"))?;
    for program in PROGRAMS {
        copy(&root.join("programs").join(program.directory), &stage.join(program.directory))?;
    }
    let manifest = fs::read_to_string(root.join("programs/Cargo.toml"))?;
    let inside = manifest.replace(r#"path = "../program""#, r#"path = "program""#);
    ensure!(inside != manifest, "programs/Cargo.toml no longer names the SDK as ../program");
    fs::write(stage.join("Cargo.toml"), inside)?;
    fs::copy(root.join("programs/Cargo.lock"), stage.join("Cargo.lock"))?;
    Ok(stage)
}

/// Copies a folder with all it holds.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
