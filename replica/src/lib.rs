//! One member of the network as a value: what it does at each event, without async, I/O or a clock.
//!
//! [`Replica::step`] takes one [`ports::Event`] and answers with actions; everything it decides can be read top to bottom and
//! repeated from a seed. Its duties, a file each:
//!
//! - `mempool`: transactions that wait for a block
//! - `proposal`: what a leader puts into one
//! - `beacon`: signing final heights, recovering beacons
//! - `prover`: running what was drawn for this node, announcing proofs
//! - `verifier`: judging every proof
//! - `verdicts`: gathering verdicts until two thirds agree
//! - `blobs`: fetching and serving blobs
//! - `holds`: which blobs the store must keep
//! - `messages`: provers' messages until they take effect
//! - `early`: those that are ahead of this node's state
//! - `heartbeat`: being alive
//! - `offences`: what provers convict themselves of
//! - `sync`: finding out, at a start, which of these duties are open
//!
//! What a member must react to comes from the state: after each final block from the events that the block left there, after
//! a start from the live workloads. Messages of peers are hints until a signature and the state confirm them.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod admission;
mod beacon;
mod blobs;
mod chain;
mod early;
mod gossip;
mod heartbeat;
mod holds;
mod host;
mod journal;
mod mempool;
mod messages;
mod offences;
mod out;
mod proposal;
mod prover;
mod reads;
#[cfg(test)]
mod samples;
mod sets;
mod sync;
mod verdicts;
mod verifier;

use out::Out;
use ports::{Event, Member, Outbox};
use std::sync::Arc;
use types::{Genesis, Refusal, SecretKey, SignedVerdict, VerdictSecret, genesis::PeerId};
use verdicts::Taken;

/// The name of the timer that keeps a replica awake.
const TICK: u64 = 0;
/// The name of the timer that ends a leader's waiting.
const PROPOSE: u64 = 1;
/// How often a replica looks after what takes time, in milliseconds.
const TICK_MS: u64 = 200;

/// The keys of a node's prover.
#[derive(Clone, Debug)]
pub struct ProverKeys {
    /// Signs its messages.
    pub account: SecretKey,
    /// Signs its verdicts.
    pub verdict: VerdictSecret,
}

/// What a replica is made from.
#[derive(Clone, Debug)]
pub struct Config {
    /// What everybody agrees on.
    pub genesis: Arc<Genesis>,
    /// Its prover, if it has one.
    pub prover: Option<ProverKeys>,
}

/// One member of the network.
pub struct Replica {
    genesis: Arc<Genesis>,
    chain: chain::Chain,
    reads: reads::Reads,
    mempool: mempool::Mempool,
    messages: messages::Messages,
    beacons: beacon::Beacons,
    verdicts: verdicts::Verdicts,
    blobs: blobs::Blobs,
    proposal: proposal::Proposal,
    early: early::Early,
    heartbeats: heartbeat::Heartbeats,
    offences: offences::Offences,
    holds: holds::Holds,
    turns: Option<prover::Turns>,
    checks: Option<verifier::Checks>,
}

impl Replica {
    /// A member that has seen nothing yet: its first event is [`Event::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        let Config { genesis, prover } = config;
        let chain = genesis.chain();
        // Half of the verdict clock is spent looking for a proof before it is called unavailable.
        let patience_ms = genesis.params.verdict_window.0 >> 1;
        let heartbeats = heartbeat::Heartbeats::new(chain, prover.as_ref().map(|keys| keys.account.clone()));
        let turns = prover.as_ref().map(|keys| prover::Turns::new(chain, keys.account.clone()));
        let checks = prover.map(|keys| verifier::Checks::new(chain, keys.account.account(), keys.verdict, patience_ms));
        Self {
            chain: chain::Chain::new(chain),
            reads: reads::Reads::default(),
            mempool: mempool::Mempool::default(),
            messages: messages::Messages::default(),
            beacons: beacon::Beacons::new(chain, genesis.group_key),
            verdicts: verdicts::Verdicts::default(),
            blobs: blobs::Blobs::default(),
            proposal: proposal::Proposal::default(),
            early: early::Early::default(),
            heartbeats,
            offences: offences::Offences::default(),
            holds: holds::Holds::default(),
            turns,
            checks,
            genesis,
        }
    }

    fn event(&mut self, event: Event, out: &mut Out<'_>) {
        match event {
            Event::Start(start) => self.start(start, out),
            Event::Epoch { epoch, sharing, .. } => self.beacons.epoch(epoch, &sharing),
            Event::Final { height, hash, time_ms, leader, body, outcome } => {
                self.applied(chain::Applied { height, hash, time_ms, leader }, &body, outcome.as_deref(), out);
            }
            Event::Propose { token, height, ancestors, .. } => self.proposal.asked(token, height, &ancestors, out.now),
            Event::Message { from, channel, bytes } => self.message(PeerId(from), channel, &bytes, out),
            Event::Timer { id } => self.timer(id, out),
            Event::Loaded { token, values, .. } => self.loaded(token, values, out),
            Event::BeaconShare { height, epoch, share } => {
                self.beacons.own_share(types::Height(height), epoch, &share, out);
            }
            Event::Host(bytes) => self.host_event(&bytes, out),
            Event::Peers(peers) => self.blobs.peers(peers.into_iter().map(PeerId).collect()),
        }
    }

    fn timer(&mut self, id: u64, out: &mut Out<'_>) {
        if id == TICK {
            self.tick(out);
            out.wake(TICK, out.now.saturating_add(TICK_MS));
        }
    }

    fn tick(&mut self, out: &mut Out<'_>) {
        self.blobs.tick(out);
        self.messages.tick(out);
        self.mempool.tell_again(out);
        self.check_again(out);
        self.beacons.tell_again(out);
        self.beat(out);
        self.offences.tick(out.now);
        self.go_on(out);
    }

    /// Goes on with duties that may have got what they waited for.
    fn go_on(&mut self, out: &mut Out<'_>) {
        if let Some(turns) = &mut self.turns {
            turns.tick(&mut self.blobs, &mut self.messages, out);
        }
        let said = self.checks.as_mut().map(|checks| checks.tick(&mut self.blobs, out));
        for verdict in said.into_iter().flatten() {
            self.own_verdict(verdict, out);
        }
    }

    /// Takes in a verdict. When two thirds agree, the state is asked whether the chain waits for them.
    fn take_verdict(&mut self, signed: SignedVerdict, out: &mut Out<'_>) -> Result<(), Refusal> {
        let workload = signed.subject.workload;
        match self.verdicts.insert(signed, self.chain.id, &self.chain.sets, out)? {
            Taken::Kept => {}
            Taken::Agreed => self.look_at(workload, out),
            Taken::Contradiction(evidence) => {
                self.accuse(*evidence, out);
                return Err(Refusal::Repeated);
            }
        }
        Ok(())
    }

    fn own_verdict(&mut self, verdict: SignedVerdict, out: &mut Out<'_>) {
        // A refusal means that this node's prover is not in the set, or that the set was not read yet: then it is taken in
        // with the set.
        let _taken = self.take_verdict(verdict, out);
    }
}

impl Member for Replica {
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox) {
        let mut out = Out { now: now_ms, actions: outbox };
        self.event(event, &mut out);
        self.propose(&mut out);
    }
}
