//! The network as a node sees it: whether it answers, its peers, and this machine's clock against the chain's.

use super::Finding;
use crate::units::Span;
use api::Status;
use client::{Client, ClientError};
use std::time::SystemTime;
use types::Millis;

/// How far the chain's time may be ahead of this clock: members of the network tolerate little more.
const AHEAD_MAX_MS: u64 = 2_000;
/// How old the last block may be.
const AGE_MAX_MS: u64 = 60_000;

/// All checks of a node. One that is not started yet is no failure.
pub async fn all(address: &str, may_be_off: bool) -> anyhow::Result<Vec<Finding>> {
    let status = Client::new(address)?.status().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    Ok(match status {
        Ok(status) => vec![answers(address, &status), connected(status.peers), clock(now_ms, status.time_ms)],
        Err(error) => vec![silent(&error, may_be_off)],
    })
}

fn answers(address: &str, status: &Status) -> Finding {
    Finding::ok("node", format!("{address} answers: {} at height {}", status.name, status.height))
}

fn silent(error: &ClientError, may_be_off: bool) -> Finding {
    match error {
        ClientError::Unreachable { .. } if may_be_off => Finding::warn(
            "node",
            error.to_string(),
            "start it with `lemma node --config FILE`; clock and peers were not compared",
        ),
        _ => {
            Finding::fail("node", error.to_string(), "name one that runs with --node, or start one with `lemma devnet`")
        }
    }
}

fn connected(peers: u32) -> Finding {
    match peers {
        0 => Finding::fail(
            "peers",
            "the node has no peers",
            "check its p2p.dialable and firewall, and that others list its key",
        ),
        _ => Finding::ok("peers", format!("the node has {peers} peers")),
    }
}

/// The chain's time is that of its last block: what is behind is either the node or, for the other way round, this clock.
fn clock(now_ms: u64, chain_ms: u64) -> Finding {
    let (behind, ahead) = (now_ms.saturating_sub(chain_ms), chain_ms.saturating_sub(now_ms));
    if ahead > AHEAD_MAX_MS {
        let says = format!("this clock is {} behind the chain's time", Span(Millis(ahead)));
        return Finding::fail("clock", says, "set it: systemctl enable --now systemd-timesyncd, or chrony");
    }
    if behind > AGE_MAX_MS {
        let says = format!("the last block is {} old by this clock", Span(Millis(behind)));
        return Finding::warn(
            "clock",
            says,
            "the node has not caught up or the network stands still; else this clock is wrong",
        );
    }
    Finding::ok("clock", format!("the last block is {} old by this clock", Span(Millis(behind))))
}

#[cfg(test)]
mod tests {
    use super::{super::Level::*, *};

    #[test]
    fn a_clock_that_is_behind_fails() {
        let level = |now, chain| clock(now, chain).level;
        assert_eq!([level(10_000, 9_000), level(10_000, 11_000)], [Ok, Ok]);
        assert_eq!([level(10_000, 20_000), level(100_000, 1_000)], [Fail, Warn]);
    }

    #[test]
    fn a_node_without_peers_fails() {
        assert_eq!((connected(0).level, connected(1).level), (Fail, Ok));
    }

    #[tokio::test]
    async fn a_node_that_is_off_fails_unless_it_is_to_be_started() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address");
        let level = async |off| all(&format!("http://{free}"), off).await.expect("address")[0].level;
        assert_eq!((level(false).await, level(true).await), (Fail, Warn));
        assert!(all("nowhere", true).await.is_err());
    }
}
