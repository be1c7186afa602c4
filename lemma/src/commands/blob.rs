//! Blobs.

use super::Context;
use crate::{
    life::left_ms,
    output::Output,
    units::{Span, size},
};
use clap::Subcommand;
use client::Moved;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use types::{BlobId, Millis, limits::LARGE_BLOB_BYTES};

/// Store or fetch bytes by their BLAKE3 hash.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  lemma blob put key.bin\n  lemma blob get BLOB -o key.bin")]
pub enum Blob {
    /// Store a file; its name is what `b3sum` prints
    #[command(after_help = "Example:\n  lemma blob put key.bin")]
    Put {
        /// The file
        file: PathBuf,
    },
    /// Fetch a blob and check its hash; one that was cut off goes on where it was
    #[command(after_help = "Example:\n  lemma blob get BLOB -o key.bin")]
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

/// Tells how far a large blob is and how long the rest takes: at every tenth of it, and between them where lines are written over.
pub fn moved(out: Output) -> Moved {
    let (began, first, told) = (Instant::now(), AtomicU64::new(u64::MAX), AtomicU64::new(0));
    Arc::new(move |moved, all| {
        if all < LARGE_BLOB_BYTES {
            return;
        }
        // What was there before this began took no time.
        let first = first.fetch_min(moved, Ordering::Relaxed).min(moved);
        let hundredth = moved.saturating_mul(100).checked_div(all).unwrap_or(100);
        let before = told.fetch_max(hundredth, Ordering::Relaxed);
        if before < hundredth {
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            out.passing(before / 10 < hundredth / 10, how_far(moved, all, moved - first, took));
        }
    })
}

fn how_far(moved: u64, all: u64, now: u64, took_ms: u64) -> String {
    let left = left_ms(took_ms, now, all.saturating_sub(moved)).filter(|left| *left > 0);
    let left = left.map_or(String::new(), |left| format!(", about {} left", Span(Millis(left))));
    format!("{} of {}{left}", size(moved), size(all))
}

#[cfg(test)]
mod tests {
    use super::how_far;

    #[test]
    fn what_is_left_is_told_by_what_was_moved_now() {
        const MIB: u64 = 1 << 20;
        assert_eq!(how_far(60 * MIB, 100 * MIB, 20 * MIB, 5_000), "60.0 MiB of 100.0 MiB, about 10.0 s left");
        assert_eq!(how_far(60 * MIB, 100 * MIB, 0, 5_000), "60.0 MiB of 100.0 MiB");
        assert_eq!(how_far(100 * MIB, 100 * MIB, 20 * MIB, 5_000), "100.0 MiB of 100.0 MiB");
    }
}
