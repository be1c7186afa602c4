//! Where the node and its peers are, and how long it waits for them.

use crate::{
    config::{ConfigError, P2p, address},
    error::NodeError,
};
use ports::{Network, Pace, Peer};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use types::{Genesis, Params, genesis::PeerId};

/// The shortest time between two blocks on average that limits are made for.
const BLOCK_INTERVAL_MIN: Duration = Duration::from_millis(50);
/// How long a leader may be late beyond the interval of an idle network.
const LEADER_SLACK: Duration = Duration::from_millis(1_500);
/// How long a quorum may take beyond that.
const QUORUM_SLACK: Duration = Duration::from_secs(1);

pub(super) fn pace(params: &Params) -> Pace {
    let leader_timeout = Duration::from_millis(params.block_interval.0) + LEADER_SLACK;
    Pace {
        leader_timeout,
        certification_timeout: leader_timeout + QUORUM_SLACK,
        block_interval_min: BLOCK_INTERVAL_MIN,
    }
}

/// What the configuration says, and genesis where it says nothing.
pub(super) fn network(p2p: &P2p, genesis: &Genesis, me: PeerId) -> Result<Network, NodeError> {
    let own = genesis.validators.iter().find(|validator| validator.peer == me);
    let dialable = match (&p2p.dialable, own) {
        (Some(text), _) => address("p2p.dialable", text)?,
        (None, Some(own)) => address("the address in genesis", &own.address)?,
        (None, None) => return Err(ConfigError::Nowhere(me).into()),
    };
    let listen = match &p2p.listen {
        Some(text) => address("p2p.listen", text)?,
        None => SocketAddr::from((Ipv4Addr::UNSPECIFIED, dialable.port())),
    };
    Ok(Network {
        listen,
        dialable,
        bootstrappers: bootstrappers(p2p, genesis, me)?,
        secondary: p2p.secondary.iter().map(|peer| peer.0).collect(),
        allow_private: p2p.allow_private,
    })
}

fn bootstrappers(p2p: &P2p, genesis: &Genesis, me: PeerId) -> Result<Vec<(Peer, SocketAddr)>, ConfigError> {
    if let Some(given) = &p2p.bootstrappers {
        let resolved = given.iter().map(|it| Ok((it.peer.0, address("p2p.bootstrappers", &it.address)?)));
        return resolved.collect();
    }
    let others = genesis.validators.iter().filter(|validator| validator.peer != me);
    // A validator whose name cannot be resolved now is found through the others.
    let resolve = |text: &str| {
        address("the address in genesis", text)
            .inspect_err(|error| tracing::warn!(%error, "a validator is not dialed"))
            .ok()
    };
    Ok(others.filter_map(|other| Some((other.peer.0, resolve(&other.address)?))).collect())
}
