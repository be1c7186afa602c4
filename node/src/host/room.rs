//! Room for programs: the one place that knows what runs here and what it may take.
//!
//! Attempts get room in the order in which they came. One that waits at the front keeps later ones waiting, also smaller ones:
//! else a large one would wait for ever. What an attempt takes is given back once, when its [`Taken`] is dropped, however it
//! ended.

use executor::CancelToken;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;
use types::{Resources, Runtime};

/// Memory that a sandbox takes beside its program.
const SANDBOX_BYTES: u64 = 16 << 20;

/// What one attempt takes, or all of them.
///
/// There is no disk in it, because nothing that a program writes lies on one: see [`Share::of`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Cores.
    pub cores: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

impl Share {
    /// What an attempt takes of this machine that asked for `resources` and may put out so many bytes.
    ///
    /// The files that a Linux program writes, its output among them, lie in memory: it takes its memory and its disk together.
    /// WebAssembly has no files.
    #[must_use]
    pub fn of(runtime: Runtime, resources: &Resources, output_bytes_max: u64) -> Self {
        let [memory, disk] = [resources.memory_mib, resources.disk_mib].map(|mib| u64::from(mib) << 20);
        let memory_bytes = match runtime {
            Runtime::Wasm => memory,
            Runtime::LinuxX86_64 => {
                memory.saturating_add(disk).saturating_add(output_bytes_max).saturating_add(SANDBOX_BYTES)
            }
        };
        Self { cores: resources.cpus.max(1), memory_bytes }
    }

    /// With so many bytes that the node holds for it besides. What fits into the whole without them is not refused for them.
    pub(super) fn holding(self, bytes: u64, whole: Self) -> Self {
        let most = whole.memory_bytes.max(self.memory_bytes);
        Self { memory_bytes: self.memory_bytes.saturating_add(bytes).min(most), ..self }
    }

    fn plus(self, more: Self) -> Self {
        Self {
            cores: self.cores.saturating_add(more.cores),
            memory_bytes: self.memory_bytes.saturating_add(more.memory_bytes),
        }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            cores: self.cores.saturating_sub(less.cores),
            memory_bytes: self.memory_bytes.saturating_sub(less.memory_bytes),
        }
    }

    const fn holds(self, other: Self) -> bool {
        other.cores <= self.cores && other.memory_bytes <= self.memory_bytes
    }
}

/// Who has room and who waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Attempts that run.
    pub running: usize,
    /// Attempts that wait.
    pub waiting: usize,
    /// What those that run may take together.
    pub taken: Share,
    /// All there is.
    pub whole: Share,
}

/// Why an attempt gets no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRoom {
    #[error("the attempt asks for {asked} cores, and this node has {there} for programs")]
    Cores { asked: u32, there: u32 },
    #[error("the attempt needs {asked} MiB of memory, where its files lie too, and this node has {there} for programs")]
    Memory { asked: u64, there: u64 },
    #[error("{0} attempts wait to run already")]
    Queue(usize),
}

/// Room for programs.
#[derive(Clone)]
pub(crate) struct Room(Arc<Mutex<Inner>>);

struct Inner {
    whole: Share,
    taken: Share,
    running: usize,
    waiting: VecDeque<Waiting>,
    waiting_max: usize,
}

struct Waiting {
    share: Share,
    cancel: CancelToken,
    turn: oneshot::Sender<Taken>,
}

/// Room that an attempt has. Dropping it gives it back.
pub(super) struct Taken {
    room: Room,
    share: Share,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.give_back(self.share);
    }
}

impl Room {
    pub(super) fn new(whole: Share, waiting_max: usize) -> Self {
        let (taken, running, waiting) = (Share::default(), 0, VecDeque::new());
        Self(Arc::new(Mutex::new(Inner { whole, taken, running, waiting, waiting_max })))
    }

    /// Takes a place at the end. What is returned is ready at this attempt's turn, and fails once it is cancelled while it
    /// waits: [`Room::settle`] has to be called then.
    pub(super) fn enter(&self, share: Share, cancel: CancelToken) -> Result<oneshot::Receiver<Taken>, NoRoom> {
        let (turn, ready) = oneshot::channel();
        {
            let mut inner = self.lock();
            inner.refuse(share)?;
            inner.waiting.push_back(Waiting { share, cancel, turn });
        }
        self.settle();
        Ok(ready)
    }

