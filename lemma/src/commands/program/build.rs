//! From a project to its artifacts.

use super::check::{Checked, check};
use crate::{
    commands::Context,
    exit::Failure,
    output::{FAINT, styled},
    toolchain::Toolchain,
};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use types::Runtime;

/// Build a project's verifier and prover.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma program build\n  lemma program build squares --runtime linux-x86_64\n\n\
                  Needs the target wasm32-unknown-unknown: `rustup target add wasm32-unknown-unknown`, or Debian's rustc-web, \
                  cargo-web, rust-web-src and lld. A Linux prover is linked statically against this machine's C library.")]
pub struct Build {
    /// The folder with the project's Cargo.toml
    #[arg(value_name = "FOLDER", default_value = ".")]
    project: PathBuf,
    /// What runs the prover: wasm, or linux-x86_64; the latter where the project has a program, unless told
    #[arg(long, value_name = "NAME")]
    runtime: Option<Runtime>,
    /// Where to write the artifacts; the folder artifacts of the project unless told
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Built {
    runtime: Runtime,
    artifacts: Vec<Checked>,
}

/// One artifact to build.
struct Goal {
    runtime: Runtime,
    /// The feature that exports it.
    role: &'static str,
}

impl Build {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let project = Project::of(&self.project)?;
        let runtime = self.runtime.unwrap_or(project.runtime());
        let output = self.output.clone().unwrap_or_else(|| self.project.join("artifacts"));
        let goals = [Goal { runtime: Runtime::Wasm, role: "verifier" }, Goal { runtime, role: "prover" }];
        // Both first: nobody waits for the first to hear that the second cannot be built.
        let toolchains = [Toolchain::find(Runtime::Wasm)?, Toolchain::find(runtime)?];
        project.expect_targets(runtime)?;
        fs::create_dir_all(&output)?;
        let mut artifacts = Vec::new();
        for (goal, toolchain) in goals.iter().zip(&toolchains) {
            context.out.note(styled(FAINT, format_args!("building the {} for {}", goal.role, goal.runtime)));
            let built = project.build(goal, toolchain)?;
            let file = output.join(format!("{}.{}", goal.role, goal.runtime));
            fs::copy(&built, &file)?;
            artifacts.push(check(&file)?);
        }
        let built = Built { runtime, artifacts };
        context.out.result(&built, |it| it.artifacts.iter().map(Checked::text).collect::<Vec<_>>().join("\n"))?;
        match built.artifacts.iter().all(Checked::is_accepted) {
            true => Ok(()),
            false => Err(Failure::usage("nodes would not take what was built", "what to do is said above").into()),
        }
    }
}

/// What cargo says of the project.
struct Project {
    manifest: PathBuf,
    target: PathBuf,
    package: Package,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    features: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Project {
    fn of(folder: &Path) -> anyhow::Result<Self> {
        let nothing = |what: String| Failure::usage(what, "`lemma program new` makes a project");
        let manifest = folder.join("Cargo.toml").canonicalize();
        let manifest = manifest.map_err(|_| nothing(format!("{} has no Cargo.toml", folder.display())))?;
        let mut command = Command::new("cargo");
        command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(&manifest);
        let said = command.output().map_err(|error| {
            Failure::usage(format!("cargo does not start: {error}"), "install Rust: https://rustup.rs")
        })?;
        if !said.status.success() {
            return Err(nothing(String::from_utf8_lossy(&said.stderr).trim().to_owned()).into());
        }
        let metadata: Metadata = serde_json::from_slice(&said.stdout)?;
        let package = metadata.packages.into_iter().find(|package| package.manifest_path == manifest);
        let package = package.ok_or_else(|| nothing(format!("{} names no package", manifest.display())))?;
        Ok(Self { manifest, target: metadata.target_directory.join("lemma"), package })
    }

    /// A project with a program of its own is one for Linux.
    fn runtime(&self) -> Runtime {
        if self.target("bin").is_some() { Runtime::LinuxX86_64 } else { Runtime::Wasm }
    }

    fn target(&self, kind: &str) -> Option<&str> {
        let of_kind = |target: &&Target| target.kind.iter().any(|it| it == kind);
        self.package.targets.iter().find(of_kind).map(|target| target.name.as_str())
    }

    fn expect_targets(&self, runtime: Runtime) -> Result<(), Failure> {
        let missing = |what: &str, hint: &str| Err(Failure::usage(format!("the project has no {what}"), hint));
        for feature in ["verifier", "prover"] {
            if !self.package.features.contains_key(feature) {
                return missing(
                    &format!("feature {feature}"),
                    "Cargo.toml needs [features] prover = [] and verifier = []",
                );
            }
        }
        if self.library().is_none() {
            return missing("library", "the verifier is built of src/lib.rs");
        }
        if runtime == Runtime::LinuxX86_64 && self.target("bin").is_none() {
            let hint =
                "src/main.rs: fn main() -> std::process::ExitCode { program::native::main(your_program::prove) }";
            return missing("program", hint);
        }
        Ok(())
    }

    fn library(&self) -> Option<&str> {
        ["lib", "cdylib", "rlib"].into_iter().find_map(|kind| self.target(kind))
    }

    /// Builds one artifact, cargo's own words on stderr, and says where it is.
    fn build(&self, goal: &Goal, toolchain: &Toolchain) -> anyhow::Result<PathBuf> {
        let folder = self.manifest.parent().unwrap_or(&self.manifest);
        let mut command = toolchain.command(folder, &self.target);
        command.arg("--manifest-path").arg(&self.manifest).args(["--package", &self.package.name]);
        command.args(["--no-default-features", "--features", goal.role]);
        let file = match goal.runtime {
            Runtime::Wasm => {
                command.args(["--lib", "--crate-type", "cdylib"]);
                format!("{}.wasm", self.library().unwrap_or_default().replace('-', "_"))
            }
            Runtime::LinuxX86_64 => {
                let name = self.target("bin").unwrap_or_default();
                command.args(["--bin", name]);
                name.to_owned()
            }
        };
        if !command.status()?.success() {
            let message = format!("the {} does not build for {}", goal.role, goal.runtime);
            return Err(Failure::usage(message, "cargo says why, above").into());
        }
        Ok(self.target.join(toolchain.target()).join("release").join(file))
    }
}
