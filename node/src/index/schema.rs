//! The tables, and whether a file holds them.

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, params};
use std::{path::Path, time::Duration};
use types::{AccountId, ChainId};

/// Rises with every change of the tables or of what is written into them: an older file is built anew.
const VERSION: i64 = 1;
/// How long a reader waits while the writer makes room in the log.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Every list has an index for each of its filters, in the order in which it is read.
const TABLES: &str = "
    CREATE TABLE about (chain BLOB NOT NULL, since INTEGER NOT NULL, height INTEGER NOT NULL);
    CREATE TABLE blocks (height INTEGER PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL, time_ms INTEGER NOT NULL,
        leader BLOB NOT NULL, transactions INTEGER NOT NULL);
    CREATE INDEX blocks_of_leader ON blocks (leader, height);
    CREATE TABLE events (height INTEGER, number INTEGER, workload BLOB, sender BLOB, prover BLOB, event TEXT NOT NULL,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE INDEX events_of_workload ON events (workload, height, number) WHERE workload IS NOT NULL;
    CREATE INDEX events_of_sender ON events (sender, height, number) WHERE sender IS NOT NULL;
    CREATE INDEX events_of_prover ON events (prover, height, number) WHERE prover IS NOT NULL;
    CREATE TABLE transactions (height INTEGER, number INTEGER, id BLOB NOT NULL UNIQUE, sender BLOB NOT NULL, kind TEXT NOT NULL,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE INDEX transactions_of_sender ON transactions (sender, height, number);
    CREATE INDEX transactions_of_kind ON transactions (kind, height, number);
    CREATE INDEX transactions_of_sender_and_kind ON transactions (sender, kind, height, number);
    CREATE TABLE workloads (height INTEGER, number INTEGER, id BLOB NOT NULL UNIQUE, sender BLOB NOT NULL, program BLOB,
        state TEXT NOT NULL, since INTEGER NOT NULL, attempt INTEGER NOT NULL, prover BLOB,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE INDEX workloads_of_sender ON workloads (sender, height, number);
    CREATE INDEX workloads_of_program ON workloads (program, height, number);
    CREATE INDEX workloads_of_state ON workloads (state, height, number);
    CREATE INDEX workloads_of_prover ON workloads (prover, height, number);
    CREATE TABLE programs (height INTEGER, number INTEGER, id BLOB NOT NULL UNIQUE, deployer BLOB,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE INDEX programs_of_deployer ON programs (deployer, height, number);
    CREATE TABLE accounts (height INTEGER, number INTEGER, id BLOB NOT NULL UNIQUE,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE TABLE movements (height INTEGER, number INTEGER, account BLOB NOT NULL, cause TEXT NOT NULL, movement BLOB NOT NULL,
        PRIMARY KEY (height, number)) WITHOUT ROWID;
    CREATE INDEX movements_of_account ON movements (account, height, number);
    CREATE INDEX movements_of_cause ON movements (account, cause, height, number);
";

/// Opens a file for the writer, with the tables of this chain in it. What it holds otherwise is of no use.
pub(super) fn open(path: &Path, chain: ChainId, first: &[AccountId]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A crash of the machine may cost the last blocks: they are read again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    if !is_ours(&connection, chain)? {
        let transaction = connection.transaction()?;
        make(&transaction, chain, first)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// Opens a file for a reader.
pub(super) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Whether the tables are there. An error where they are others, or another chain's.
fn is_ours(connection: &Connection, chain: ChainId) -> rusqlite::Result<bool> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(false);
    }
    let known: Option<Vec<u8>> = if version == VERSION {
        connection.query_row("SELECT chain FROM about", [], |row| row.get(0)).optional()?
    } else {
        None
    };
    if known.as_deref() == Some(&chain.0) { Ok(true) } else { Err(rusqlite::Error::InvalidQuery) }
}

fn make(transaction: &Transaction<'_>, chain: ChainId, first: &[AccountId]) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute("INSERT INTO about VALUES (?, 1, 0)", params![chain.0])?;
    for (number, account) in (0_i64..).zip(first) {
        transaction.execute("INSERT INTO accounts VALUES (0, ?, ?)", params![number, account.0])?;
    }
    Ok(())
}
