//! The parts around consensus: the member's task, who is connected, and the answers to questions.

use super::{
    Crew,
    consensus::{Executor, Opened, Shared},
    site::Site,
};
use crate::{
    block::peer,
    chain::{Marshal, PublicKey, Runtime},
    committee::Opening,
    events::Events,
    journal::Journal,
    member::{Alarms, Deliveries, Drain, Seat, SteadyClock},
    presence,
    questions::{self, Question},
    schemes::Schemes,
    state::{Database, mark},
    status::Standing,
};
use commonware_consensus::types::Height;
use commonware_p2p::{Blocker, Manager, Receiver, Sender};
use commonware_runtime::Handle;
use commonware_utils::channel::mpsc;
use ports::{Event, Start};

/// Everything a member hears.
pub(super) struct Hearing<S, R> {
    pub(super) queue: mpsc::Receiver<Event>,
    pub(super) deliveries: Deliveries,
    pub(super) control: (S, R),
    pub(super) bulk: (S, R),
}

impl<E, M, B> Site<E, M, B>
where
    E: Runtime,
    M: Manager<PublicKey = PublicKey> + Clone + Sync,
    B: Blocker<PublicKey = PublicKey> + Clone + Sync,
{
    /// Hands the state to whoever waits for it, once it is recovered.
    pub(super) fn open_state(&self, executor: Executor<E>, opened: Opened<E>) -> Handle<()> {
        self.runtime.child("opening").spawn(move |_| async move {
            let _ = opened.send(executor.subscribe_databases().await);
            std::future::pending().await
        })
    }

    /// Watches who is connected.
    pub(super) fn presence<S, R>(&self, (sender, receiver): (S, R), events: Events, standing: Standing) -> Handle<()>
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        self.runtime.child("presence").spawn(move |runtime| async move {
            let _kept = receiver;
            presence::watch(runtime, sender, events, standing).await;
        })
    }

    /// Answers questions, once there is a state.
    pub(super) fn questions(
        &self,
        questions: mpsc::Receiver<Question>,
        marshal: Marshal,
        state: Opening<E>,
    ) -> Handle<()> {
        self.runtime.child("questions").spawn(move |runtime| async move {
            let Ok(database) = state.await else { return };
            questions::serve(runtime, questions, database, marshal).await;
        })
    }

    /// Runs the member.
    pub(super) fn member<S, R>(
        &self,
        crew: Crew,
        hearing: Hearing<S, R>,
        shared: Shared,
        schemes: Schemes,
        state: Opening<E>,
    ) -> Handle<()>
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let (me, partition, cache) = (peer(&self.setup.me), format!("{}-member", self.prefix), self.cache.clone());
        self.runtime.child("member").spawn(move |runtime| async move {
            let (journal, persisted) = Journal::open(runtime.child("journal"), partition, cache)
                .await
                .unwrap_or_else(|error| panic!("the member's journal cannot be opened: {error}"));
            let Ok(database) = state.await else { return };
            let (height, time_ms) = recovered(&database, &shared).await;
            let start = Event::Start(Start { me, height, time_ms, persisted });
            let drain = Drain {
                journal: Some(journal),
                database,
                control: hearing.control.0,
                bulk: hearing.bulk.0,
                host: crew.host,
                proposals: shared.proposals,
                schemes,
                standing: shared.standing,
                alarms: Alarms::default(),
                peers: std::collections::HashMap::new(),
            };
            let seat = Seat {
                runtime,
                member: crew.member,
                events: hearing.queue,
                deliveries: hearing.deliveries,
                control: hearing.control.1,
                bulk: hearing.bulk.1,
                drain,
                clock: SteadyClock::default(),
            };
            seat.run(start).await;
        })
    }
}

/// The height and time of the state that was recovered, which the node's standing starts from.
async fn recovered<E: Runtime>(database: &Database<E>, shared: &Shared) -> (u64, u64) {
    let mark = mark(&*database.read().await).await.unwrap_or_else(|error| panic!("no state: {error}"));
    let Some(block) = shared.marshal.get_block(Height::new(mark.height)).await else {
        return (mark.height, mark.time_ms);
    };
    let header = block.inner().header();
    if header.height >= shared.standing.height() {
        shared.standing.applied(header);
    }
    (header.height, header.time_ms)
}
