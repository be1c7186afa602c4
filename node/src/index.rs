//! The query index: what lists and streams that resume are answered from. A SQLite file that is written from final blocks.
//!
//! | file | what it does |
//! | --- | --- |
//! | `schema` | the tables |
//! | `follow` | reads final blocks and what they left in the state, and has them written |
//! | `replay` | executes old blocks again, whose effects the state has forgotten |
//! | `rows` | what one block adds |
//! | `lists` | one page of a list |
//!
//! Nothing but answers depends on it, and nothing waits for it: it may lag, and a file that is missing, damaged or of another
//! version is built anew from the chain.

mod follow;
mod lists;
mod replay;
mod rows;
mod schema;

pub use follow::follow_index;
pub(crate) use lists::{Given, Range};

use api::{Problem, problem};
use rows::Rows;
use rusqlite::{Connection, ErrorCode};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, watch};
use types::{AccountId, ChainId};

/// Readers at once; more wait.
const READERS: usize = 4;
/// How much one question may cost, in instructions of SQLite's machine: some tenths of a second.
const STEPS_MAX: i32 = 20_000_000;

/// The blocks that an index knows without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub since: u64,
    /// The last.
    pub height: u64,
}

/// The index of one node.
pub struct Index {
    path: PathBuf,
    chain: ChainId,
    /// The accounts of genesis.
    first: Vec<AccountId>,
    writer: Mutex<Connection>,
    /// Connections that nobody uses, and how often the file was built anew.
    readers: Mutex<(Vec<Connection>, u64)>,
    permits: Arc<Semaphore>,
    span: watch::Sender<Span>,
}

impl Index {
    /// Opens the index of a chain in a file, or begins a new one there with the accounts that its genesis names.
    ///
    /// # Errors
    /// When the file can be neither used nor made.
    pub fn open(path: &Path, chain: ChainId, first: Vec<AccountId>) -> io::Result<Self> {
        if !path.exists() {
            // Without its file a log says nothing.
            remove(path)?;
        }
        let connection = schema::open(path, chain, &first).or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "the index is of no use: it is built anew");
            remove(path)?;
            schema::open(path, chain, &first).map_err(io::Error::other)
        })?;
        let span = span(&connection).map_err(io::Error::other)?;
        Ok(Self {
            path: path.to_owned(),
            chain,
            first,
            writer: Mutex::new(connection),
            readers: Mutex::default(),
            permits: Arc::new(Semaphore::new(READERS)),
            span: watch::Sender::new(span),
        })
    }

    /// What it knows.
    #[must_use]
    pub fn span(&self) -> Span {
        *self.span.borrow()
    }

    /// Waits until it knows a block.
    pub async fn reached(&self, height: u64) {
        // The sender lives as long as this does.
        let _ = self.span.subscribe().wait_for(|span| span.height >= height).await;
    }

    /// Asks on a thread of its own.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let stopped = || Problem::new(problem::STOPPED, "the node is stopping");
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| stopped())?;
        let index = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let answer = index.ask_now(question);
            drop(permit);
            answer
        });
        answer.await.map_err(|_| stopped())?.map_err(|error| refused(&error))
    }

    fn ask_now<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let (idle, generation) = {
            let mut readers = locked(&self.readers);
            (readers.0.pop(), readers.1)
        };
        let mut connection = idle.map_or_else(|| schema::open_to_read(&self.path), Ok)?;
        // Called once: what takes longer than that is broken off.
        connection.progress_handler(STEPS_MAX, Some(|| true))?;
        let answer = question(&connection)?;
        let mut readers = locked(&self.readers);
        if readers.1 == generation {
            readers.0.push(connection);
        }
        Ok(answer)
    }

    /// Writes blocks, which follow what it knows; all of them or none. What of it is damaged is built anew: then it knows nothing.
    fn write(&self, blocks: &[Rows]) -> rusqlite::Result<()> {
        self.change(|transaction| blocks.iter().try_for_each(|rows| rows.write(transaction)))
    }

    /// Notes that nothing can be known of the blocks up to a height.
    fn skip(&self, height: u64) -> rusqlite::Result<()> {
        self.change(|transaction| {
            let next = int(height.saturating_add(1));
            transaction.execute("UPDATE about SET since = ?, height = ?", [next, int(height)]).map(drop)
        })
    }

    fn change(&self, make: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut writer = locked(&self.writer);
        let made = writer.transaction().and_then(|transaction| {
            make(&transaction)?;
            transaction.commit()
        });
        if made.as_ref().is_err_and(is_damage) {
            *writer = self.anew()?;
        }
        let span = span(&writer)?;
        self.span.send_replace(span);
        made
    }

    /// Begins a new file in the place of a damaged one.
    fn anew(&self) -> rusqlite::Result<Connection> {
        tracing::error!(path = %self.path.display(), "the index is damaged: it is built anew");
        let mut readers = locked(&self.readers);
        *readers = (Vec::new(), readers.1 + 1);
        remove(&self.path).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        schema::open(&self.path, self.chain, &self.first)
    }
}

fn span(connection: &Connection) -> rusqlite::Result<Span> {
    connection.query_row("SELECT since, height FROM about", [], |row| {
        Ok(Span { since: whole(row.get(0)?), height: whole(row.get(1)?) })
    })
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn refused(error: &rusqlite::Error) -> Problem {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        return Problem::new(problem::TIMEOUT, "so few of so many fit that the search was broken off: ask for less");
    }
    tracing::error!(%error, "the index cannot be read");
    Problem::new(problem::INTERNAL, "the index cannot be read")
}

/// Removes the files of an index.
fn remove(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SQLite's integers have a sign: what is beyond them is the largest.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What [`int`] wrote.
fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
