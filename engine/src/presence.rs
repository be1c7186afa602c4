//! Who is connected: looked up once a second on a channel that never carries a message.

use crate::{
    chain::{PublicKey, Runtime},
    events::Events,
    status::Standing,
};
use commonware_p2p::{CheckedSender as _, Recipients, Sender};
use ports::{Event, Peer};
use std::time::Duration;

/// How often it is looked up.
const INTERVAL: Duration = Duration::from_secs(1);

/// Tells the member who is connected, at once and whenever it changes.
pub(crate) async fn watch<E: Runtime, S: Sender<PublicKey = PublicKey>>(
    runtime: E,
    mut sender: S,
    events: Events,
    standing: Standing,
) {
    let mut known: Option<Vec<Peer>> = None;
    loop {
        if let Ok(checked) = sender.check(Recipients::All) {
            let mut peers: Vec<Peer> = checked.recipients().iter().map(crate::block::peer).collect();
            peers.sort_unstable();
            if known.as_ref() != Some(&peers) {
                standing.connected(peers.len());
                events.announce(Event::Peers(peers.clone())).await;
                known = Some(peers);
            }
        }
        runtime.sleep(INTERVAL).await;
    }
}
