//! The compilers that build artifacts: for WebAssembly, and for static executables.

use super::{Program, Runtime};
use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::{OsStr, OsString},
    fs, iter,
    path::{Path, PathBuf},
    process::Command,
};

const WASM: &str = "wasm32-unknown-unknown";
const LINUX: &str = "x86_64-unknown-linux-gnu";

/// Products of 64 bits by 64, and sums of 128, as one instruction each, for proof systems that count in large numbers. Every
/// node's engine has them (`lemma-module-2`).
const WASM_FLAGS: [&str; 1] = ["-Ctarget-feature=+wide-arithmetic"];
/// A static executable asks nothing of the machine it runs on but a processor of the last fifteen years.
const LINUX_FLAGS: [&str; 2] = ["-Ctarget-feature=+crt-static", "-Ctarget-cpu=x86-64-v2"];

impl Runtime {
    /// The compiler's name for it.
    pub const fn target(self) -> &'static str {
        match self {
            Self::Wasm => WASM,
            Self::LinuxX86_64 => LINUX,
        }
    }

    /// What the compiler is told besides.
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Wasm => &WASM_FLAGS,
            Self::LinuxX86_64 => &LINUX_FLAGS,
        }
    }
}

/// A compiler that can build for one runtime.
pub struct Toolchain {
    runtime: Runtime,
    rustc: OsString,
    cargo: OsString,
    sysroot: PathBuf,
    /// The linker, when the standard library has to be built from its source.
    linker: Option<PathBuf>,
    /// Everything the bytes of an artifact depend on besides its source.
    pub name: String,
}

impl Toolchain {
    /// Those on this machine: the one on the path, then the system's.
    pub fn all(runtime: Runtime) -> Vec<Self> {
        let candidates = [("rustc", "cargo"), ("/usr/bin/rustc", "/usr/bin/cargo")];
        candidates.into_iter().filter_map(|(rustc, cargo)| Self::find(runtime, rustc, cargo)).collect()
    }

    fn find(runtime: Runtime, rustc: &str, cargo: &str) -> Option<Self> {
        let sysroot = PathBuf::from(output(rustc, &["--print", "sysroot"])?);
        let version = output(rustc, &["--version"])?;
        let (linker, rest) = match runtime {
            Runtime::Wasm => for_wasm(&sysroot)?,
            Runtime::LinuxX86_64 => for_linux(&sysroot)?,
        };
        let name = format!("{version}, {rest}");
        Some(Self { runtime, rustc: rustc.into(), cargo: cargo.into(), sysroot, linker, name })
    }

    /// One artifact of `program`: a library that exports what `role` says, or the executable.
    pub fn build(&self, stage: &Path, target: &Path, program: &Program, role: &str) -> Result<Vec<u8>> {
        let mut command = self.command(stage, target)?;
        command.args(["--package", program.package, "--no-default-features", "--features", role]);
        let file = match self.runtime {
            Runtime::Wasm => {
                command.args(["--lib", "--crate-type", "cdylib"]);
                format!("{}.wasm", program.package.replace('-', "_"))
            }
            Runtime::LinuxX86_64 => {
                command.args(["--bin", program.package]);
                program.package.into()
            }
        };
        if !command.status().context("cargo does not start")?.success() {
            bail!("the {role} of {} does not build for {}", program.package, self.runtime.target());
        }
        let mut bytes = fs::read(target.join(self.runtime.target()).join("release").join(file))?;
        let scripts = (target.to_path_buf(), "/target");
        self.folders(stage)?.iter().chain([&scripts]).for_each(|(folder, name)| overwrite(&mut bytes, folder, name));
        Ok(bytes)
    }

