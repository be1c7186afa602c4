//! The chain, blocks, programs, provers and accounts.

use crate::{fake::Served, records};
use api::{Account, Health, Params, Program, ProverState, Provers, Status};
use bytes::Bytes;
use ports::{Header, ReadError};
use types::{AccountId, Amount, Body, Call, List, genesis::PeerId, record, state_key};

#[tokio::test]
async fn the_chain_and_the_node_are_described() {
    let served = Served::new().await;
    let status: Status = served.get("/v1/status").await.json();
    assert_eq!((status.height, status.time_ms, status.peers, status.epoch), (7, 14_200, 3, 1));
    assert_eq!((status.chain, status.node, status.prover), (served.genesis.chain(), PeerId([9; 32]), None));
    let health: Health = served.get("/health").await.json();
    assert_eq!(health.height, 7);
    assert_eq!(served.get("/v1/genesis").await.json::<types::Genesis>(), *served.genesis);
    let params: Params = served.get("/v1/params").await.json();
    assert_eq!((params.epoch, params.values()), (0, Ok(served.genesis.params.clone())), "before the first block");
    assert_eq!(served.get("/openapi.json").await.body, api::openapi_json());
}

#[tokio::test]
async fn metrics_are_the_engines_and_the_nodes_own() {
    let served = Served::new().await;
    served.get("/nowhere").await;
    let reply = served.get("/metrics").await;
    let text = String::from_utf8(reply.body.to_vec()).expect("text");
    assert!(text.starts_with("# TYPE fake gauge\nfake 1\n# HELP lemma_"), "{text}");
    assert!(text.contains("lemma_http_responses_total{status=\"404\"} 1\n"), "{text}");
    assert!(!text.contains("# EOF"), "{text}");
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be_read_are_problems() {
    let served = Served::new().await;
    let id = "ab".repeat(32);
    for (path, status, code) in [
        ("/nothing", 404, "not-found"),
        ("/v1/nothing", 404, "not-found"),
        ("/v1/quote", 405, "method-not-allowed"),
        ("/v1/workloads/xyz", 400, "bad-request"),
        ("/v1/accounts/00", 400, "bad-request"),
        ("/v1/blocks/minus", 400, "bad-request"),
        ("/v1/blocks?limit=many", 400, "bad-request"),
        ("/v1/workloads?sort=up", 400, "bad-request"),
        ("/v1/workloads?state=lost", 400, "bad-request"),
        ("/v1/events?workload=1", 400, "bad-request"),
        ("/v1/blocks/99", 404, "not-found"),
        (&format!("/v1/programs/{id}"), 404, "not-found"),
        (&format!("/v1/provers/{id}"), 404, "not-found"),
        (&format!("/v1/workloads/{id}"), 404, "not-found"),
        (&format!("/v1/workloads/{id}/proof"), 404, "not-found"),
        (&format!("/v1/workloads/{id}/receipt"), 404, "not-found"),
        (&format!("/v1/workloads/{id}/log"), 404, "not-found"),
        (&format!("/v1/workloads/{id}/proof?part=half"), 400, "bad-request"),
    ] {
        assert_eq!(served.get(path).await.problem(), (status, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_a_problem_of_its_kind() {
    let served = Served::new().await;
    let path = format!("/v1/accounts/{}", "ab".repeat(32));
    for (error, status, code) in [(ReadError::Stopped, 503, "stopped"), (ReadError::Busy, 503, "busy")] {
        *served.engine.failing.lock().expect("lock") = Some(error);
        let reply = served.get(&path).await;
        assert_eq!(reply.problem(), (status, code.to_owned()));
        assert_eq!(reply.header("retry-after"), "1");
    }
    *served.engine.failing.lock().expect("lock") = None;
    served
        .engine
        .values
        .lock()
        .expect("lock")
        .insert(state_key::account(AccountId([0xab; 32])), Bytes::from_static(b"?"));
    assert_eq!(served.get(&path).await.problem(), (500, "internal".to_owned()));
}

#[tokio::test]
async fn accounts_programs_and_provers_are_read_from_the_state() {
    let served = Served::new().await;
    let (known, unknown) = (AccountId([1; 32]), AccountId([2; 32]));
    served.engine.put(state_key::account(known), &record::Account { balance: Amount(5), nonce: 3 });
    let account: Account = served.get(&format!("/v1/accounts/{known}")).await.json();
    assert_eq!((account.balance, account.nonce, account.height), (Amount(5), 3, 7));
    let account: Account = served.get(&format!("/v1/accounts/{unknown}")).await.json();
    assert_eq!((account.balance, account.nonce), (Amount::ZERO, 0));

    let deployed = records::program();
    let id = deployed.program.id();
    served.engine.put(state_key::program(id), &deployed);
    let program: Program = served.get(&format!("/v1/programs/{id}")).await.json();
    assert_eq!((program.program, program.name.as_str(), program.runtime.as_str()), (id, "squares", "wasm"));

    let genesis = &served.genesis.provers[1];
    let (key, capacity) = (genesis.key, genesis.capacity);
    let tally = record::Tally { verified: 4, ..record::Tally::default() };
    let new = record::Prover::new(genesis.account, key, Amount(8), 5);
    let prover = record::Prover { capacity, tally, draining: true, ..new };
    served.engine.put(state_key::prover(prover.account), &prover);
    let none: Provers = served.get("/v1/provers").await.json();
    assert_eq!(none.provers, [], "there is no block yet");
    let registry = record::Registry { provers: List::truncated(vec![AccountId([1; 32]), prover.account]) };
    served.engine.put(state_key::registry(), &registry);
    let provers: Provers = served.get("/v1/provers").await.json();
    assert_eq!(provers.provers.iter().map(|it| it.account).collect::<Vec<_>>(), [prover.account]);
    assert_eq!((provers.provers[0].state, provers.next), (ProverState::Draining, None));
    let one: api::Prover = served.get(&format!("/v1/provers/{}", prover.account)).await.json();
    assert_eq!((one.tally.verified, one.bond, one.draining, one.seen), (4, Amount(8), true, 5));
}

#[tokio::test]
async fn provers_come_page_by_page_and_by_state() {
    let served = Served::new().await;
    let (key, capacity) = (served.genesis.provers[1].key, served.genesis.provers[1].capacity);
    let all: Vec<AccountId> = (1..=9).map(|number| AccountId([number; 32])).collect();
    for account in &all {
        let (member, draining) = (true, account.0[0].is_multiple_of(4));
        let new = record::Prover::new(*account, key, Amount(8), 5);
        served.engine.put(state_key::prover(*account), &record::Prover { capacity, member, draining, ..new });
    }
    served.engine.put(state_key::registry(), &record::Registry { provers: List::truncated(all.clone()) });
    for (state, expected) in [("", all.clone()), ("&state=draining", vec![all[3], all[7]]), ("&state=jailed", vec![])] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page: Provers = served.get(&format!("/v1/provers?limit=2{state}{cursor}")).await.json();
            assert!(page.provers.len() <= 2);
            seen.extend(page.provers.iter().map(|it| it.account));
            pages += 1;
            let Some(next) = page.next else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen, pages), (expected.clone(), expected.len().div_ceil(2).max(1)), "{state}");
    }
    for query in ["cursor=7", "state=idle", "from=1"] {
        assert_eq!(served.get(&format!("/v1/provers?{query}")).await.problem().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_block_is_shown_from_the_engine_also_where_the_index_does_not_know_it() {
    let served = Served::new().await;
    let signed = records::signed(Call::Transfer { to: AccountId([8; 32]), amount: Amount(9) });
    let body = Body { transactions: List::truncated(vec![signed.clone()]), ..Body::default() };
    let header = Header {
        epoch: 1,
        view: 2,
        leader: [3; 32],
        parent_view: 1,
        parent: [4; 32],
        height: 5,
        time_ms: 6,
        state_root: [7; 32],
        operations_root: [8; 32],
        operations_start: 0,
        operations_end: 9,
        body_hash: [10; 32],
        reshare_hash: [0; 32],
    };
    let block = ports::Block { hash: header.hash(), header: header.encode(), body: body.encode().into() };
    served.engine.blocks.lock().expect("lock").insert(5, block);
    let shown: api::Block = served.get("/v1/blocks/5").await.json();
    assert_eq!((shown.height, shown.leader, shown.events), (5, PeerId([3; 32]), None));
    assert_eq!(shown.transactions[0].transaction, signed.value.id());
    assert_eq!((shown.transactions[0].kind.as_str(), shown.transactions[0].amount), ("transfer", Some(Amount(9))));
}
