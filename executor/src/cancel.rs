//! A stop signal that the caller holds and a running prover obeys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops a running prover within a few ticks of the executor. Clones share one signal; it cannot be taken back.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token that has not been cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every run that holds this token to stop. May be called from any thread, any number of times.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// A guard that cancels when it is dropped: for callers that may unwind or return early.
    #[must_use]
    pub fn cancel_on_drop(&self) -> impl Drop + use<> {
        CancelOnDrop(self.clone())
    }
}

struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
