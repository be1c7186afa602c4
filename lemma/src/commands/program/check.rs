//! Would nodes take these artifacts? The checks of a node, each refusal with what to do.

use crate::{
    commands::Context,
    exit::{Code, Failure},
    output::{BAD, FAINT, GOOD, styled},
    trial::{read_module, runtime_of, start_of},
    units::size,
};
use clap::Args;
use executor::{
    FailReason, ModuleError, NativeExecutor, NativeImage, NativeSettings, Source, abi, check_prover, check_verifier,
};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::{Artifact, BlobId, Runtime};

/// Say whether nodes take these artifacts, and if not, why and what to do.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma program check artifacts/*\n  lemma program check image.tar --json\n\n\
                  A module is checked as prover or verifier, whichever it is by its exports; anything else is unpacked as the \
                  prover of a Linux program. Ends with 2 if one is refused.")]
pub struct Check {
    /// Modules, static ELF files, root directories or OCI layouts as tar
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What an artifact is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It checks proofs.
    Verifier,
    /// It makes them.
    Prover(Runtime),
}

/// What was found out about a file.
#[derive(Debug, Serialize)]
pub struct Checked {
    file: PathBuf,
    blob: BlobId,
    size: u64,
    /// In words.
    what: String,
    accepted: bool,
    reason: Option<String>,
    fix: Option<&'static str>,
}

/// Why nodes would not take it, and what to do.
#[derive(Debug)]
struct Refused {
    reason: String,
    fix: &'static str,
}

impl Check {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let checked = self.files.iter().map(|file| check(file)).collect::<Result<Vec<_>, _>>()?;
        let refused = checked.iter().filter(|it| !it.accepted).count();
        context.out.result(&checked, |it| it.iter().map(Checked::text).collect::<Vec<_>>().join("\n"))?;
        if refused == 0 {
            return Ok(());
        }
        let message = format!("{refused} of {} refused", checked.len());
        Err(Failure::usage(message, "what to do is said above, for each").into())
    }
}

/// Checks a file as what it is.
pub fn check(file: &Path) -> anyhow::Result<Checked> {
    check_as(role_of(file)?, file)
}

/// The artifact in a file, if nodes take it in this role.
pub fn accepted(role: Role, file: &Path) -> anyhow::Result<Artifact> {
    let checked = check_as(role, file)?;
    match (checked.reason, checked.fix) {
        (None, _) => Ok(Artifact { blob: checked.blob, size: checked.size }),
        (Some(reason), fix) => {
            let message = format!("{} is no {}: {reason}", file.display(), role.word());
            Err(Failure::usage(message, fix.unwrap_or_default()).into())
        }
    }
}

fn check_as(role: Role, file: &Path) -> anyhow::Result<Checked> {
    let judged = match role {
        Role::Verifier => module(role, check_verifier(&read_module(file)?)),
        Role::Prover(Runtime::Wasm) => module(role, check_prover(&read_module(file)?)),
        Role::Prover(Runtime::LinuxX86_64) => image(file)?,
    };
    let (blob, size) = client::name_of(file)?;
    let (what, refused) = match judged {
        Ok(what) => (what, None),
        Err(refused) => (role.word().to_owned(), Some(refused)),
    };
    let (reason, fix) = refused.map(|it| (it.reason, it.fix)).unzip();
    Ok(Checked { file: file.to_owned(), blob, size, what, accepted: reason.is_none(), reason, fix })
}

