//! One page of a list: newest first, after a place, of what fits all that is given.

use super::{Index, int, rows, whole};
use crate::feed::{Filter, Parties, Told};
use api::{BlockSummary, Event, Moment, Movement, Place, Problem, TransactionSummary, WorkloadState, WorkloadSummary};
use rusqlite::{Connection, Row, types::Value};
use std::sync::Arc;
use types::{AccountId, ProgramId, TxId, WorkloadId, genesis::PeerId};

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range {
    /// Only what is older than this place.
    pub before: Option<Place>,
    /// Of this height and above.
    pub from: Option<u64>,
    /// Of this height and below.
    pub to: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page goes on; none on the last.
    pub next: Option<Place>,
}

/// What the entries of a list are to fit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given<'a> {
    /// The sender, the deployer, or whose movements they are.
    pub account: Option<AccountId>,
    /// The program of a workload.
    pub program: Option<ProgramId>,
    /// The prover of a workload's last attempt.
    pub prover: Option<AccountId>,
    /// The state of a workload.
    pub state: Option<WorkloadState>,
    /// The kind of a transaction.
    pub kind: Option<&'a str>,
    /// The cause of a movement.
    pub cause: Option<&'a str>,
}

/// A question that is put together.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// `select` has its first two columns `height` and `number`.
    fn new(select: &str) -> Self {
        Self { sql: format!("{select} WHERE true"), values: Vec::new() }
    }

    fn given(mut self, condition: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.sql += &format!(" AND {condition}");
            self.values.push(value.into());
        }
        self
    }

    /// The newest in a range, and one more that says whether others follow.
    fn newest(mut self, range: Range) -> Self {
        self = self.given("l.height >= ?", range.from.map(int)).given("l.height <= ?", range.to.map(int));
        if let Some(Place { height, number }) = range.before {
            self.sql += " AND (l.height, l.number) < (?, ?)";
            self.values.extend([Value::from(int(height)), Value::from(i64::from(number))]);
        }
        self.sql += " ORDER BY l.height DESC, l.number DESC LIMIT ?";
        self.values.push(int(range.limit.saturating_add(1) as u64).into());
        self
    }

    fn all<T>(
        self,
        connection: &Connection,
        read: impl Fn(&Row<'_>, Place) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<(Place, T)>> {
        // Not kept prepared: what it may cost is counted over all that a statement ever did.
        let mut statement = connection.prepare(&self.sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(self.values), |row| {
            let place = Place { height: whole(row.get(0)?), number: row.get(1)? };
            Ok((place, read(row, place)?))
        })?;
        rows.collect()
    }
}

fn page<T>(mut entries: Vec<(Place, T)>, limit: usize) -> Page<T> {
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().map(|(place, _)| *place).filter(|_| more);
    Page { entries: entries.into_iter().map(|(_, entry)| entry).collect(), next }
}

fn blob(id: [u8; 32]) -> Vec<u8> {
    id.to_vec()
}

impl Index {
    /// Blocks.
    pub(crate) async fn blocks(
        self: &Arc<Self>,
        range: Range,
        leader: Option<PeerId>,
    ) -> Result<Page<BlockSummary>, Problem> {
        let query = Query::new("SELECT height, number, hash, time_ms, leader, transactions FROM blocks AS l")
            .given("l.leader = ?", leader.map(|id| blob(id.0)))
            .newest(range);
        let read = |row: &Row<'_>, place: Place| {
            Ok(BlockSummary {
                height: place.height,
                hash: hex::encode(row.get::<_, [u8; 32]>(2)?),
                time_ms: whole(row.get(3)?),
                leader: PeerId(row.get(4)?),
                transactions: whole(row.get(5)?),
                events: place.number.into(),
            })
        };
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// Transactions in blocks.
    pub(crate) async fn transactions(
        self: &Arc<Self>,
        range: Range,
        given: Given<'_>,
    ) -> Result<Page<TransactionSummary>, Problem> {
        let query = Query::new(
            "SELECT l.height, l.number, id, sender, kind, time_ms FROM transactions AS l JOIN blocks USING (height)",
        )
        .given("l.sender = ?", given.account.map(|id| blob(id.0)))
        .given("l.kind = ?", given.kind.map(str::to_owned))
        .newest(range);
        let read = |row: &Row<'_>, place: Place| {
            let included = Moment { height: place.height, time_ms: whole(row.get(5)?) };
            Ok(TransactionSummary {
                transaction: TxId(row.get(2)?),
                sender: AccountId(row.get(3)?),
                kind: row.get(4)?,
                included,
            })
        };
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// The block that a transaction is in.
    pub(crate) async fn included(self: &Arc<Self>, id: TxId) -> Result<Option<u64>, Problem> {
        let query = Query::new("SELECT height, number FROM transactions AS l").given("l.id = ?", Some(blob(id.0)));
        let found = self.ask(move |connection| query.all(connection, |_, place| Ok(place.height))).await?;
        Ok(found.first().map(|(_, height)| *height))
    }

