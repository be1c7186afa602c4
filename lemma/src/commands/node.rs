//! A node in this process.

use crate::{artifacts::BUILTIN, exit::Failure};
use clap::Args;
use node::http::LogControl;
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::AsyncReadExt as _,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// Start a node.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma node --config net/node-2/config.toml")]
pub struct Node {
    /// Its configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Stop as well when stdin closes: for a process that starts nodes and must not be outlived by them
    #[arg(long)]
    parent_pipe: bool,
}

impl Node {
    /// Does it, until it is interrupted.
    pub async fn run(self) -> anyhow::Result<()> {
        let wrong = |error: node::ConfigError| Failure::usage(error.to_string(), "`lemma genesis new` writes examples");
        let config = node::Config::load(&self.config).map_err(wrong)?;
        let log = listen_to_tracing(&config.log)?;
        let parent_pipe = self.parent_pipe;
        node::run(config, BUILTIN, Some(log), async move {
            tokio::select! {
                () = interrupted() => {}
                () = closed(), if parent_pipe => {}
            }
        })
        .await?;
        Ok(())
    }
}

/// What happens is told on stderr; `RUST_LOG` overrides what the configuration says of how much, and the operator both.
fn listen_to_tracing(log: &str) -> anyhow::Result<LogControl> {
    let wrong = |error| Failure::usage(format!("log = {log:?} makes no sense: {error}"), "try log = \"info\"");
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => filter,
        Err(_) => EnvFilter::try_new(log).map_err(wrong)?,
    };
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let told = told.with_filter_reloading();
    let handle = told.reload_handle();
    told.init();
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

/// Waits for Ctrl-C or SIGTERM. Where signals cannot be listened to, for ever.
pub async fn interrupted() {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

/// Waits until stdin closes. What comes in by it is not looked at.
async fn closed() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0; 256];
    while matches!(stdin.read(&mut bytes).await, Ok(1..)) {}
}
