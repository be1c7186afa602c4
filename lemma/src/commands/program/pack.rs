//! What people have, as an artifact: the same content gives the same bytes.

use super::check::{described, unusable};
use crate::{
    commands::Context,
    exit::Failure,
    output::{FAINT, styled},
    units::size,
};
use clap::Args;
use executor::FailReason;
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};
use types::BlobId;

/// Make a Linux prover's artifact of a folder, an OCI layout or what `docker save` wrote.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  docker save prover | gzip > image.tar.gz && lemma program pack image.tar.gz -o prover.tar\n  \
                  buildah push prover oci:layout && lemma program pack layout -o prover.tar\n  \
                  lemma program pack rootfs -o prover.tar      a root directory, whose program is /prover\n\n\
                  Layers are put together; times, owners and all that the program does not see are left out, so that the same \
                  content gives the same bytes and the same id. It is unpacked again by the code of a node before it is kept."
)]
pub struct Pack {
    /// A folder (root directory or OCI layout), or a tar of one, also packed by gzip or zstd
    #[arg(value_name = "FOLDER|FILE")]
    from: PathBuf,
    /// Where to write the artifact
    #[arg(short, long, value_name = "FILE", default_value = "prover.tar")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Packed {
    file: PathBuf,
    blob: BlobId,
    size: u64,
    command: Vec<String>,
    unpacked_bytes: u64,
    #[serde(skip)]
    what: String,
}

impl Pack {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<()> {
        if !self.from.exists() {
            return Err(Failure::usage(format!("there is no {}", self.from.display()), "check the path").into());
        }
        context.out.note(styled(FAINT, format_args!("unpacking {}", self.from.display())));
        // Beside its place, so that it can take it at once; what fails leaves nothing.
        let folder = self.output.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let scratch = tempfile::tempdir()?;
        let aside = tempfile::NamedTempFile::new_in(folder)?;
        let image =
            executor::native::pack(&self.from, aside.path(), scratch.path()).map_err(|reason| match reason {
                FailReason::BadModule(text) => anyhow::Error::from(unusable(&self.from, &text)),
                other => anyhow::anyhow!("{} could not be packed: {other}", self.from.display()),
            })?;
        let (blob, size_bytes) = client::name_of(aside.path())?;
        aside.persist(&self.output)?;
        readable(&self.output)?;
        let (what, file) = (described(&image), self.output.clone());
        let packed = Packed { file, blob, size: size_bytes, command: image.command, unpacked_bytes: image.bytes, what };
        context.out.result(&packed, |it| format!("{}\n{} {} ({})", it.blob, it.file.display(), size(it.size), it.what))
    }
}

/// A temporary file is its owner's alone.
fn readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}
