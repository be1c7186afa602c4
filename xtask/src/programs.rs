//! Builds the artifacts of `programs/`, or checks that the committed ones are what the sources give.
//!
//! The artifacts are committed, so that a network can be tried without a WebAssembly toolchain. Bytes depend on
//! compiler, standard library and linker: the manifest names those of the committed artifacts, and a check compares
//! only what the same ones build. That the files are what the manifest says is checked everywhere.

mod stage;
mod toolchain;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::{
    env, fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use toolchain::Toolchain;

const MANIFEST: &str = "manifest.toml";
const HEADER: &str = "# Written by `cargo xtask programs`; checked by `cargo xtask programs --check`.\n\n";

/// Packages of `programs/` with their proof system and their artifacts.
const PROGRAMS: &[Program] = &[
    Program {
        package: "groth16-poseidon",
        directory: "groth16-poseidon",
        proof_system: "groth16-bn254/arkworks-0.6",
        wasm: &["verifier", "prover", "setup"],
        native: &[],
    },
    Program {
        package: "circom",
        directory: "circom",
        proof_system: "groth16-circom/arkworks-0.6",
        wasm: &["verifier"],
        native: &["prover"],
    },
    Program {
        package: "aggregate-leaf",
        directory: "aggregate/leaf",
        proof_system: "groth16-bls12-377/arkworks-0.6",
        wasm: &["verifier", "prover"],
        native: &[],
    },
    Program {
        package: "aggregate",
        directory: "aggregate",
        proof_system: "groth16-bw6-761/arkworks-0.6",
        wasm: &["verifier"],
        native: &["prover"],
    },
    Program {
        package: "capacity",
        directory: "capacity",
        proof_system: "lemma-capacity/1",
        wasm: &["verifier", "prover"],
        native: &[],
    },
    Program {
        package: "miden",
        directory: "miden",
        proof_system: "miden-vm/0.23.5",
        // Its prover has functions larger than a node takes.
        wasm: &["verifier"],
        native: &["prover"],
    },
    Program {
        package: "trivial",
        directory: "trivial",
        proof_system: "none/1",
        wasm: &["verifier", "prover"],
        native: &["prover"],
    },
    Program { package: "loops", directory: "faulty/loops", proof_system: "none/1", wasm: &["prover"], native: &[] },
    Program { package: "fails", directory: "faulty/fails", proof_system: "none/1", wasm: &["prover"], native: &[] },
    Program { package: "tampers", directory: "faulty/tampers", proof_system: "none/1", wasm: &[], native: &["prover"] },
];

struct Program {
    package: &'static str,
    /// Below `programs/`, and below `programs/artifacts/`.
    directory: &'static str,
    proof_system: &'static str,
    /// Modules: the library with one of these features, that exports it.
    wasm: &'static [&'static str],
    /// Static executables: the binary that has the package's name, with one of these features.
    native: &'static [&'static str],
}

/// What runs an artifact; the names are those of the program contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Runtime {
    #[serde(rename = "wasm")]
    Wasm,
    #[serde(rename = "linux-x86_64")]
    LinuxX86_64,
}

/// `programs/artifacts/manifest.toml`.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    rebuild: String,
    /// What built the modules.
    toolchain: String,
    /// What built the executables.
    native_toolchain: String,
    artifact: Vec<Artifact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Artifact {
    /// Below `programs/artifacts/`.
    path: String,
    runtime: Runtime,
    proof_system: String,
    bytes: usize,
    /// What `b3sum` prints, and the blob id.
    blake3: String,
}

/// The error of [`run`] when some artifacts could be neither built nor compared here: nothing is wrong with them.
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
    if check {
        return compare(root, &artifacts);
    }
    let first = |runtime| Toolchain::all(runtime).into_iter().next().ok_or_else(|| no_toolchain(runtime));
    let (wasm, native) = (first(Runtime::Wasm)?, first(Runtime::LinuxX86_64)?);
    let mut built = build(root, &wasm, Runtime::Wasm)?;
    built.extend(build(root, &native, Runtime::LinuxX86_64)?);
    write(&artifacts, &wasm, &native, &built)
}

