//! Builds the hostile program: whoever wants it includes this file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hostile program of the sources in a folder as a static ELF. Built in `dir`, once for each state of the sources.
pub fn hostile(source: &Path, dir: &Path) -> Result<PathBuf, String> {
    let mut hasher = blake3::Hasher::new();
    let mut files: Vec<PathBuf> = fs::read_dir(source).map_err(text)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        hasher.update(&fs::read(file).map_err(text)?);
    }
    let built = dir.join(format!("hostile-{}", &hasher.finalize().to_hex()[..16]));
    if !built.exists() {
        let aside = dir.join(format!("hostile-{}.new", std::process::id()));
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"]);
        let output = command.arg(&aside).arg(source.join("main.rs")).output().map_err(text)?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        fs::rename(&aside, &built).map_err(text)?;
    }
    Ok(built)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
