//! A node in this process.

use crate::{artifacts::BUILTIN, exit::Failure};
use clap::{Args, ValueEnum};
use node::http::LogControl;
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::AsyncReadExt as _,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, reload, util::SubscriberInitExt as _};

/// Start a node.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma node --config net/node-2/config.toml\n  lemma node --config /etc/lemma/config.toml --log-format json"
)]
pub struct Node {
    /// Its configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Stop as well when stdin closes: for a process that starts nodes and must not be outlived by them
    #[arg(long)]
    parent_pipe: bool,
    /// How the log is written
    #[arg(long, value_enum, default_value_t, env = "LEMMA_LOG_FORMAT", hide_env_values = true)]
    log_format: LogFormat,
}

/// How a log is written, to stderr.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// An object in each line: timestamp, level, target, fields
    Json,
}

impl Node {
    /// Does it, until it is interrupted.
    pub async fn run(self) -> anyhow::Result<()> {
        let wrong = |error: node::ConfigError| Failure::usage(error.to_string(), "`lemma genesis new` writes examples");
        let config = node::Config::load(&self.config).map_err(wrong)?;
        let log = listen_to_tracing(&config.log, self.log_format)?;
        let parent_pipe = self.parent_pipe;
        // Listened to before the node starts: who ends it then has it end in order too.
        let interrupted = interrupted();
        node::run(config, BUILTIN, Some(log), async move {
            tokio::select! {
                () = interrupted => {}
                () = closed(), if parent_pipe => {}
            }
        })
        .await?;
        Ok(())
    }
}

/// What happens is told on stderr; `RUST_LOG` overrides what the configuration says of how much, and the operator both.
fn listen_to_tracing(log: &str, format: LogFormat) -> anyhow::Result<LogControl> {
    let wrong = |error| Failure::usage(format!("log = {log:?} makes no sense: {error}"), "try log = \"info\"");
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => filter,
        Err(_) => EnvFilter::try_new(log).map_err(wrong)?,
    };
    let (filter, handle) = reload::Layer::new(filter);
    let told = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let told = match format {
        LogFormat::Text => told.boxed(),
        LogFormat::Json => told.json().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(told).init();
    Ok(Arc::new(move |filter| {
        if let Some(filter) = filter {
            let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
            handle.reload(filter).map_err(|error| error.to_string())?;
        }
        handle.with_current(ToString::to_string).map_err(|error| error.to_string())
    }))
}

/// Ctrl-C or SIGTERM came before the end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Waits for Ctrl-C or SIGTERM, which are listened to from now on, not only once somebody waits. Where they cannot be, for ever.
pub fn interrupted() -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut term), Ok(mut int)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
}

/// Waits until stdin closes. What comes in by it is not looked at.
async fn closed() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0; 256];
    while matches!(stdin.read(&mut bytes).await, Ok(1..)) {}
}
