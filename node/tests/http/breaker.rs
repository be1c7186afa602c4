//! The breaker of a prover: what the node does once it is open, and that it stays so over a restart.

use crate::fake::Served;
use std::path::Path;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use types::{
    Amount, Call, ChainEvent, Height, List, SecretKey, TxId, WorkloadId,
    event::{AttemptEndKind, Outcome},
    genesis::PeerId,
    host::{HostEvent, Notice},
    record::{Account, Prover},
    state_key,
    verdict::VerdictKey,
};

fn secret() -> SecretKey {
    SecretKey::from_bytes(&[5; 32]).expect("a key")
}

struct Life {
    served: Served,
    keeps: JoinHandle<()>,
}

impl Life {
    async fn begin(folder: &TempDir, draining: bool) -> Self {
        let served = Served::of_prover(secret().account()).await;
        let account = Account { balance: Amount(9_000_000_000), nonce: 4 };
        served.engine.put(state_key::account(secret().account()), &account);
        served.engine.put(state_key::meta(), &crate::records::meta(4));
        drains(&served, draining);
        let (engine, host, chain) = (served.engine.clone(), served.host.clone(), served.genesis.chain());
        let path = folder.path().join("breaker.json");
        let keeps = tokio::spawn(async move { node::keep_breaker(engine, &host, chain, secret(), path).await });
        Self { served, keeps }
    }

    fn block(&self, height: u64, rejected: &[u8]) {
        let event = |it: &u8| ChainEvent::AttemptEnded {
            workload: WorkloadId([*it; 32]),
            attempt: 1,
            prover: secret().account(),
            end: AttemptEndKind::Rejected,
        };
        let outcome = Outcome { height: Height(height), events: List::truncated(rejected.iter().map(event).collect()) };
        let (hash, leader, transactions) = ([0; 32], PeerId([9; 32]), Vec::<TxId>::new());
        self.served.publish(Notice::Final { height, hash, time_ms: 2 * height, leader, transactions, outcome });
    }

    async fn end(self) {
        self.served.stop().await;
        self.keeps.await.expect("it ends in order");
    }

    async fn breaker(&self) -> api::Breaker {
        let status: api::Status = self.served.get("/v1/status").await.json();
        status.breaker.expect("a prover")
    }
}

/// What the chain says of the prover.
fn drains(served: &Served, draining: bool) {
    let mut prover = Prover::new(secret().account(), VerdictKey([7; 96]), Amount(1), 0);
    prover.draining = draining;
    served.engine.put(state_key::prover(secret().account()), &prover);
}

fn file(folder: &TempDir) -> bool {
    Path::new(&folder.path().join("breaker.json")).exists()
}

/// Waits for something that the keeper brings about.
async fn until(mut there: impl AsyncFnMut() -> bool) {
    while !there().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_breaker_hands_back_drains_and_stays_open_until_the_operator_ends_the_drain() {
    let folder = tempfile::tempdir().expect("folder");
    let life = Life::begin(&folder, false).await;
    life.block(8, &[1, 2]);
    assert!(!life.breaker().await.open);
    life.block(9, &[3]);
    assert_eq!(life.served.hear(0).await, HostEvent::Refuse { refuse: true });
    let HostEvent::Submit { transaction, .. } = life.served.hear(1).await else { panic!("a transaction is sent") };
    assert_eq!((transaction.value.sender, transaction.value.nonce), (secret().account(), 4));
    assert!(matches!(&transaction.value.call, Call::Update(update) if update.drain == Some(true)));
    assert!(transaction.verify(life.served.genesis.chain()).is_ok());
    drains(&life.served, true);
    until(async || {
        std::fs::read_to_string(folder.path().join("breaker.json")).is_ok_and(|it| it.contains("\"drained\": true"))
    })
    .await;
    let breaker = life.breaker().await;
    assert_eq!((breaker.open, breaker.since_ms, breaker.by.len()), (true, Some(18), 3));
    assert!(life.served.get("/metrics").await.body.windows(20).any(|it| it == b"lemma_breaker_open 1"));
    life.end().await;

    let life = Life::begin(&folder, true).await;
    assert_eq!(life.served.hear(0).await, HostEvent::Refuse { refuse: true }, "as before the restart");
    assert!(life.breaker().await.open);
    drains(&life.served, false);
    assert_eq!(life.served.hear(1).await, HostEvent::Refuse { refuse: false });
    until(async || !file(&folder)).await;
    assert!(!life.breaker().await.open);
    let sent = life.served.heard().iter().filter(|it| matches!(it, HostEvent::Submit { .. })).count();
    assert_eq!(sent, 0, "nothing is told that the chain knows");
    life.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_a_prover_has_no_breaker() {
    let served = Served::new().await;
    let status: api::Status = served.get("/v1/status").await.json();
    assert_eq!(status.breaker, None);
    served.stop().await;
}
