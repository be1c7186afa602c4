//! The blocks that are measured, each of one kind of entry.

use crate::{
    chain::STEP_MS,
    network::Network,
    open::{ALL, Amounts, Open, SMALL, Wait, bundle},
};
use anyhow::{Context, Result};
use bytes::Bytes;
use ports::Key;
use rand::{rngs::StdRng, seq::index};
use types::{
    Amount, BlobId, Body, Call, Height, List, ProverAction, ProverMessage, Text, Transaction,
    block::BeaconEntry,
    message::{Fail, FailKind, SignedProverMessage},
    sign::Signed,
    state_key,
    transaction::SignedTransaction,
};

/// The first height whose beacon is wanted: that of the first block after the records were written.
const DRAWN: Height = Height(2);

/// What a measured block consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No block: records read and written in the store, without the ledger.
    Store,
    /// Nothing: what every block costs. It fixes draws, as every block does while workloads wait.
    Idle,
    /// Transfers.
    Transfer,
    /// Runs.
    Run,
    /// Accepts.
    Accept,
    /// Fails.
    Fail,
    /// Announcements.
    Announce,
    /// Settlements by the small verdict set.
    SettleSmall,
    /// Settlements by all provers.
    SettleAll,
    /// A beacon, with the draws that it decides.
    Draw,
    /// Workloads that expire.
    Expire,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Store,
        Self::Idle,
        Self::Transfer,
        Self::Run,
        Self::Accept,
        Self::Fail,
        Self::Announce,
        Self::SettleSmall,
        Self::SettleAll,
        Self::Draw,
        Self::Expire,
    ];

    /// What is counted.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "record (store alone)",
            Self::Idle => "block without entries",
            Self::Transfer => "transfer",
            Self::Run => "run",
            Self::Accept => "accept",
            Self::Fail => "fail",
            Self::Announce => "announcement",
            Self::SettleSmall => "settlement, set of 4",
            Self::SettleAll => "settlement, set of 64",
            Self::Draw => "draw",
            Self::Expire => "expiry",
        }
    }

    /// Whether there are signatures in it, so that checking them makes a difference.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        !matches!(self, Self::Store | Self::Idle | Self::Expire)
    }
}

/// What is timed.
pub enum Work {
    /// A block is executed, so much later than its parent, and its changes are written.
    Execute {
        /// Its body.
        body: Bytes,
        /// How much later, in milliseconds of chain time.
        step_ms: u64,
    },
    /// Records are read and written.
    Touch(Vec<Key>),
}

/// A block to be measured.
pub struct Block {
    /// What is timed.
    pub work: Work,
    /// How many times what is counted happens in it.
    pub entries: usize,
}

/// Makes blocks for chains of one size.
pub struct Blocks<'a> {
    /// The network.
    pub network: &'a Network,
    /// The workloads that blocks are about.
    pub open: &'a [Open],
    /// How many entries a block has.
    pub amounts: Amounts,
    /// How many accounts there are.
    pub size: usize,
}

