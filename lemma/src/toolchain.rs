//! The compilers that build programs: for WebAssembly, and for static executables.

use crate::exit::Failure;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Command,
};
use types::Runtime;

/// Products of 64 bits by 64 as one instruction: every node's engine has them.
const WASM_FLAGS: [&str; 1] = ["-Ctarget-feature=+wide-arithmetic"];
/// A static executable asks nothing of a machine but a processor of the last fifteen years.
const LINUX_FLAGS: [&str; 2] = ["-Ctarget-feature=+crt-static", "-Ctarget-cpu=x86-64-v2"];

/// A compiler that can build for one runtime.
#[derive(Debug)]
pub struct Toolchain {
    runtime: Runtime,
    rustc: OsString,
    cargo: OsString,
    sysroot: PathBuf,
    /// The linker, where the standard library is built from its source.
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// The one on the path if it can, else the system's.
    pub fn find(runtime: Runtime) -> Result<Self, Failure> {
        let candidates = [("rustc", "cargo"), ("/usr/bin/rustc", "/usr/bin/cargo")];
        let found = candidates.into_iter().find_map(|(rustc, cargo)| Self::able(runtime, rustc, cargo));
        found.ok_or_else(|| missing(runtime))
    }

    fn able(runtime: Runtime, rustc: &str, cargo: &str) -> Option<Self> {
        let sysroot = PathBuf::from(output(rustc, &["--print", "sysroot"])?);
        output(cargo, &["--version"])?;
        let has_std = sysroot.join("lib/rustlib").join(target(runtime)).join("lib").is_dir();
        let has_source = sysroot.join("lib/rustlib/src/rust/library/std").is_dir();
        let linker = match (has_std, runtime) {
            (true, _) => None,
            (false, Runtime::Wasm) if has_source => Some(linker()?),
            (false, _) => return None,
        };
        Some(Self { runtime, rustc: rustc.into(), cargo: cargo.into(), sysroot, linker })
    }

    /// The compiler's name for the runtime.
    pub const fn target(&self) -> &'static str {
        target(self.runtime)
    }

    /// `cargo rustc --release` for the runtime, in a folder of built things.
    pub fn command(&self, project: &Path, built: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        let mut flags = self.remapped(project);
        let more: &[&str] = match self.runtime {
            Runtime::Wasm => &WASM_FLAGS,
            Runtime::LinuxX86_64 => &LINUX_FLAGS,
        };
        flags.extend(more.iter().map(|flag| String::from(*flag)));
        command.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        command.args(["rustc", "--release", "--target", self.target(), "--target-dir"]).arg(built);
        if let Some(linker) = &self.linker {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command
    }

    /// Flags that keep the folders of this machine out of what strangers run.
    fn remapped(&self, project: &Path) -> Vec<String> {
        let cargo = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
        let mut folders = vec![(self.sysroot.join("lib/rustlib/src/rust"), "/rust"), (project.to_owned(), "/program")];
        folders.extend(cargo.map(|cargo| (cargo, "/cargo")));
        folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
    }
}

const fn target(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Wasm => "wasm32-unknown-unknown",
        Runtime::LinuxX86_64 => "x86_64-unknown-linux-gnu",
    }
}

fn missing(runtime: Runtime) -> Failure {
    let hint = match runtime {
        Runtime::Wasm => {
            "rustup target add wasm32-unknown-unknown; or on Debian: apt install rustc-web cargo-web rust-web-src lld"
        }
        Runtime::LinuxX86_64 => "rustup target add x86_64-unknown-linux-gnu, and a C compiler with its static library",
    };
    Failure::usage(format!("no compiler here builds for {}", target(runtime)), hint)
}

/// A linker for WebAssembly: the one that comes with the compiler on the path, or one on the path.
fn linker() -> Option<PathBuf> {
    let shipped = || {
        let (sysroot, host) = (output("rustc", &["--print", "sysroot"])?, output("rustc", &["--print", "host-tuple"])?);
        Some(Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld"))
    };
    let on_path = env::var_os("PATH").unwrap_or_default();
    let named = |folder: PathBuf| ["rust-lld", "lld"].map(|name| folder.join(name));
    shipped().into_iter().chain(env::split_paths(&on_path).flat_map(named)).find(|linker| linker.is_file())
}

/// The first line that a command prints, if it succeeds.
fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned())
}