    /// `cargo rustc --release`, away from everything that would make two builds differ.
    fn command(&self, stage: &Path, target: &Path) -> Result<Command> {
        let mut command = Command::new(&self.cargo);
        for (name, _) in env::vars_os().filter(|(name, _)| steers_a_build(name)) {
            command.env_remove(name);
        }
        let mut flags = self.remapped(stage)?;
        flags.extend(self.runtime.flags().iter().map(|flag| String::from(*flag)));
        command.current_dir(stage).env("RUSTC", &self.rustc).env("CARGO_TARGET_DIR", target);
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        command.args(["rustc", "--release", "--target", self.runtime.target()]);
        if let Some(linker) = &self.linker {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            command.arg("-Zbuild-std=std,panic_abort");
        }
        Ok(command)
    }

    /// Flags that keep the folders of this machine out of the artifacts.
    fn remapped(&self, stage: &Path) -> Result<Vec<String>> {
        let folders = self.folders(stage)?;
        Ok(folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect())
    }

    /// The folders of this machine that sources lie in, each with what it is called in artifacts.
    fn folders(&self, stage: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
        let registries = home.context("no home folder")?.join("registry/src");
        let mut folders = vec![(stage.to_path_buf(), "/lemma"), (self.sysroot.join("lib/rustlib/src/rust"), "/rust")];
        for registry in fs::read_dir(&registries).with_context(|| registries.display().to_string())? {
            folders.push((registry?.path(), "/crates"));
        }
        Ok(folders)
    }
}

/// Overwrites what build scripts wrote of a folder into data, where no flag reaches, by a name of the same length. Such an
/// artifact is the same on machines whose folders have names of that length.
fn overwrite(bytes: &mut [u8], folder: &Path, name: &str) {
    let folder = folder.as_os_str().as_encoded_bytes();
    let neutral: Vec<u8> = name.bytes().chain(iter::repeat(b'/')).take(folder.len()).collect();
    let mut rest = bytes;
    while let Some(at) = rest.windows(folder.len()).position(|window| window == folder) {
        let (found, after) = rest[at..].split_at_mut(folder.len());
        found.copy_from_slice(&neutral);
        rest = after;
    }
}

/// The linker, if one is needed, and the rest of the name of a toolchain for WebAssembly.
fn for_wasm(sysroot: &Path) -> Option<(Option<PathBuf>, String)> {
    if has_std(sysroot, WASM) {
        return Some((None, "its own std and linker".into()));
    }
    if !sysroot.join("lib/rustlib/src/rust/library/std").is_dir() {
        return None;
    }
    let linker = linker()?;
    // "LLD 22.1.2 (where it was built)"
    let linked = output(&linker, &["-flavor", "wasm", "--version"])?;
    let linked = format!("std from source, {}", linked.split(" (").next()?);
    Some((Some(linker), linked))
}

/// The same for static executables: they hold the machine's C library.
fn for_linux(sysroot: &Path) -> Option<(Option<PathBuf>, String)> {
    let (compiler, library) = (output("cc", &["--version"])?, output("ldd", &["--version"])?);
    has_std(sysroot, LINUX).then(|| (None, format!("{compiler}, {library}")))
}

fn has_std(sysroot: &Path, target: &str) -> bool {
    sysroot.join("lib/rustlib").join(target).join("lib").is_dir()
}

/// Variables that would make two builds differ.
fn steers_a_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let prefixes = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_", "CARGO_UNSTABLE_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
        || name.contains("RUSTFLAGS")
        || ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"].contains(&name.as_ref())
}

/// A linker for WebAssembly: the one that comes with the compiler on the path, or one on the path.
fn linker() -> Option<PathBuf> {
    let host = output("rustc", &["--print", "host-tuple"])?;
    let shipped =
        PathBuf::from(output("rustc", &["--print", "sysroot"])?).join("lib/rustlib").join(host).join("bin/rust-lld");
    if shipped.is_file() {
        return Some(shipped);
    }
    env::split_paths(&env::var_os("PATH")?)
        .flat_map(|folder| ["rust-lld", "lld"].map(|name| folder.join(name)))
        .find(|linker| linker.is_file())
}

/// The first line that a command prints, if it succeeds.
fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned())
}
