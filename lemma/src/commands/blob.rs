//! Blobs.

use super::Context;
use crate::{files, units::size};
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;
use types::BlobId;

/// Store or fetch bytes by their BLAKE3 hash.
#[derive(Debug, Subcommand)]
pub enum Blob {
    /// Store a file; its name is what `b3sum` prints
    Put {
        /// The file
        file: PathBuf,
    },
    /// Fetch a blob and check its hash
    Get {
        /// Its name
        blob: BlobId,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

#[derive(Serialize)]
struct Fetched {
    blob: BlobId,
    size: usize,
    file: PathBuf,
}

impl Blob {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        match self {
            Self::Put { file } => {
                let stored = client.put_blob(files::read(&file)?.into()).await?;
                context.out.result(&stored, |it| format!("{}\n{}", it.blob, size(it.size)))
            }
            Self::Get { blob, output } => {
                let bytes = client.blob(blob).await?;
                std::fs::write(&output, &bytes)?;
                let fetched = Fetched { blob, size: bytes.len(), file: output };
                context.out.result(&fetched, |it| format!("{} in {}", size(it.size as u64), it.file.display()))
            }
        }
    }
}
