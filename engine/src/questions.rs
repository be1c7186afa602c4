//! The questions that a running engine answers: they come from any thread and are answered on the runtime.
//!
//! At most [`QUESTIONS_MAX`] are open at once; one more is refused as busy.

use crate::{
    chain::{Marshal, Runtime},
    evidence,
    state::{self, Database},
    status::Standing,
};
use bytes::Bytes;
use commonware_consensus::types::Height;
use commonware_utils::{
    channel::{mpsc, oneshot},
    sync::Mutex,
};
use ports::{Block, Engine, Evidence, Key, Later, ReadError, Status};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many questions may be open.
const QUESTIONS_MAX: usize = 256;

type Answer<T> = oneshot::Sender<Result<T, ReadError>>;

/// A question, counted as open until it is dropped.
pub(crate) struct Question {
    about: About,
    _open: Open,
}

/// What is asked and where the answer goes.
enum About {
    Read(Vec<Key>, Answer<(u64, Vec<Option<Bytes>>)>),
    Prove(Vec<Key>, Answer<Evidence>),
    Block(u64, Answer<Block>),
}

/// Counts an open question until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Reads the runtime's metrics while there is a runtime.
pub(crate) type Metrics = Arc<Mutex<Option<Box<dyn Fn() -> String + Send>>>>;

/// The end at which questions are asked.
pub struct Desk {
    questions: mpsc::Sender<Question>,
    open: Arc<AtomicUsize>,
    standing: Standing,
    metrics: Metrics,
}

/// The end at which they are answered.
pub struct Clerk {
    questions: mpsc::Receiver<Question>,
    pub(crate) standing: Standing,
    pub(crate) metrics: Metrics,
}

/// A new desk.
#[must_use]
pub fn desk() -> (Desk, Clerk) {
    let (sender, receiver) = mpsc::channel(QUESTIONS_MAX);
    let (standing, metrics) = (Standing::default(), Metrics::default());
    let desk = Desk { questions: sender, open: Arc::default(), standing: standing.clone(), metrics: metrics.clone() };
    (desk, Clerk { questions: receiver, standing, metrics })
}

impl Desk {
    fn ask<T: Send + 'static>(&self, question: impl FnOnce(Answer<T>) -> About) -> Later<T> {
        let (answer, later) = oneshot::channel();
        let asked = self.enter(question(answer));
        Box::pin(async move {
            asked?;
            later.await.unwrap_or(Err(ReadError::Stopped))
        })
    }

    fn enter(&self, about: About) -> Result<(), ReadError> {
        let room = |open| (open < QUESTIONS_MAX).then_some(open + 1);
        self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).map_err(|_| ReadError::Busy)?;
        let open = Open(self.open.clone());
        self.questions.try_send(Question { about, _open: open }).map_err(|_| ReadError::Stopped)
    }
}

impl Engine for Desk {
    fn read(&self, keys: Vec<Key>) -> Later<(u64, Vec<Option<Bytes>>)> {
        self.ask(|answer| About::Read(keys, answer))
    }

    fn prove(&self, keys: Vec<Key>) -> Later<Evidence> {
        self.ask(|answer| About::Prove(keys, answer))
    }

    fn block(&self, height: u64) -> Later<Block> {
        self.ask(|answer| About::Block(height, answer))
    }

    fn status(&self) -> Status {
        self.standing.get()
    }

    fn metrics(&self) -> String {
        self.metrics.lock().as_ref().map(|metrics| metrics()).unwrap_or_default()
    }
}

/// Answers questions until nobody can ask any more, then waits for ever.
pub(crate) async fn serve<E: Runtime>(
    runtime: E,
    mut questions: mpsc::Receiver<Question>,
    database: Database<E>,
    marshal: Marshal,
) {
    while let Some(question) = questions.recv().await {
        let (database, marshal) = (database.clone(), marshal.clone());
        runtime.child("question").spawn(move |runtime| async move {
            let Question { about, _open } = question;
            answer(&runtime, about, &database, &marshal).await;
        });
    }
    std::future::pending().await
}

async fn answer<E: Runtime>(runtime: &E, about: About, database: &Database<E>, marshal: &Marshal) {
    match about {
        About::Read(keys, answer) => {
            let read = state::read(database, &keys).await;
            let _ = answer.send(read.map(|(mark, values)| (mark.height, values)).map_err(|_| ReadError::Stopped));
        }
        About::Prove(keys, answer) => {
            let _ = answer.send(evidence::prove(runtime, database, marshal, &keys).await);
        }
        About::Block(height, answer) => {
            let block = marshal.get_block(Height::new(height)).await;
            let _ = answer.send(block.map(|block| plain(block.inner())).ok_or(ReadError::Absent));
        }
    }
}

fn plain(block: &crate::block::Block) -> Block {
    Block { hash: block.header().hash(), header: block.header().encode(), body: block.body().clone() }
}

impl Clerk {
    pub(crate) fn into_questions(self) -> mpsc::Receiver<Question> {
        self.questions
    }
}
