//! Builds the artifacts of `programs/` for WebAssembly, or checks that the committed ones are what the sources give.
//!
//! The artifacts are committed, so that a network can be tried without a WebAssembly toolchain. Bytes depend on
//! compiler, standard library and linker: the manifest names those of the committed artifacts, and a check compares
//! only what the same ones build. That the files are what the manifest says is checked everywhere.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::{
    env,
    ffi::{OsStr, OsString},
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";
const MANIFEST: &str = "manifest.toml";
const HEADER: &str = "# Written by `cargo xtask programs`; checked by `cargo xtask programs --check`.\n\n";

/// Packages of `programs/` with their proof system and their artifacts: a feature each, that exports it.
const PROGRAMS: &[Program] = &[
    Program {
        package: "groth16-poseidon",
        directory: "groth16-poseidon",
        proof_system: "groth16-bn254/arkworks-0.6",
        artifacts: &["verifier", "prover", "setup"],
    },
    Program {
        package: "capacity",
        directory: "capacity",
        proof_system: "lemma-capacity/1",
        artifacts: &["verifier", "prover"],
    },
    Program { package: "trivial", directory: "trivial", proof_system: "none/1", artifacts: &["verifier", "prover"] },
    Program { package: "loops", directory: "faulty/loops", proof_system: "none/1", artifacts: &["prover"] },
    Program { package: "fails", directory: "faulty/fails", proof_system: "none/1", artifacts: &["prover"] },
];

struct Program {
    package: &'static str,
    /// Below `programs/`, and below `programs/artifacts/`.
    directory: &'static str,
    proof_system: &'static str,
    artifacts: &'static [&'static str],
}

/// `programs/artifacts/manifest.toml`.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    rebuild: String,
    toolchain: String,
    artifact: Vec<Artifact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Artifact {
    /// Below `programs/artifacts/`.
    path: String,
    proof_system: String,
    bytes: usize,
    /// What `b3sum` prints, and the blob id.
    blake3: String,
}

/// The error of [`run`] when the artifacts could be neither built nor compared here: nothing is wrong with them.
#[derive(Debug)]
pub struct NotHere(String);

impl fmt::Display for NotHere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotHere {}

/// Builds all artifacts and writes them with their manifest; with `check`, compares them with what is there.
///
/// # Errors
///
/// [`NotHere`] when there is no toolchain for it; any other error when a build fails or an artifact differs.
pub fn run(check: bool) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
    let artifacts = root.join("programs/artifacts");
    if !check {
        let toolchain = Toolchain::all().into_iter().next().ok_or_else(no_toolchain)?;
        return write(&artifacts, &toolchain, &build_all(root, &toolchain)?);
    }
    let manifest = committed(&artifacts)?;
    let toolchain = matching(&manifest)?;
    for (artifact, bytes) in build_all(root, &toolchain)? {
        ensure!(manifest.artifact.contains(&artifact), "{} differs: the sources give {artifact:?}", artifact.path);
        ensure!(fs::read(artifacts.join(&artifact.path))? == bytes, "{} differs", artifact.path);
    }
    say(&format!("all {} artifacts are what {} builds", manifest.artifact.len(), manifest.toolchain))
}

/// Reads the manifest and checks that the files beside it are those it names.
fn committed(artifacts: &Path) -> Result<Manifest> {
    let path = artifacts.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let expected: usize = PROGRAMS.iter().map(|program| program.artifacts.len()).sum();
    ensure!(
        manifest.artifact.len() == expected,
        "{} artifacts in the manifest, not {expected}",
        manifest.artifact.len()
    );
    for artifact in &manifest.artifact {
        let bytes = fs::read(artifacts.join(&artifact.path)).with_context(|| artifact.path.clone())?;
        let found = blake3::hash(&bytes).to_hex();
        ensure!(*found == *artifact.blake3, "{}: BLAKE3 {found}, manifest {}", artifact.path, artifact.blake3);
    }
    Ok(manifest)
}

/// The toolchain here that made the committed artifacts.
fn matching(manifest: &Manifest) -> Result<Toolchain> {
    let here = Toolchain::all();
    if here.is_empty() {
        return Err(no_toolchain().into());
    }
    let names: Vec<String> = here.iter().map(|toolchain| toolchain.name.clone()).collect();
    here.into_iter().find(|toolchain| toolchain.name == manifest.toolchain).ok_or_else(|| {
        let names = names.join("; ");
        NotHere(format!("not compared: made with {}, here is {names}. Hashes match the manifest.", manifest.toolchain))
            .into()
    })
}

fn no_toolchain() -> NotHere {
    NotHere(format!(
        "no toolchain for {TARGET}: install one with `rustup target add {TARGET}`, or Debian's rustc-web, cargo-web and \
         rust-web-src together with lld"
    ))
}

