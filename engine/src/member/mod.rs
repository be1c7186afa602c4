//! The one task that owns the member: it takes an event, lets the member step, and drains what the member wants done.
//!
//! Of what waits, answers to the member's own actions come first, then the engine's events, timers, the host, control
//! messages and bulk messages. What each queue does when it is full: the engine's events hold back whoever announces them
//! (see [`crate::events`]); the host is refused; a channel drops the message that arrives (see [`crate::channels`]).

mod alarms;
mod clock;
mod inbox;
mod outbox;

pub(crate) use alarms::Alarms;
pub(crate) use clock::SteadyClock;
pub(crate) use inbox::{Deliveries, door};
pub(crate) use outbox::Drain;

use crate::chain::{PublicKey, Runtime};
use commonware_macros::select;
use commonware_p2p::{Message, Receiver, Sender};
use commonware_utils::{SystemTimeExt as _, channel::mpsc};
use ports::{Channel, Event, Member};
use std::{collections::VecDeque, time::Duration};

/// The member, with everything it hears.
pub(crate) struct Seat<E: Runtime, S, R> {
    pub(crate) runtime: E,
    pub(crate) member: Box<dyn Member>,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) deliveries: Deliveries,
    pub(crate) control: R,
    pub(crate) bulk: R,
    pub(crate) drain: Drain<E, S>,
    pub(crate) clock: SteadyClock,
}

/// What woke the member up.
enum Wake {
    Event(Event),
    /// The host said something that is not yet due, a message was too long, or a timer has run out.
    Nothing,
    /// The engine ends.
    End,
}

impl<E, S, R> Seat<E, S, R>
where
    E: Runtime,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    /// Serves the member until the engine ends. `first` is what it hears first.
    pub(crate) async fn run(mut self, first: Event) {
        let mut ready = VecDeque::from([first]);
        loop {
            while let Some(event) = ready.pop_front() {
                self.step(event, &mut ready).await;
            }
            match self.wake().await {
                Wake::Event(event) => ready.push_back(event),
                Wake::Nothing => {}
                Wake::End => return,
            }
        }
    }

    async fn step(&mut self, event: Event, ready: &mut VecDeque<Event>) {
        let now_ms = self.now_ms();
        let mut outbox = Vec::new();
        self.member.step(event, now_ms, &mut outbox);
        self.drain.run(outbox, ready).await;
    }

    fn now_ms(&mut self) -> u64 {
        self.clock.read(self.runtime.current().epoch_millis())
    }

    async fn wake(&mut self) -> Wake {
        let now_ms = self.now_ms();
        if let Some(event) = self.drain.alarms.take(now_ms) {
            if matches!(event, Event::Host(_)) {
                self.deliveries.done();
            }
            return Wake::Event(event);
        }
        // For a while, not until a time: the wall clock may be set meanwhile.
        let alarm = self.drain.alarms.next_ms().map(|at_ms| Duration::from_millis(at_ms.saturating_sub(now_ms)));
        let alarm = alarm.map(|wait| wait.min(clock::SLEEP_MAX));
        let runtime = &self.runtime;
        let alarm = async move {
            match alarm {
                Some(wait) => runtime.sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        select! {
            event = self.events.recv() => event.map_or(Wake::End, Wake::Event),
            () = alarm => Wake::Nothing,
            delivery = self.deliveries.next() => self.delivered(delivery, now_ms),
            message = self.control.recv() => heard(Channel::Control, message),
            message = self.bulk.recv() => heard(Channel::Bulk, message),
        }
    }

    fn delivered(&mut self, delivery: inbox::Delivery, now_ms: u64) -> Wake {
        if delivery.delay_ms > 0 {
            self.drain.alarms.delay(delivery.bytes, now_ms.saturating_add(delivery.delay_ms));
            return Wake::Nothing;
        }
        self.deliveries.done();
        Wake::Event(Event::Host(delivery.bytes))
    }
}

fn heard<X>(channel: Channel, message: Result<Message<PublicKey>, X>) -> Wake {
    let Ok((from, bytes)) = message else {
        return Wake::End;
    };
    if bytes.len() > channel.bytes_max() {
        tracing::debug!(%from, ?channel, bytes = bytes.len(), "dropped a message that is too long");
        return Wake::Nothing;
    }
    Wake::Event(Event::Message { from: crate::block::peer(&from), channel, bytes: bytes.into() })
}
