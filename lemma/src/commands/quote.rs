//! What a run would cost.

use super::Context;
use crate::{
    output::{STRONG, styled},
    units::{Mebibytes, Span},
};
use api::{Payout, QuoteRequest};
use clap::Args;
use types::{Amount, Millis, ProgramId, Resources, Runtimes};

/// What a run asks for.
#[derive(Clone, Copy, Debug, Default, Args, PartialEq, Eq)]
pub struct Needs {
    /// Processor cores; 1 unless told
    #[arg(long, value_name = "N", help_heading = "Resources")]
    pub cpus: Option<u32>,
    /// Memory, such as 2GiB; 512MiB unless told
    #[arg(long, value_name = "SIZE", help_heading = "Resources")]
    pub memory: Option<Mebibytes>,
    /// Disk, such as 1GiB; none unless told
    #[arg(long, value_name = "SIZE", help_heading = "Resources")]
    pub disk: Option<Mebibytes>,
    /// Graphics processors; none unless told
    #[arg(long, value_name = "N", help_heading = "Resources")]
    pub gpus: Option<u32>,
    /// The memory that each graphics processor has at least, in GiB
    #[arg(long, value_name = "GIB", requires = "gpus", help_heading = "Resources")]
    pub gpu_class: Option<u32>,
    /// The longest it may compute, such as 90s or 1h30m; 60s unless told
    #[arg(long, value_name = "TIME", help_heading = "Resources")]
    pub max_time: Option<Span>,
}

/// Memory of a run that does not say.
const MEMORY_MIB: u32 = 512;
/// Time of a run that does not say, in milliseconds.
const TIME_MS: u64 = 60_000;

impl Needs {
    /// As the protocol has it.
    #[must_use]
    pub fn resources(&self) -> Resources {
        Resources {
            memory_mib: self.memory.map_or(MEMORY_MIB, |memory| memory.0),
            disk_mib: self.disk.map_or(0, |disk| disk.0),
            cpus: self.cpus.unwrap_or(1),
            gpus: self.gpus.unwrap_or(0),
            gpu_class: self.gpu_class.unwrap_or(0),
            runtimes: Runtimes::NONE,
        }
    }

    /// The longest it may compute.
    #[must_use]
    pub fn max_time(&self) -> Millis {
        self.max_time.map_or(Millis(TIME_MS), |time| time.0)
    }

    /// What is not told here, as told there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            cpus: self.cpus.or(other.cpus),
            memory: self.memory.or(other.memory),
            disk: self.disk.or(other.disk),
            gpus: self.gpus.or(other.gpus),
            gpu_class: self.gpu_class.or(other.gpu_class),
            max_time: self.max_time.or(other.max_time),
        }
    }
}

/// Ask what a run would cost, and what comes back at each end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma quote PROGRAM --cpus 2 --memory 2GiB --max-time 90s\n  \
                  lemma quote PROGRAM --gpus 1 --gpu-class 24 --json | jq .ends")]
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
        format!("{} LEM at most in the next epoch: a --max-fee of that is still enough then", quote.next_epoch_max),
        String::new(),
    ];
    lines.extend(quote.ends.iter().flat_map(|end| [money(end), format!("  {}", end.when)]));
    lines.join("\n")
}

/// Where the money goes at one end, without what is zero.
fn money(end: &Payout) -> String {
    let parts = [
        (end.refunded, "back to you"),
        (end.to_prover, "to the prover"),
        (end.to_verdicts, "to the verdicts"),
        (end.burned, "burned"),
    ];
    let paid = parts.into_iter().filter(|(amount, _)| *amount != Amount::ZERO);
    let mut words: Vec<String> = paid.map(|(amount, whom)| format!("{amount} {whom}")).collect();
    if end.compensation != Amount::ZERO {
        words.push(format!("and {} to you of the bond", end.compensation));
    }
    format!("{} {}", styled(STRONG, format_args!("{} ({}):", end.state, end.reason)), words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::WorkloadState;

    #[test]
    fn an_end_is_told_without_what_is_nothing() {
        let end = Payout {
            state: WorkloadState::Failed,
            reason: "attempts-used".to_owned(),
            when: String::new(),
            to_prover: Amount::ZERO,
            to_verdicts: Amount::ZERO,
            refunded: Amount(500_000_000),
            burned: Amount(3_000_000_000),
            compensation: Amount(2_000_000_000),
        };
        let told = money(&end);
        assert!(told.ends_with("0.5 back to you, 3 burned, and 2 to you of the bond"), "{told}");
        assert!(told.contains("failed (attempts-used):"), "{told}");
    }
}