    /// Workloads, by when they came in.
    pub(crate) async fn workloads(
        self: &Arc<Self>,
        range: Range,
        given: Given<'_>,
    ) -> Result<Page<WorkloadSummary>, Problem> {
        let query = Query::new(
            "SELECT l.height, l.number, id, sender, program, state, since, attempt, prover,
                (SELECT time_ms FROM blocks WHERE height = l.height), (SELECT time_ms FROM blocks WHERE height = since)
             FROM workloads AS l",
        )
        .given("l.sender = ?", given.account.map(|id| blob(id.0)))
        .given("l.program = ?", given.program.map(|id| blob(id.0)))
        .given("l.prover = ?", given.prover.map(|id| blob(id.0)))
        .given("l.state = ?", given.state.map(|state| state.word().to_owned()))
        .newest(range);
        let read = |row: &Row<'_>, place: Place| {
            let state: String = row.get(5)?;
            Ok(WorkloadSummary {
                workload: WorkloadId(row.get(2)?),
                sender: Some(AccountId(row.get(3)?)),
                program: row.get::<_, Option<[u8; 32]>>(4)?.map(ProgramId),
                created: Some(Moment { height: place.height, time_ms: whole(row.get(9)?) }),
                state: state.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
                since: Some(Moment { height: whole(row.get(6)?), time_ms: whole(row.get(10)?) }),
                attempt: row.get(7)?,
                prover: row.get::<_, Option<[u8; 32]>>(8)?.map(AccountId),
            })
        };
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// Programs that were deployed.
    pub(crate) async fn programs(
        self: &Arc<Self>,
        range: Range,
        deployer: Option<AccountId>,
    ) -> Result<Page<ProgramId>, Problem> {
        let query = Query::new("SELECT height, number, id FROM programs AS l")
            .given("l.deployer = ?", deployer.map(|id| blob(id.0)))
            .newest(range);
        let read = |row: &Row<'_>, _: Place| Ok(ProgramId(row.get(2)?));
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// Accounts, by when they were first heard of.
    pub(crate) async fn accounts(self: &Arc<Self>, range: Range) -> Result<Page<AccountId>, Problem> {
        let query = Query::new("SELECT height, number, id FROM accounts AS l").newest(range);
        let read = |row: &Row<'_>, _: Place| Ok(AccountId(row.get(2)?));
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// How the money of an account moved.
    pub(crate) async fn movements(self: &Arc<Self>, range: Range, given: Given<'_>) -> Result<Page<Movement>, Problem> {
        let query =
            Query::new("SELECT l.height, l.number, movement, time_ms FROM movements AS l JOIN blocks USING (height)")
                .given("l.account = ?", given.account.map(|id| blob(id.0)))
                .given("l.cause = ?", given.cause.map(str::to_owned))
                .newest(range);
        let read = |row: &Row<'_>, place: Place| {
            let bytes: Vec<u8> = row.get(2)?;
            rows::movement(&bytes, place, whole(row.get(3)?)).ok_or(rusqlite::Error::InvalidQuery)
        };
        self.ask(move |connection| Ok(page(query.all(connection, read)?, range.limit))).await
    }

    /// What a block did, without the block itself. None if it is not known.
    pub(crate) async fn events(self: &Arc<Self>, height: u64) -> Result<Option<Vec<Event>>, Problem> {
        let span = self.span();
        if height < span.since || height > span.height {
            return Ok(None);
        }
        let query =
            Query::new("SELECT height, number, event FROM events AS l").given("l.height = ?", Some(int(height)));
        let mut all = self.ask(move |connection| query.all(connection, |row, _| event(row))).await?;
        all.pop();
        Ok(Some(all.into_iter().map(|(_, event)| event).collect()))
    }

    /// The first `limit` events after a place and before another, oldest first, that somebody wants. None where not all of them
    /// are known.
    pub(crate) async fn told(
        self: &Arc<Self>,
        after: Place,
        until: Option<Place>,
        filter: Filter,
        limit: usize,
    ) -> Result<Option<Vec<Told>>, Problem> {
        let span = self.span();
        let last = until.map_or(span.height, |until| until.height.saturating_sub(u64::from(until.number == 0)));
        if after.height < span.since.saturating_sub(1) || last > span.height {
            return Ok(None);
        }
        let until = until.unwrap_or(Place { height: u64::MAX, number: 0 });
        let mut query = Query::new("SELECT height, number, event, sender, prover FROM events AS l")
            .given("l.workload = ?", filter.workload.map(|id| blob(id.0)))
            .given("l.sender = ?", filter.account.map(|id| blob(id.0)))
            .given("l.prover = ?", filter.prover.map(|id| blob(id.0)));
        query.sql += " AND (l.height, l.number) > (?, ?) AND (l.height, l.number) < (?, ?)
             ORDER BY l.height, l.number LIMIT ?";
        let places = [after, until].map(|place| [int(place.height), i64::from(place.number)]);
        query.values.extend(places.into_iter().flatten().map(Value::from));
        query.values.push(int(limit as u64).into());
        let read = |row: &Row<'_>, place: Place| {
            let party = |column: usize| row.get(column).map(|id: Option<[u8; 32]>| id.map(AccountId));
            let parties = Parties { sender: party(3)?, prover: party(4)? };
            Ok(Told { place: Some(place), event: event(row)?, parties })
        };
        let all = self.ask(move |connection| query.all(connection, read)).await?;
        Ok(Some(all.into_iter().map(|(_, told)| told).collect()))
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let text: String = row.get(2)?;
    serde_json::from_str(&text).map_err(|_| rusqlite::Error::InvalidQuery)
}