/// A module that can be entered as a prover is one, or that is called so; another is a verifier.
fn role_of(file: &Path) -> anyhow::Result<Role> {
    if runtime_of(file)? == Runtime::LinuxX86_64 {
        return Ok(Role::Prover(Runtime::LinuxX86_64));
    }
    let bytes = read_module(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_prover = match (check_prover(&bytes), check_verifier(&bytes)) {
        (Ok(()), _) => true,
        (_, Ok(())) => false,
        (Err(ModuleError::MissingExport(abi::PROVE)), _) => false,
        (_, Err(ModuleError::MissingExport(abi::VERIFY))) => true,
        _ => name.contains("prover"),
    };
    Ok(if is_prover { Role::Prover(Runtime::Wasm) } else { Role::Verifier })
}

fn module(role: Role, checked: Result<(), ModuleError>) -> Result<String, Refused> {
    checked
        .map(|()| role.word().to_owned())
        .map_err(|error| Refused { reason: error.to_string(), fix: fix(role, &error) })
}

/// Unpacks what is said to be a Linux program, as nodes do before they run it.
fn image(file: &Path) -> anyhow::Result<Result<String, Refused>> {
    let dir = tempfile::tempdir()?;
    let executor = NativeExecutor::new(dir.path(), NativeSettings::default())?;
    let (BlobId(id), _) = client::name_of(file)?;
    match executor.prepare(id, Source::File(file)) {
        Ok(image) => Ok(Ok(described(&image))),
        Err(FailReason::BadModule(reason)) => Ok(Err(Refused { fix: image_fix(file)?, reason })),
        Err(other) => Err(anyhow::anyhow!("{} could not be checked: {other}", file.display())),
    }
}

/// What nodes will find in an artifact.
pub fn described(image: &NativeImage) -> String {
    match image.is_static {
        true => "prover, a static ELF".to_owned(),
        false => format!("prover, {} unpacked, which starts {}", size(image.bytes), image.command.join(" ")),
    }
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Verifier => "verifier",
            Self::Prover(_) => "prover",
        }
    }
}

impl Checked {
    pub(super) const fn is_accepted(&self) -> bool {
        self.accepted
    }

    pub(super) fn text(&self) -> String {
        let head = format!("{} {} ({})", self.file.display(), size(self.size), self.what);
        let blob = styled(FAINT, format_args!("  blob {}", self.blob));
        match (&self.reason, self.fix) {
            (None, _) => format!("{} {head}\n{blob}", styled(GOOD, "ok")),
            (Some(reason), fix) => {
                format!("{} {head}\n  {reason}\n  {}", styled(BAD, "refused"), fix.unwrap_or_default())
            }
        }
    }
}

/// What to do about a module.
fn fix(role: Role, error: &ModuleError) -> &'static str {
    match (error, role) {
        (ModuleError::TooLarge { .. } | ModuleError::TooMany { .. }, _) => {
            "build it with --release, lto = \"fat\" and strip = true; tables and keys belong into the inputs"
        }
        (ModuleError::StartFunction, _) => {
            "build a library (--lib --crate-type cdylib), which starts nothing by itself"
        }
        (ModuleError::Import(_), Role::Verifier) => {
            "a verifier imports nothing: switch off what reads a clock, files or randomness in its dependencies"
        }
        (ModuleError::Import(_), Role::Prover(_)) => {
            "build for wasm32-unknown-unknown, and switch off what asks the system for a clock, files or randomness"
        }
        (ModuleError::MissingExport(_) | ModuleError::WrongType { .. }, Role::Verifier) => {
            "write program::verifier!(verify); and build with --features verifier, as `lemma program build` does"
        }
        (ModuleError::MissingExport(_) | ModuleError::WrongType { .. }, Role::Prover(_)) => {
            "write program::prover!(prove); and build with --features prover, as `lemma program build` does; a prover that is no \
             module needs --runtime linux-x86_64"
        }
        (ModuleError::Malformed(_), _) => {
            "build for wasm32-unknown-unknown with the compiler's own features, as `lemma program build` does; a prover that is \
             no module needs --runtime linux-x86_64"
        }
    }
}

/// What to do about a Linux program.
fn image_fix(file: &Path) -> anyhow::Result<&'static str> {
    if file.is_dir() {
        return Ok("a root directory has an executable /prover; an OCI layout has index.json and oci-layout");
    }
    Ok(match start_of(file, 4)? == b"\x7fELF" {
        true => {
            "build for x86_64-unknown-linux-gnu with -C target-feature=+crt-static, as `lemma program build --runtime linux-x86_64` \
             does, or bring a root directory with its libraries: `lemma program pack`"
        }
        false => {
            "`lemma program pack` makes what nodes take of a folder with /prover, an OCI layout or what `docker save` wrote"
        }
    })
}

/// The failure of a command that made an artifact which nodes would not take.
pub fn unusable(file: &Path, reason: &str) -> Failure {
    let hint = image_fix(file).unwrap_or_default().to_owned();
    Failure { code: Code::Usage, message: format!("{} is no program: {reason}", file.display()), hint }
}
