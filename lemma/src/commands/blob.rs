//! Blobs.

use super::Context;
use crate::{output::Output, units::size};
use clap::Subcommand;
use client::Moved;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use types::{BlobId, limits::LARGE_BLOB_BYTES};

/// Store or fetch bytes by their BLAKE3 hash.
#[derive(Debug, Subcommand)]
pub enum Blob {
    /// Store a file; its name is what `b3sum` prints
    Put {
        /// The file
        file: PathBuf,
    },
    /// Fetch a blob and check its hash; one that was cut off goes on where it was
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
    size: u64,
    file: PathBuf,
}

impl Blob {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        match self {
            Self::Put { file } => {
                let stored = client.put_blob_file(&file, moved(context.out)).await?;
                context.out.result(&stored, |it| format!("{}\n{}", it.blob, size(it.size)))
            }
            Self::Get { blob, output } => {
                let bytes = client.blob_file(blob, &output, moved(context.out)).await?;
                let fetched = Fetched { blob, size: bytes, file: output };
                context.out.result(&fetched, |it| format!("{} in {}", size(it.size), it.file.display()))
            }
        }
    }
}

/// Tells how far a large blob is, at every tenth of it.
pub fn moved(out: Output) -> Moved {
    let told = AtomicU64::new(0);
    Arc::new(move |moved, all| {
        let tenth = moved.saturating_mul(10).checked_div(all).unwrap_or(10);
        if all >= LARGE_BLOB_BYTES && told.fetch_max(tenth, Ordering::Relaxed) < tenth {
            out.note(format_args!("{} of {}", size(moved), size(all)));
        }
    })
}
