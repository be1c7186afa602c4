//! The simulated network: every pair of nodes has a link each way.

use crate::plan::{Link, Plan};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Manager as _, simulated};
use commonware_runtime::{Supervisor as _, deterministic};
use commonware_utils::{NZUsize, Probability, ordered::Set};
use engine::channels;
use std::num::NonZeroUsize;

pub(crate) type Oracle = simulated::Oracle<PublicKey, deterministic::Context>;
pub(crate) type Channel = (simulated::Sender<PublicKey, deterministic::Context>, simulated::Receiver<PublicKey>);

/// The network of a plan.
pub(crate) struct Net {
    pub(crate) oracle: Oracle,
    keys: Vec<PublicKey>,
    link: Link,
}

impl Net {
    /// Starts the network with all its links.
    pub(crate) async fn start(
        context: &deterministic::Context,
        plan: &Plan,
        keys: Vec<PublicKey>,
        body_bytes_max: usize,
    ) -> Self {
        let (network, oracle) = simulated::Network::new(
            context.child("network"),
            simulated::Config {
                max_size: channels::message_bytes_max(body_bytes_max),
                max_peers_per_set: NonZeroUsize::new(keys.len()).unwrap_or(NonZeroUsize::MIN),
                disconnect_on_block: true,
                tracked_peer_sets: NZUsize!(3),
            },
        );
        network.start();
        oracle.manager().track(0, Set::from_iter_dedup(keys.iter().cloned()));
        let net = Self { oracle, keys, link: plan.link };
        net.heal().await;
        net
    }

    /// The channels of a node that starts.
    pub(crate) async fn channels(&self, plan: &Plan, node: usize) -> [Channel; channels::COUNT] {
        let control = self.oracle.control(self.keys[node].clone());
        let mut registered = Vec::with_capacity(channels::COUNT);
        for (id, quota) in channels::quotas(&plan.pace) {
            registered.push(control.register(id, quota).await.expect("the network runs"));
        }
        registered.try_into().unwrap_or_else(|_| unreachable!("one for each quota"))
    }

    /// Makes all links as the plan has them.
    pub(crate) async fn heal(&self) {
        for from in 0..self.keys.len() {
            for to in (0..self.keys.len()).filter(|to| *to != from) {
                self.set(from, to, Some(self.link)).await;
            }
        }
    }

    /// Changes links both ways.
    pub(crate) async fn change(&self, between: &[(usize, usize)], link: Option<Link>) {
        for (a, b) in between {
            self.set(*a, *b, link).await;
            self.set(*b, *a, link).await;
        }
    }

    async fn set(&self, from: usize, to: usize, link: Option<Link>) {
        let (from, to) = (self.keys[from].clone(), self.keys[to].clone());
        let _ = self.oracle.remove_link(from.clone(), to.clone()).await;
        if let Some(link) = link {
            self.oracle.add_link(from, to, simulate(link)).await.expect("the pair has no link");
        }
    }
}

fn simulate(link: Link) -> simulated::Link {
    let kept = 100 - u64::from(link.loss_percent.min(100));
    simulated::Link {
        latency: link.latency,
        jitter: link.jitter,
        success_rate: Probability::new(kept, 100).expect("at most one"),
    }
}