/// Writes artifacts and manifest.
fn write(directory: &Path, toolchain: &Toolchain, built: &[(Artifact, Vec<u8>)]) -> Result<()> {
    for (artifact, bytes) in built {
        let path = directory.join(&artifact.path);
        fs::create_dir_all(path.parent().context("an artifact lies in a folder")?)?;
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        say(&format!("{} {} ({} bytes)", artifact.blake3, artifact.path, artifact.bytes))?;
    }
    let manifest = Manifest {
        rebuild: "cargo xtask programs".into(),
        toolchain: toolchain.name.clone(),
        artifact: built.iter().map(|(artifact, _)| artifact.clone()).collect(),
    };
    fs::write(directory.join(MANIFEST), format!("{HEADER}{}", toml::to_string(&manifest)?))?;
    Ok(())
}

/// Builds every artifact, in the order of [`PROGRAMS`].
fn build_all(root: &Path, toolchain: &Toolchain) -> Result<Vec<(Artifact, Vec<u8>)>> {
    say(&format!("building with {}", toolchain.name))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("programs");
    let stage = stage(root, &target)?;
    let mut built = Vec::new();
    for program in PROGRAMS {
        for role in program.artifacts {
            let bytes = toolchain.build(&stage, &target, program.package, role)?;
            let artifact = Artifact {
                path: format!("{}/{role}.wasm", program.directory),
                proof_system: program.proof_system.into(),
                bytes: bytes.len(),
                blake3: blake3::hash(&bytes).to_hex().to_string(),
            };
            built.push((artifact, bytes));
        }
    }
    Ok(built)
}

/// A compiler that can build for WebAssembly.
struct Toolchain {
    rustc: OsString,
    cargo: OsString,
    sysroot: PathBuf,
    /// The linker, when the standard library has to be built from its source.
    linker: Option<PathBuf>,
    /// Everything the bytes of an artifact depend on besides its source.
    name: String,
}

impl Toolchain {
    /// Those on this machine: the one on the path, then the system's.
    fn all() -> Vec<Self> {
        let candidates = [("rustc", "cargo"), ("/usr/bin/rustc", "/usr/bin/cargo")];
        candidates.into_iter().filter_map(|(rustc, cargo)| Self::find(rustc, cargo)).collect()
    }

    fn find(rustc: &str, cargo: &str) -> Option<Self> {
        let sysroot = PathBuf::from(output(rustc, &["--print", "sysroot"])?);
        let version = output(rustc, &["--version"])?;
        let toolchain =
            |linker, name| Self { rustc: rustc.into(), cargo: cargo.into(), sysroot: sysroot.clone(), linker, name };
        if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            return Some(toolchain(None, format!("{version}, its own std and linker")));
        }
        if !sysroot.join("lib/rustlib/src/rust/library/std").is_dir() {
            return None;
        }
        let linker = linker()?;
        // "LLD 22.1.2 (where it was built)"
        let linked = output(&linker, &["-flavor", "wasm", "--version"])?;
        let linked = linked.split(" (").next()?;
        Some(toolchain(Some(linker.clone()), format!("{version}, std from source, {linked}")))
    }

    /// One artifact: a library of `package` that exports what `role` says.
    fn build(&self, stage: &Path, target: &Path, package: &str, role: &str) -> Result<Vec<u8>> {
        let mut command = Command::new(&self.cargo);
        for (name, _) in env::vars_os().filter(|(name, _)| steers_a_build(name)) {
            command.env_remove(name);
        }
        command.current_dir(stage).env("RUSTC", &self.rustc).env("CARGO_TARGET_DIR", target);
        command.env("CARGO_ENCODED_RUSTFLAGS", self.remapped(stage)?.join("\x1f"));
        command.args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
        command.args(["--package", package, "--features", role]);
        if let Some(linker) = &self.linker {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            command.arg("-Zbuild-std=std,panic_abort");
        }
        if !command.status().context("cargo does not start")?.success() {
            bail!("the {role} of {package} does not build");
        }
        let file = format!("{TARGET}/release/{}.wasm", package.replace('-', "_"));
        Ok(fs::read(target.join(file))?)
    }

    /// Flags that keep the folders of this machine out of the artifacts.
    fn remapped(&self, stage: &Path) -> Result<Vec<String>> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
        let registries = home.context("no home folder")?.join("registry/src");
        let mut folders = vec![(stage.to_path_buf(), "/lemma"), (self.sysroot.join("lib/rustlib/src/rust"), "/rust")];
        for registry in fs::read_dir(&registries).with_context(|| registries.display().to_string())? {
            folders.push((registry?.path(), "/crates"));
        }
        Ok(folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect())
    }
}

/// Copies the programs and the SDK into one workspace below `target`.
///
/// cargo hashes the absolute path of a crate outside the workspace into its symbols, which decide the order of functions:
/// with the SDK where it is, every checkout would give other bytes.
fn stage(root: &Path, target: &Path) -> Result<PathBuf> {
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

fn say(line: &str) -> Result<()> {
    Ok(writeln!(io::stderr(), "{line}")?)
}
