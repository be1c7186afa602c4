//! The clock of running programs. One thread advances the engines' epoch while anything runs; at each step a program
//! stops to look at its own deadline and at its cancel token.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wasmtime::Engine;

use super::engine::Engines;
use crate::CancelToken;

/// Why a program was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupted {
    Time,
    Cancel,
}

/// The deadline of one run.
pub(super) struct Watch {
    started: Instant,
    wall: Duration,
    cancel: Vec<CancelToken>,
    pub(super) interrupted: Option<Interrupted>,
}

impl Watch {
    /// Starts the clock. Any of the tokens ends the run.
    pub(super) fn start(wall_ms: u64, cancel: Vec<CancelToken>) -> Self {
        Self { started: Instant::now(), wall: Duration::from_millis(wall_ms), cancel, interrupted: None }
    }

    /// Whether the run must end now; remembers why.
    pub(super) fn must_end(&mut self) -> bool {
        if self.cancel.iter().any(CancelToken::is_cancelled) {
            self.interrupted = Some(Interrupted::Cancel);
        } else if self.started.elapsed() >= self.wall {
            self.interrupted = Some(Interrupted::Time);
        }
        self.interrupted.is_some()
    }

    pub(super) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The thread that advances the epochs. It sleeps while nothing runs and ends when this is dropped.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: usize,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticker {
    pub(super) fn start(engines: &Engines, tick_ms: u64) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("program-ticker".to_owned()).spawn({
            let (shared, engines) = (shared.clone(), [engines.verifier.clone(), engines.prover.clone()]);
            move || tick(&shared, &engines, Duration::from_millis(tick_ms.max(1)))
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Keeps the epochs advancing until the guard is dropped.
    pub(super) fn running(&self) -> Running<'_> {
        self.shared.lock().running += 1;
        self.shared.changed.notify_all();
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread holds nothing and cannot fail in a way that matters here.
            let _ = thread.join();
        }
    }
}

pub(super) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

fn tick(shared: &Shared, engines: &[Engine], every: Duration) {
    let mut state = shared.lock();
    while !state.stop {
        state = if state.running == 0 {
            shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
        } else {
            engines.iter().for_each(Engine::increment_epoch);
            shared.changed.wait_timeout(state, every).unwrap_or_else(PoisonError::into_inner).0
        };
    }
}
