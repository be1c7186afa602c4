//! A project to begin with, from a template that is compiled and tested in `program/template`.

use crate::{commands::Context, exit::Failure};
use clap::Args;
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};
use types::Runtime;

/// Write a project to begin with.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma program new squares                          within the network's checkout\n  \
                  lemma program new squares --sdk ../lemma/program --runtime linux-x86_64\n  \
                  lemma program new squares --sdk https://git.example/lemma.git"
)]
pub struct New {
    /// Its name, which is also that of its folder
    #[arg(value_name = "NAME")]
    name: String,
    /// What runs the prover: wasm, or linux-x86_64 for threads and much memory
    #[arg(long, default_value_t = Runtime::Wasm, value_name = "NAME")]
    runtime: Runtime,
    /// The SDK: the folder `program` of the network's checkout, or the checkout's git address; looked for above this folder unless
    /// told
    #[arg(long, value_name = "FOLDER|URL")]
    sdk: Option<String>,
    /// Where to make the project's folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
}

#[derive(Serialize)]
struct Written {
    folder: PathBuf,
    runtime: Runtime,
    sdk: String,
    files: Vec<&'static str>,
}

/// A file of the template and its content there.
macro_rules! template {
    ($($name:literal $from:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../program/template/", $from)))),*]
    };
}

const TEMPLATE: &[(&str, &str)] = template![
    "Cargo.toml" "Cargo.toml",
    "README.md" "README.md",
    "request.toml" "request.toml",
    "src/lib.rs" "src/lib.rs",
    "src/main.rs" "src/main.rs",
    "tests/program.rs" "tests/program.rs",
    ".gitignore" "gitignore",
];

/// How the template names the SDK.
const SDK: &str = "path = \"..\"";
/// The file that only a Linux program has.
const MAIN: &str = "src/main.rs";
/// Names that a package cannot have: that of the SDK, and those of the standard library.
const TAKEN: [&str; 6] = ["program", "template", "std", "core", "alloc", "test"];

impl New {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<()> {
        check_name(&self.name)?;
        let sdk = match &self.sdk {
            Some(text) => named(text)?,
            None => above(&self.dir)?,
        };
        let folder = self.dir.join(&self.name);
        fs::create_dir(&folder).map_err(|error| {
            Failure::usage(format!("{} cannot be made: {error}", folder.display()), "take another name or --dir")
        })?;
        let files = TEMPLATE.iter().filter(|(name, _)| self.runtime == Runtime::LinuxX86_64 || *name != MAIN);
        let mut written = Vec::new();
        for (name, content) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, self.filled(content, &sdk))?;
            written.push(*name);
        }
        let project = Written { folder, runtime: self.runtime, sdk, files: written };
        context.out.result(&project, |it| {
            format!("{}\nnext: cd {} && cargo test && lemma program build", it.folder.display(), it.folder.display())
        })
    }

    fn filled(&self, content: &str, sdk: &str) -> String {
        let crate_name = self.name.replace('-', "_");
        let prover = if self.runtime == Runtime::Wasm { "prover.wasm" } else { "prover.linux-x86_64" };
        content
            .replace(SDK, sdk)
            .replace("template::", &format!("{crate_name}::"))
            .replace("template", &self.name)
            .replace("artifacts/PROVER", &format!("artifacts/{prover}"))
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    if plain && name.len() <= 64 && name.starts_with(|it: char| it.is_ascii_lowercase()) && !TAKEN.contains(&name) {
        return Ok(());
    }
    let hint = "lower-case letters, digits, - and _, beginning with a letter; not program, std or the like";
    Err(Failure::usage(format!("{name:?} is no name for a program"), hint))
}

/// The SDK that the user names.
fn named(text: &str) -> Result<String, Failure> {
    if text.contains("://") || text.starts_with("git@") {
        return quoted("git", text);
    }
    let folder = Path::new(text);
    let found = [folder.to_owned(), folder.join("program")].into_iter().find(|it| is_sdk(it));
    let missing = || {
        let hint = "give the folder `program` of the network's checkout, or the checkout's git address";
        Failure::usage(format!("the SDK is not in {text}"), hint)
    };
    path(&found.ok_or_else(missing)?)
}

/// The SDK of the checkout in which the project will lie.
fn above(dir: &Path) -> Result<String, Failure> {
    let missing = || {
        let hint = "name it by --sdk: the folder `program` of the network's checkout, or the checkout's git address";
        Failure::usage("the SDK is not in a folder `program` above this one", hint)
    };
    let here = dir.canonicalize().map_err(|_| missing())?;
    let found = here.ancestors().map(|folder| folder.join("program")).find(|folder| is_sdk(folder));
    path(&found.ok_or_else(missing)?)
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line == "name = \"program\"") && folder.join("src/rehearsal.rs").is_file()
}

fn path(folder: &Path) -> Result<String, Failure> {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    quoted("path", &whole.to_string_lossy())
}

/// A key and its value as a line of TOML has it.
fn quoted(key: &str, value: &str) -> Result<String, Failure> {
    if value.contains(['"', '\\', '\n']) {
        return Err(Failure::usage(format!("{value:?} cannot stand in a manifest"), "move the checkout"));
    }
    Ok(format!("{key} = \"{value}\""))
}
