//! What one final block adds to the index.

use super::int;
use api::{Event, Movement, Place, cause};
use ports::{Block, Header};
use rusqlite::{Transaction, params};
use types::{
    AccountId, Body, Call, ChainEvent, ProgramId, TxId, codec, event::Outcome, genesis::PeerId, host::Notice, record,
    workload,
};

/// A block as the index keeps it.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) height: u64,
    time_ms: u64,
    hash: [u8; 32],
    leader: PeerId,
    transactions: Vec<Signed>,
    outcome: Outcome,
    movements: Vec<record::Movement>,
}

#[derive(Debug)]
struct Signed {
    id: TxId,
    sender: AccountId,
    kind: &'static str,
    program: Option<ProgramId>,
}

impl Rows {
    /// A block with what it left in the state. None if it cannot be read.
    pub(super) fn new(block: &Block, outcome: Outcome, movements: Vec<record::Movement>) -> Option<Self> {
        let header = Header::decode(&block.header).ok()?;
        let body = Body::decode(&block.body).ok()?;
        let signed = |it: &types::transaction::SignedTransaction| Signed {
            id: it.value.id(),
            sender: it.value.sender,
            kind: it.value.call.kind(),
            program: match &it.value.call {
                Call::Run(run) => Some(run.program),
                Call::Deploy(program) => Some(program.id()),
                _ => None,
            },
        };
        Some(Self {
            height: header.height,
            time_ms: header.time_ms,
            hash: block.hash,
            leader: PeerId(header.leader),
            transactions: body.transactions.iter().map(signed).collect(),
            outcome,
            movements,
        })
    }

    /// Writes all of it.
    pub(super) fn write(&self, to: &Transaction<'_>) -> rusqlite::Result<()> {
        self.write_block(to)?;
        for (number, it) in (0_i64..).zip(&self.transactions) {
            let mut insert = to.prepare_cached("INSERT INTO transactions VALUES (?, ?, ?, ?, ?)")?;
            insert.execute(params![int(self.height), number, it.id.0, it.sender.0, it.kind])?;
        }
        for (number, movement) in (0_i64..).zip(&self.movements) {
            let mut insert = to.prepare_cached("INSERT INTO movements VALUES (?, ?, ?, ?, ?)")?;
            let encoded = codec::encode(movement);
            insert.execute(params![int(self.height), number, movement.account.0, cause(movement.cause), encoded])?;
        }
        self.write_accounts(to)?;
        self.write_events(to)?;
        to.prepare_cached("UPDATE about SET height = ?")?.execute([int(self.height)])?;
        Ok(())
    }

    fn write_block(&self, to: &Transaction<'_>) -> rusqlite::Result<()> {
        let (height, time_ms, leader) = (int(self.height), int(self.time_ms), self.leader.0);
        let (events, transactions) = (self.outcome.events.len() as i64, self.transactions.len() as i64);
        let mut insert = to.prepare_cached("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)")?;
        insert.execute(params![height, events, self.hash, time_ms, leader, transactions])?;
        Ok(())
    }

    /// Whoever signed something or had money moved.
    fn write_accounts(&self, to: &Transaction<'_>) -> rusqlite::Result<()> {
        let heard = self.transactions.iter().map(|it| it.sender).chain(self.movements.iter().map(|it| it.account));
        for (number, account) in (0_i64..).zip(heard) {
            let mut insert = to.prepare_cached("INSERT OR IGNORE INTO accounts VALUES (?, ?, ?)")?;
            insert.execute(params![int(self.height), number, account.0])?;
        }
        Ok(())
    }

    fn write_events(&self, to: &Transaction<'_>) -> rusqlite::Result<()> {
        for (number, event) in (0_i64..).zip(&self.outcome.events) {
            self.apply(to, number, event)?;
        }
        let notice = Notice::Final {
            height: self.height,
            hash: self.hash,
            time_ms: self.time_ms,
            leader: self.leader,
            transactions: self.transactions.iter().map(|it| it.id).collect(),
            outcome: self.outcome.clone(),
        };
        for (number, event) in (0_i64..).zip(Event::of(&notice)) {
            let mut parties = to.prepare_cached(
                "INSERT INTO events SELECT ?1, ?2, ?3, coalesce(?4, max(sender)), coalesce(?5, max(prover)), ?6
                 FROM workloads WHERE id = ?3",
            )?;
            let workload = event.workload.map(|id| id.0);
            let (sender, prover) = (event.sender.map(|id| id.0), event.prover.map(|id| id.0));
            let text = serde_json::to_string(&event).unwrap_or_default();
            parties.execute(params![int(self.height), number, workload, sender, prover, text])?;
        }
        Ok(())
    }

    /// What an event changes of programs and workloads.
    fn apply(&self, to: &Transaction<'_>, number: i64, event: &ChainEvent) -> rusqlite::Result<()> {
        let height = int(self.height);
        let set = |state: workload::State| -> rusqlite::Result<()> {
            let Some(workload) = event.workload() else { return Ok(()) };
            let mut update = to.prepare_cached("UPDATE workloads SET state = ?, since = ? WHERE id = ?")?;
            update.execute(params![state.word(), height, workload.0])?;
            Ok(())
        };
        match event {
            ChainEvent::Deployed { program } => {
                let deployer = self.transactions.iter().find(|it| it.program == Some(*program) && it.kind == "deploy");
                let mut insert = to.prepare_cached("INSERT OR IGNORE INTO programs VALUES (?, ?, ?, ?)")?;
                insert.execute(params![height, number, program.0, deployer.map(|it| it.sender.0)])?;
            }
            ChainEvent::Queued { workload, sender } => {
                let run = self.transactions.iter().find(|it| it.id.0 == workload.0);
                let program = run.and_then(|it| it.program).map(|program| program.0);
                let mut insert =
                    to.prepare_cached("INSERT OR IGNORE INTO workloads VALUES (?, ?, ?, ?, ?, 'queued', ?, 0, NULL)")?;
                insert.execute(params![height, number, workload.0, sender.0, program, height])?;
            }
            ChainEvent::Allocated { workload, attempt, prover } => {
                let mut update = to.prepare_cached("UPDATE workloads SET attempt = ?, prover = ? WHERE id = ?")?;
                update.execute(params![attempt, prover.0, workload.0])?;
                set(workload::State::Allocated)?;
            }
            ChainEvent::Accepted { .. } => set(workload::State::Proving)?,
            ChainEvent::Proved { .. } => set(workload::State::Proved)?,
            // Queued again, unless the end follows, which then says so.
            ChainEvent::AttemptEnded { .. } => set(workload::State::Queued)?,
            ChainEvent::Ended { state, .. } => set(*state)?,
            ChainEvent::BeaconWanted
            | ChainEvent::Drawn { .. }
            | ChainEvent::Renewed { .. }
            | ChainEvent::Epoch { .. }
            | ChainEvent::Tested { .. }
            | ChainEvent::Slashed { .. }
            | ChainEvent::Jailed { .. } => {}
        }
        Ok(())
    }
}

/// Reads back a movement that was written.
pub(super) fn movement(bytes: &[u8], place: Place, time_ms: u64) -> Option<Movement> {
    let movement: record::Movement = codec::decode(bytes, bytes.len()).ok()?;
    Some(Movement::new(&movement, place.height, time_ms, place.number))
}