impl Blocks<'_> {
    /// A block of one kind, its entries picked by `rng`.
    ///
    /// # Errors
    /// When the chain is too small for it.
    pub fn make(&self, kind: Kind, rng: &mut StdRng) -> Result<Block> {
        let amounts = &self.amounts;
        match kind {
            Kind::Store => Ok(self.touch(rng)),
            Kind::Idle => block(Body::default(), 1),
            Kind::Transfer => self.transactions(amounts.transfers, rng, |blocks, to| Call::Transfer {
                to: blocks.network.account(to),
                amount: Amount(1000),
            }),
            Kind::Run => self.transactions(amounts.runs, rng, |blocks, _| Call::Run(blocks.network.run())),
            Kind::Accept => self.messages(Wait::Accept, rng, |_| ProverAction::Accept),
            Kind::Fail => self.messages(Wait::Announcement, rng, |_| ProverAction::Fail(fail())),
            Kind::Announce => self.messages(Wait::Announcement, rng, announce),
            Kind::SettleSmall => self.settlements(SMALL, rng),
            Kind::SettleAll => self.settlements(ALL, rng),
            Kind::Draw => self.draw(),
            Kind::Expire => self.expire(),
        }
    }

    fn touch(&self, rng: &mut StdRng) -> Block {
        let some = index::sample(rng, self.size, self.amounts.transfers.min(self.size));
        let keys: Vec<Key> = some.iter().map(|index| state_key::account(self.network.account(index))).collect();
        Block { entries: keys.len(), work: Work::Touch(keys) }
    }

    /// Transactions of different senders, each with another account.
    fn transactions(&self, count: usize, rng: &mut StdRng, call: impl Fn(&Self, usize) -> Call) -> Result<Block> {
        let senders = index::sample(rng, self.network.signers(self.size), count);
        let others = index::sample(rng, self.size, count);
        let pairs = senders.iter().zip(others.iter());
        let transactions = pairs.map(|(sender, other)| self.sign(sender, call(self, other))).collect::<Result<_>>()?;
        block(Body { transactions: List::new(transactions)?, ..Body::default() }, count)
    }

    fn sign(&self, sender: usize, call: Call) -> Result<SignedTransaction> {
        let transaction = Transaction {
            chain: self.network.chain(),
            sender: self.network.account(sender),
            nonce: 0,
            fee_limit: Amount(1_000_000_000),
            valid_until: Height(100),
            call,
        };
        Ok(Signed::new(transaction, self.network.secret(sender)?))
    }

    fn messages(&self, wait: Wait, rng: &mut StdRng, action: impl Fn(&Open) -> ProverAction) -> Result<Block> {
        let count = self.amounts.messages;
        let some = self.pick(wait, count, rng);
        let messages = some.into_iter().map(|open| self.message(open, action(open))).collect();
        block(Body { messages: List::new(messages)?, ..Body::default() }, count)
    }

    fn message(&self, open: &Open, action: ProverAction) -> SignedProverMessage {
        let prover = &self.network.provers[open.prover];
        let (chain, account) = (self.network.chain(), prover.account);
        let message = ProverMessage { chain, prover: account, workload: open.id, attempt: 1, action };
        Signed::new(message, &prover.secret)
    }

    fn settlements(&self, set: u64, rng: &mut StdRng) -> Result<Block> {
        let count = self.amounts.settlements;
        let some = self.pick(Wait::Verdicts(set), count, rng);
        let settlements = some.into_iter().map(|open| open.settlement.clone().context("nothing to settle"));
        let settlements = List::new(settlements.collect::<Result<_>>()?)?;
        block(Body { settlements, ..Body::default() }, count)
    }

    /// So many of the workloads that wait for something.
    fn pick(&self, wait: Wait, count: usize, rng: &mut StdRng) -> Vec<&Open> {
        let waiting: Vec<&Open> = self.open.iter().filter(|open| open.wait == wait).collect();
        index::sample(rng, waiting.len(), count).iter().map(|index| waiting[index]).collect()
    }

    fn draw(&self) -> Result<Block> {
        let beacon = self.network.group.sign(self.network.chain(), DRAWN);
        let beacons = List::new(vec![BeaconEntry { height: DRAWN, beacon }])?;
        let draws = self.network.ledger.genesis().params.draws_per_block;
        block(Body { beacons, ..Body::default() }, usize::try_from(draws)?)
    }

    /// A block so late that what expires first does.
    fn expire(&self) -> Result<Block> {
        let step_ms = self.network.ledger.genesis().params.step_max.0;
        let work = Work::Execute { body: Body::default().encode().into(), step_ms };
        Ok(Block { work, entries: self.amounts.due })
    }
}

fn block(body: Body, entries: usize) -> Result<Block> {
    Ok(Block { work: Work::Execute { body: body.encode().into(), step_ms: STEP_MS }, entries })
}

fn fail() -> Fail {
    Fail { kind: FailKind::Exit, reason: Text::truncated("exit 1"), log: None }
}

fn announce(open: &Open) -> ProverAction {
    let bundle = bundle(open.id);
    ProverAction::Announce { proof: BlobId::of(&bundle), size: bundle.len() as u64 }
}
