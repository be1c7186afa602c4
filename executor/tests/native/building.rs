//! Builds the hostile program: whoever wants it includes this file.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds the hostile program, whose sources lie in this folder, as a static ELF.
pub fn build(source: &Path, built: &Path) -> Result<(), String> {
    let aside = built.with_extension(format!("{}.new", std::process::id()));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"]);
    let output = command.arg(&aside).arg(source.join("main.rs")).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    fs::rename(&aside, built).map_err(|error| error.to_string())
}
