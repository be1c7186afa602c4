//! The event stream: one sender, many listeners, each with a bounded queue. A listener that is too slow is told and dropped.
//!
//! Events of the chain have a place, the same on every node. The latest are kept, so that a listener whose connection broke
//! goes on where it stopped; older ones are in the index. What is only this node's (pending, dropped, progress) is told once.

mod parties;

pub use parties::{Parties, learn_parties};

use api::{Event, Place};
use parties::Live;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::broadcast::{self, error::RecvError};
use types::{AccountId, Workload, WorkloadId, limits::EVENTS_PER_BLOCK};

/// Events that a listener may be behind: more than one block can cause.
const QUEUE_MAX: usize = 16 * 1024;

/// Events that are kept for listeners that come back.
const KEPT_MAX: usize = 8 * 1024;

const _: () = assert!(QUEUE_MAX > EVENTS_PER_BLOCK + 1);

/// An event with its place and parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The place, if it is of the chain.
    pub place: Option<Place>,
    /// What happened.
    pub event: Event,
    /// Whose workload it is about.
    pub parties: Parties,
}

impl Told {
    /// What one listener alone is told.
    pub(crate) fn aside(event: Event) -> Arc<Self> {
        Arc::new(Self { place: None, event, parties: Parties::default() })
    }
}

/// What a listener wants to hear: what fits all that is given, everything where nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this workload.
    pub workload: Option<WorkloadId>,
    /// Of workloads that this account asked for.
    pub account: Option<AccountId>,
    /// Of attempts of this prover, and of what it did.
    pub prover: Option<AccountId>,
}

impl Filter {
    fn wants(&self, told: &Told) -> bool {
        self.workload.is_none_or(|it| told.event.workload == Some(it))
            && self.account.is_none_or(|it| told.parties.sender == Some(it))
            && self.prover.is_none_or(|it| told.parties.prover == Some(it))
    }
}

/// Where events are told.
#[derive(Debug)]
pub struct Feed(Mutex<Past>);

#[derive(Debug)]
struct Past {
    /// None once the feed has ended.
    sender: Option<broadcast::Sender<Arc<Told>>>,
    live: Live,
    /// The latest events of the chain, the newest at the end.
    kept: VecDeque<Arc<Told>>,
}

impl Default for Feed {
    fn default() -> Self {
        let sender = Some(broadcast::Sender::new(QUEUE_MAX));
        Self(Mutex::new(Past { sender, live: Live::default(), kept: VecDeque::new() }))
    }
}

impl Feed {
    /// Tells all listeners, of one thing or of one block in order. Never waits for them.
    pub fn tell(&self, events: Vec<Event>) {
        let mut past = self.past();
        (0..).zip(events).for_each(|(number, event)| past.tell(number, event));
    }

    /// A listener to what is told from now on. None once the feed has ended.
    #[must_use]
    pub fn listen(&self, filter: Filter) -> Option<Listener> {
        self.past().listen(filter, None)
    }

    /// A listener that goes on after an event, with the place before which this feed does not know what it missed: that is
    /// the index's to tell. None once the feed has ended.
    #[must_use]
    pub fn resume(&self, filter: Filter, heard: Place) -> Option<(Listener, Option<Unknown>)> {
        let past = self.past();
        let unknown = match past.kept.front().and_then(|told| told.place) {
            Some(first) if first <= heard => None,
            until => Some(Unknown { after: heard, until }),
        };
        Some((past.listen(filter, Some(heard))?, unknown))
    }

    /// Ends the feed: listeners get what is left, then their end.
    pub fn end(&self) {
        self.past().sender.take();
    }

    fn learn(&self, workload: &Workload) {
        self.past().live.learn(workload);
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Past {
    fn tell(&mut self, number: u32, event: Event) {
        let place = event.height.map(|height| Place { height, number });
        let told = Arc::new(Told { place, parties: self.live.of(&event), event });
        // After a crash the last blocks come again.
        let is_new = self.kept.back().is_none_or(|last| last.place < place);
        if place.is_some() && is_new {
            self.kept.push_back(told.clone());
        }
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
        if let Some(sender) = &self.sender {
            // Fails only where nobody listens.
            let _ = sender.send(told);
        }
    }

    fn listen(&self, filter: Filter, heard: Option<Place>) -> Option<Listener> {
        let receiver = Some(self.sender.as_ref()?.subscribe());
        let known = |heard| self.kept.partition_point(|told| told.place <= Some(heard));
        let first_missed = heard.map_or(self.kept.len(), known);
        Some(Listener { missed: self.kept.range(first_missed..).cloned().collect(), receiver, filter, heard })
    }
}

/// The events between two places that a feed no longer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The first of them comes after this place.
    pub after: Place,
    /// The last of them comes before it; none if the feed knows no event yet.
    pub until: Option<Place>,
}

/// One listener.
#[derive(Debug)]
pub struct Listener {
    /// What comes first: told before it listened.
    missed: VecDeque<Arc<Told>>,
    receiver: Option<broadcast::Receiver<Arc<Told>>>,
    filter: Filter,
    /// The place up to which it has heard of the chain.
    heard: Option<Place>,
}

impl Listener {
    /// It was told elsewhere of the chain up to this place.
    pub fn heard(&mut self, place: Place) {
        self.heard = self.heard.max(Some(place));
    }

    /// The next event; none at the end. A listener that was too slow gets `lagged` as its last.
    pub async fn next(&mut self) -> Option<Arc<Told>> {
        while let Some(told) = self.missed.pop_front() {
            if self.takes(&told) {
                return Some(told);
            }
        }
        loop {
            match self.receiver.as_mut()?.recv().await {
                Ok(told) if self.takes(&told) => return Some(told),
                Ok(_) => {}
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => {
                    self.receiver = None;
                    return Some(Told::aside(Event::lagged()));
                }
            }
        }
    }

    /// Whether an event concerns it, and it has not heard it yet.
    fn takes(&mut self, told: &Told) -> bool {
        // Whoever asked for no place takes blocks as they come.
        if let (Some(heard), Some(place)) = (&mut self.heard, told.place) {
            if place <= *heard {
                return false;
            }
            *heard = place;
        }
        self.filter.wants(told)
    }
}

#[cfg(test)]
mod tests;
