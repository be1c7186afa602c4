//! Samples: every kind of block on every chain, in turns, so that whatever else the machine does hits all sizes alike.

use crate::{
    block::{Blocks, Kind},
    chain::Chain,
    network::Network,
    open::{Amounts, open},
    report::{Report, Row},
};
use anyhow::{Result, ensure};
use ports::Mode;
use rand::{SeedableRng, rngs::StdRng};

/// Rounds that are thrown away: they warm up caches and the machine's clock.
const WARM_UP: usize = 2;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Accounts and open workloads of each chain; costs are compared with those of the first.
    pub sizes: Vec<usize>,
    /// Samples of each figure.
    pub samples: usize,
    /// How many entries a block has.
    pub amounts: Amounts,
}

/// One figure: what it is of, and its samples.
struct Series {
    kind: Kind,
    mode: Mode,
    chain: usize,
    entries: usize,
    seconds: Vec<f64>,
}

/// Builds the chains and measures everything. `tell` learns how far it is.
///
/// # Errors
/// When a chain is too small for the amounts, or the ledger refuses a block.
pub fn measure(options: &Options, tell: &mut dyn FnMut(&str)) -> Result<Report> {
    ensure!(options.samples > 0, "no samples");
    let network = Network::new()?;
    let open = open(&network, &options.amounts)?;
    let mut chains = Vec::new();
    for size in &options.sizes {
        tell(&format!("writing {size} accounts and open workloads"));
        chains.push(Chain::new(&network, &open, *size)?);
    }
    let mut series = series(chains.len());
    for round in 0..WARM_UP + options.samples {
        tell(&format!("round {} of {}", round + 1, WARM_UP + options.samples));
        for series in &mut series {
            let (chain, amounts) = (&mut chains[series.chain], options.amounts);
            let blocks = Blocks { network: &network, open: &open, amounts, size: chain.size };
            let block = blocks.make(series.kind, &mut StdRng::seed_from_u64(round as u64))?;
            let took = chain.time(&network, &block, series.mode)?.as_secs_f64();
            series.entries = block.entries;
            if round >= WARM_UP {
                series.seconds.push(took / block.entries as f64);
            }
        }
    }
    Ok(Report::new(options, series.into_iter().map(|series| row(series, &options.sizes)).collect()))
}

/// All figures, the sizes of one kind next to each other.
fn series(chains: usize) -> Vec<Series> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let modes: &[Mode] = if kind.is_signed() { &[Mode::Candidate, Mode::Final] } else { &[Mode::Final] };
        for mode in modes {
            let of = |chain| Series { kind, mode: *mode, chain, entries: 0, seconds: Vec::new() };
            all.extend((0..chains).map(of));
        }
    }
    all
}

fn row(series: Series, sizes: &[usize]) -> Row {
    let Series { kind, mode, chain, entries, seconds } = series;
    let signatures = kind.is_signed().then_some(mode == Mode::Candidate);
    Row::new(kind, signatures, sizes[chain], entries, seconds)
}
