//! What a run would cost.

use super::Context;
use crate::units::{Mebibytes, Span};
use api::QuoteRequest;
use clap::Args;
use types::{ProgramId, Resources};

/// What a run asks for.
#[derive(Clone, Copy, Debug, Args)]
pub struct Needs {
    /// Processor cores
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Resources")]
    cpus: u32,
    /// Memory, such as 512MiB or 2GiB
    #[arg(long, default_value = "512MiB", value_name = "SIZE", help_heading = "Resources")]
    memory: Mebibytes,
    /// Disk, such as 1GiB
    #[arg(long, default_value = "0B", value_name = "SIZE", help_heading = "Resources")]
    disk: Mebibytes,
    /// The longest it may compute, such as 90s or 1h30m
    #[arg(long, default_value = "60s", value_name = "TIME", help_heading = "Resources")]
    max_time: Span,
}

impl Needs {
    /// As the protocol has it.
    #[must_use]
    pub const fn resources(&self) -> Resources {
        Resources { cpus: self.cpus, memory_mib: self.memory.0, disk_mib: self.disk.0, gpus: 0 }
    }

    /// The longest it may compute.
    #[must_use]
    pub const fn max_time(&self) -> types::Millis {
        self.max_time.0
    }
}

/// Ask what a run would cost.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma quote PROGRAM --cpus 2 --memory 2GiB --max-time 90s")]
pub struct Quote {
    /// The program
    program: ProgramId,
    #[command(flatten)]
    needs: Needs,
    /// Bytes of all inputs that are blobs
    #[arg(long, default_value_t = 0, value_name = "N")]
    blob_bytes: u64,
}

impl Quote {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = QuoteRequest {
            program: self.program,
            resources: self.needs.resources(),
            compute_max_ms: self.needs.max_time().0,
            blob_bytes: self.blob_bytes,
        };
        let quote = context.client()?.quote(&request).await?;
        context.out.result(&quote, text)
    }
}

fn text(quote: &api::Quote) -> String {
    let fee = &quote.fee;
    let mut lines = vec![
        format!(
            "{} LEM locked: {} for computing, {} for {} verdicts",
            fee.total, fee.compute, fee.verification, quote.set
        ),
        format!("{} LEM for the transaction, and more for inline inputs", quote.transaction_fee),
    ];
    lines.extend(quote.ends.iter().map(|end| {
        format!(
            "{} ({}): prover {}, verdicts {}, refunded {}, burned {}",
            end.state, end.reason, end.to_prover, end.to_verdicts, end.refunded, end.burned
        )
    }));
    lines.join("\n")
}