    /// Sends cancelled attempts away, and gives room to whoever is next.
    pub(super) fn settle(&self) {
        while let Some((share, turn)) = self.next() {
            // Where nobody waits any more, what is dropped here gives its room to the next.
            drop(turn.send(Taken { room: self.clone(), share }));
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let inner = self.lock();
        Usage { running: inner.running, waiting: inner.waiting.len(), taken: inner.taken, whole: inner.whole }
    }

    /// Takes room for whoever is next, if there is enough.
    fn next(&self) -> Option<(Share, oneshot::Sender<Taken>)> {
        let mut inner = self.lock();
        inner.waiting.retain(|waiting| !waiting.cancel.is_cancelled());
        let share = inner.waiting.front()?.share;
        let taken = inner.taken.plus(share);
        if !inner.whole.holds(taken) {
            return None;
        }
        let Waiting { turn, .. } = inner.waiting.pop_front()?;
        inner.taken = taken;
        inner.running += 1;
        Some((share, turn))
    }

    fn give_back(&self, share: Share) {
        {
            let mut inner = self.lock();
            inner.taken = inner.taken.minus(share);
            inner.running -= 1;
        }
        self.settle();
    }

    /// Nothing that is done under the lock can leave half a change behind.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What never fits is told so at once.
    fn refuse(&self, share: Share) -> Result<(), NoRoom> {
        let Share { cores, memory_bytes } = self.whole;
        if share.cores > cores {
            return Err(NoRoom::Cores { asked: share.cores, there: cores });
        }
        if share.memory_bytes > memory_bytes {
            return Err(NoRoom::Memory { asked: share.memory_bytes.div_ceil(1 << 20), there: memory_bytes >> 20 });
        }
        if self.waiting.len() >= self.waiting_max { Err(NoRoom::Queue(self.waiting_max)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot::{Receiver, error::TryRecvError};

    const WHOLE: Share = share(4, 100);

    const fn share(cores: u32, memory_bytes: u64) -> Share {
        Share { cores, memory_bytes }
    }

    fn enter(room: &Room, cores: u32, memory_bytes: u64) -> Receiver<Taken> {
        room.enter(share(cores, memory_bytes), CancelToken::new()).expect("a place")
    }

    fn used(room: &Room) -> (usize, usize, Share) {
        let Usage { running, waiting, taken, .. } = room.usage();
        (running, waiting, taken)
    }

    #[test]
    fn attempts_get_room_in_the_order_in_which_they_came() {
        let room = Room::new(WHOLE, 8);
        let first = enter(&room, 3, 10).try_recv().expect("room");
        let mut large = enter(&room, 2, 10);
        let mut small = enter(&room, 1, 10);
        assert_eq!(used(&room), (1, 2, share(3, 10)), "the small one does not overtake");
        assert!(small.try_recv().is_err());
        drop(first);
        assert_eq!(used(&room), (2, 0, share(3, 20)));
        let both = [large.try_recv().expect("room"), small.try_recv().expect("room")];
        drop(both);
        assert_eq!(used(&room), (0, 0, share(0, 0)));
    }

    #[test]
    fn memory_is_room_as_cores_are() {
        let room = Room::new(WHOLE, 8);
        let first = enter(&room, 1, 60).try_recv().expect("room");
        let mut second = enter(&room, 1, 60);
        assert_eq!(second.try_recv().map(|_| ()), Err(TryRecvError::Empty));
        drop(first);
        assert!(second.try_recv().is_ok());
    }

    #[test]
    fn what_never_fits_is_refused_at_once_and_so_are_too_many() {
        let room = Room::new(WHOLE, 1);
        let refused = |cores, bytes| room.enter(share(cores, bytes), CancelToken::new()).map(|_| ()).unwrap_err();
        assert_eq!(refused(5, 1), NoRoom::Cores { asked: 5, there: 4 });
        assert_eq!(refused(1, 101), NoRoom::Memory { asked: 1, there: 0 });
        let _running = enter(&room, 4, 1).try_recv().expect("room");
        let _waits = enter(&room, 1, 1);
        assert_eq!(refused(1, 1), NoRoom::Queue(1));
    }

    #[test]
    fn who_goes_or_is_cancelled_gives_its_place_to_the_next() {
        let room = Room::new(WHOLE, 8);
        let first = enter(&room, 4, 1).try_recv().expect("room");
        let cancel = CancelToken::new();
        let mut cancelled = room.enter(share(4, 1), cancel.clone()).expect("a place");
        drop(enter(&room, 4, 1));
        let mut last = enter(&room, 4, 1);
        cancel.cancel();
        room.settle();
        assert_eq!(cancelled.try_recv().map(|_| ()), Err(TryRecvError::Closed));
        drop(first);
        let last = last.try_recv().expect("room");
        assert_eq!(used(&room), (1, 0, share(4, 1)));
        drop(last);
        assert_eq!(used(&room), (0, 0, share(0, 0)));
    }

    #[test]
    fn a_panic_gives_back_once() {
        let room = Room::new(WHOLE, 8);
        let _other = enter(&room, 1, 7).try_recv().expect("room");
        let taken = enter(&room, 2, 1).try_recv().expect("room");
        let work = std::thread::spawn(move || {
            let _taken = taken;
            panic!("a fault");
        });
        assert!(work.join().is_err());
        assert_eq!(used(&room), (1, 0, share(1, 7)));
    }

    #[test]
    fn what_the_node_holds_for_an_attempt_is_room_but_no_reason_to_refuse_it() {
        let held = |memory, bytes| share(1, memory).holding(bytes, WHOLE);
        assert_eq!([held(60, 30), held(60, 50), held(60, u64::MAX)], [90, 100, 100].map(|bytes| share(1, bytes)));
        assert_eq!(held(120, 5), share(1, 120), "what does not fit is refused by its own size");
    }

    #[test]
    fn a_linux_program_takes_its_disk_as_memory() {
        let asked = Resources { cpus: 0, memory_mib: 100, disk_mib: 50, ..Resources::default() };
        assert_eq!(Share::of(Runtime::Wasm, &asked, 5), share(1, 100 << 20));
        assert_eq!(Share::of(Runtime::LinuxX86_64, &asked, 5), share(1, (150 << 20) + 5 + SANDBOX_BYTES));
    }
}