/// Rebuilds what the toolchains here can rebuild, and compares.
fn compare(root: &Path, artifacts: &Path) -> Result<()> {
    let manifest = committed(artifacts)?;
    let mut not_here = Vec::new();
    for (runtime, made_with) in
        [(Runtime::Wasm, &manifest.toolchain), (Runtime::LinuxX86_64, &manifest.native_toolchain)]
    {
        match matching(runtime, made_with) {
            Ok(toolchain) => compare_built(&manifest, artifacts, &build(root, &toolchain, runtime)?)?,
            Err(NotHere(why)) => not_here.push(why),
        }
    }
    if not_here.is_empty() {
        return say(&format!("all {} artifacts are what the sources give", manifest.artifact.len()));
    }
    Err(NotHere(format!("{}. Hashes match the manifest.", not_here.join(". "))).into())
}

fn compare_built(manifest: &Manifest, artifacts: &Path, built: &[(Artifact, Vec<u8>)]) -> Result<()> {
    for (artifact, bytes) in built {
        ensure!(manifest.artifact.contains(artifact), "{} differs: the sources give {artifact:?}", artifact.path);
        ensure!(fs::read(artifacts.join(&artifact.path))? == *bytes, "{} differs", artifact.path);
    }
    say(&format!("{} artifacts compared", built.len()))
}

/// Reads the manifest and checks that the files beside it are those it names.
fn committed(artifacts: &Path) -> Result<Manifest> {
    let path = artifacts.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let expected: usize = PROGRAMS.iter().map(|program| program.wasm.len() + program.native.len()).sum();
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

/// The toolchain here that made the committed artifacts for `runtime`.
fn matching(runtime: Runtime, made_with: &str) -> Result<Toolchain, NotHere> {
    let here = Toolchain::all(runtime);
    if here.is_empty() {
        return Err(no_toolchain(runtime));
    }
    let names: Vec<String> = here.iter().map(|toolchain| toolchain.name.clone()).collect();
    here.into_iter().find(|toolchain| toolchain.name == *made_with).ok_or_else(|| {
        NotHere(format!("{} not compared: made with {made_with}, here is {}", runtime.target(), names.join("; ")))
    })
}

fn no_toolchain(runtime: Runtime) -> NotHere {
    let target = runtime.target();
    NotHere(match runtime {
        Runtime::Wasm => format!(
            "no toolchain for {target}: install one with `rustup target add {target}`, or Debian's rustc-web, cargo-web \
             and rust-web-src together with lld"
        ),
        Runtime::LinuxX86_64 => format!("no toolchain for {target}: it needs rustc, cc and ldd"),
    })
}

/// Writes artifacts and manifest.
fn write(directory: &Path, wasm: &Toolchain, native: &Toolchain, built: &[(Artifact, Vec<u8>)]) -> Result<()> {
    for (artifact, bytes) in built {
        let path = directory.join(&artifact.path);
        fs::create_dir_all(path.parent().context("an artifact lies in a folder")?)?;
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        say(&format!("{} {} ({} bytes)", artifact.blake3, artifact.path, artifact.bytes))?;
    }
    let manifest = Manifest {
        rebuild: "cargo xtask programs".into(),
        toolchain: wasm.name.clone(),
        native_toolchain: native.name.clone(),
        artifact: built.iter().map(|(artifact, _)| artifact.clone()).collect(),
    };
    fs::write(directory.join(MANIFEST), format!("{HEADER}{}", toml::to_string(&manifest)?))?;
    Ok(())
}

/// Builds every artifact for `runtime`, in the order of [`PROGRAMS`].
fn build(root: &Path, toolchain: &Toolchain, runtime: Runtime) -> Result<Vec<(Artifact, Vec<u8>)>> {
    say(&format!("building with {}", toolchain.name))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("programs");
    let stage = stage::stage(root, &target)?;
    let mut built = Vec::new();
    for program in PROGRAMS {
        for role in program.roles(runtime) {
            let bytes = toolchain.build(&stage, &target, program, role)?;
            built.push((program.artifact(runtime, role, &bytes), bytes));
        }
    }
    Ok(built)
}

impl Program {
    fn roles(&self, runtime: Runtime) -> &'static [&'static str] {
        match runtime {
            Runtime::Wasm => self.wasm,
            Runtime::LinuxX86_64 => self.native,
        }
    }

    fn artifact(&self, runtime: Runtime, role: &str, bytes: &[u8]) -> Artifact {
        let extension = match runtime {
            Runtime::Wasm => "wasm",
            Runtime::LinuxX86_64 => "linux-x86_64",
        };
        Artifact {
            path: format!("{}/{role}.{extension}", self.directory),
            runtime,
            proof_system: self.proof_system.into(),
            bytes: bytes.len(),
            blake3: blake3::hash(bytes).to_hex().to_string(),
        }
    }
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(io::stderr(), "{line}")?)
}
