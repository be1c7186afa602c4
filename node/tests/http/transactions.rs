//! Transactions and quotes.

use crate::{
    fake::{Answer, Served, pending},
    records,
};
use api::{Quote, QuoteRequest, Submit, Submitted, TransactionState, TransactionStatus};
use types::{
    AccountId, Amount, Call, ChainEvent, Height, List, Refusal, Resources, State, TxId, WorkloadId, codec,
    event::Outcome, genesis::PeerId, host::Notice, record::Offers, state_key,
};

const PATH: &str = "/v1/transactions";
const BYTES: &str = "application/octet-stream";

#[tokio::test]
async fn a_transaction_is_taken_in_each_of_its_forms() {
    let served = Served::new().await;
    let run = records::signed(Call::Run(records::run()));
    let id = run.value.id();
    let bytes = codec::encode(&run);
    let json = serde_json::to_string(&Submit::new(&run)).expect("json");
    let forms = [
        (BYTES, bytes.clone()),
        ("text/plain; charset=utf-8", format!("{}\n", hex::encode(&bytes)).into_bytes()),
        ("application/json", json.into_bytes()),
    ];
    for (kind, body) in forms {
        let reply = served.post(PATH, kind, body).await;
        assert_eq!(reply.status, 202, "{kind}");
        let submitted: Submitted = reply.json();
        assert_eq!((submitted.transaction, submitted.workload), (id, Some(WorkloadId(id.0))), "{kind}");
    }
    let transfer = records::signed(Call::Transfer { to: AccountId([8; 32]), amount: Amount(9) });
    let submitted: Submitted = served.post(PATH, BYTES, codec::encode(&transfer)).await.json();
    assert_eq!(submitted.workload, None);
}

#[tokio::test]
async fn what_cannot_be_a_transaction_is_refused_before_the_replica_sees_it() {
    let served = Served::new().await;
    let good = codec::encode(&records::signed(Call::Run(records::run())));
    let with_more = [good.as_slice(), &[0]].concat();
    for (kind, body, status, code) in [
        (BYTES, vec![], 400, "malformed"),
        (BYTES, good[..good.len() - 1].to_vec(), 400, "malformed"),
        (BYTES, with_more, 400, "malformed"),
        (BYTES, vec![0; types::limits::TRANSACTION_MAX + 1], 413, "too-large"),
        (BYTES, vec![0; 5 << 20], 413, "too-large"),
        ("text/plain", b"not hex".to_vec(), 400, "bad-request"),
        ("application/json", b"{}".to_vec(), 400, "bad-request"),
        ("application/json", br#"{"transaction":"00","more":1}"#.to_vec(), 400, "bad-request"),
        ("application/xml", good.clone(), 415, "unsupported-media-type"),
    ] {
        let size = body.len();
        assert_eq!(served.post(PATH, kind, body).await.problem(), (status, code.to_owned()), "{kind} {size}");
    }
    assert_eq!(served.heard(), []);
    let metrics = served.get("/metrics").await.body;
    let metrics = String::from_utf8_lossy(&metrics);
    assert!(metrics.contains("lemma_refused_total{what=\"transaction\",code=\"malformed\"} 3\n"), "{metrics}");
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_a_deaf_engine_is_busy() {
    let served = Served::new().await;
    let bytes = codec::encode(&records::signed(Call::Run(records::run())));
    let funds = Refusal::Funds { balance: Amount(1), needed: Amount(2) };
    let cases = [
        (Answer::Refuse(funds), 402, "funds"),
        (Answer::Refuse(Refusal::NonceGap { got: 2, next: 1 }), 409, "nonce-gap"),
        (Answer::Refuse(Refusal::WrongChain), 422, "wrong-chain"),
        (Answer::Refuse(Refusal::Busy), 503, "busy"),
        (Answer::Deaf, 503, "busy"),
    ];
    for (answer, status, code) in cases {
        served.answers(answer.clone());
        let reply = served.post(PATH, BYTES, bytes.clone()).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{answer:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_in_a_block_may_be_sent_again() {
    let served = Served::new().await;
    served.answers(Answer::Refuse(Refusal::NonceUsed { got: 0, next: 1 }));
    let run = records::signed(Call::Run(records::run()));
    let (id, bytes) = (run.value.id(), codec::encode(&run));
    assert_eq!(served.post(PATH, BYTES, bytes.clone()).await.problem(), (409, "nonce-used".to_owned()));
    let outcome = Outcome { height: Height(5), events: List::default() };
    let (hash, leader) = ([1; 32], PeerId([3; 32]));
    served.publish(Notice::Final { height: 5, hash, time_ms: 6, leader, transactions: vec![id], outcome });
    let reply = served.post(PATH, BYTES, bytes).await;
    assert_eq!(reply.status, 202);
    let submitted: Submitted = reply.json();
    assert_eq!((submitted.transaction, submitted.workload), (id, Some(WorkloadId(id.0))));
    let other = records::signed(Call::Transfer { to: AccountId([8; 32]), amount: Amount(9) });
    let other = served.post(PATH, BYTES, codec::encode(&other)).await;
    assert_eq!(other.problem(), (409, "nonce-used".to_owned()), "another one with a used number");
}

#[tokio::test]
async fn a_transaction_is_followed_through_its_states() {
    let served = Served::new().await;
    let id = TxId([1; 32]);
    let path = format!("{PATH}/{id}");
    let state = async |served: &Served| served.get(&path).await.json::<TransactionStatus>();
    assert_eq!(state(&served).await.state, TransactionState::Unknown);
    served.publish(pending(id, "transfer"));
    assert_eq!(state(&served).await.state, TransactionState::Pending);
    served.publish(Notice::Dropped { transaction: id, refusal: Refusal::NonceUsed { got: 0, next: 1 } });
    let dropped = state(&served).await;
    assert_eq!(dropped.state, TransactionState::Dropped);
    assert_eq!(dropped.refusal.expect("a reason").code, "nonce-used");
    let outcome = Outcome { height: Height(5), events: List::truncated(vec![ChainEvent::BeaconWanted]) };
    let (hash, leader) = ([1; 32], PeerId([3; 32]));
    served.publish(Notice::Final { height: 5, hash, time_ms: 6, leader, transactions: vec![id], outcome });
    let included = state(&served).await;
    assert_eq!((included.state, included.height), (TransactionState::Included, Some(5)));
}

#[tokio::test]
async fn of_a_run_the_state_tells_what_the_node_has_forgotten() {
    let served = Served::new().await;
    served.engine.put(state_key::workload(WorkloadId([1; 32])), &records::workload(State::Queued, vec![]));
    let status: TransactionStatus = served.get(&format!("{PATH}/{}", TxId([1; 32]))).await.json();
    assert_eq!((status.state, status.height), (TransactionState::Included, Some(3)));
}

#[tokio::test]
async fn a_quote_is_the_ledgers_and_its_ends_add_up() {
    let served = Served::new().await;
    let deployed = records::program();
    let id = deployed.program.id();
    served.engine.put(state_key::program(id), &deployed);
    served.engine.put(state_key::meta(), &records::meta(3));
    let offered = Resources { cpus: 8, memory_mib: 8192, disk_mib: 0, gpus: 0, gpu_class: 0, ..Resources::default() };
    served.engine.put(state_key::offers(), &Offers { largest: List::truncated(vec![offered]) });
    let request =
        QuoteRequest { program: id, resources: records::run().resources, compute_max_ms: 60_000, blob_bytes: 0 };
    let ask = async |request: &QuoteRequest| {
        served.post("/v1/quote", "application/json", serde_json::to_string(request).expect("json")).await
    };
    let quote: Quote = ask(&request).await.json();
    let program = records::program().program;
    let run = types::Run { program: id, ..records::run() };
    let offers = Offers { largest: List::truncated(vec![offered]) };
    let (expected, billed) = ledger::quote(&records::meta(3), &offers, &run, &program).expect("a quote");
    assert_eq!((quote.fee, quote.billed_ms, quote.set), ((&expected).into(), billed.0, 3));
    assert_eq!((quote.epoch, quote.compute_price, quote.attempts), (5, Amount(20_000_000), 2));
    assert!(quote.next_epoch_max > quote.fee.total && quote.next_epoch_max.0 < quote.fee.total.0 * 9 / 8 + 1);
    for end in &quote.ends {
        let paid = [end.to_prover, end.to_verdicts, end.refunded, end.burned];
        let sum = paid.into_iter().try_fold(Amount::ZERO, Amount::plus);
        assert_eq!(sum, Some(quote.fee.total), "{end:?}");
    }
    let larger: Quote = ask(&QuoteRequest { blob_bytes: 3 << 20, ..request }).await.json();
    assert!(larger.billed_ms > quote.billed_ms && larger.transaction_fee > quote.transaction_fee);

    assert_eq!(ask(&QuoteRequest { compute_max_ms: 0, ..request }).await.problem(), (422, "out-of-range".to_owned()));
    assert_eq!(ask(&QuoteRequest { blob_bytes: u64::MAX, ..request }).await.problem(), (400, "bad-request".to_owned()));
    let mut large = request;
    large.resources.cpus = 99;
    assert_eq!(ask(&large).await.problem(), (422, "never-served".to_owned()));
    let unknown = QuoteRequest { program: types::ProgramId([0; 32]), ..request };
    assert_eq!(ask(&unknown).await.problem(), (404, "not-found".to_owned()));
    assert_eq!(
        served.post("/v1/quote", "text/plain", "{}").await.problem(),
        (415, "unsupported-media-type".to_owned())
    );
    let long = " ".repeat(20_000);
    assert_eq!(served.post("/v1/quote", "application/json", long).await.problem(), (413, "too-large".to_owned()));
}

#[tokio::test]
async fn a_quote_tells_the_refund_of_every_end_in_words_and_numbers() {
    let served = Served::new().await;
    let deployed = records::program();
    let id = deployed.program.id();
    served.engine.put(state_key::program(id), &deployed);
    served.engine.put(state_key::meta(), &records::meta(3));
    let request =
        QuoteRequest { program: id, resources: records::run().resources, compute_max_ms: 60_000, blob_bytes: 0 };
    let json = serde_json::to_string(&request).expect("json");
    let quote: Quote = served.post("/v1/quote", "application/json", json).await.json();
    let (total, verification, none) = (quote.fee.total, quote.fee.verification, Amount::ZERO);
    let half = quote.fee.compute.share(1, 2).expect("half");
    let told: Vec<_> = quote.ends.iter().map(|end| (end.state.word(), end.to_prover, end.refunded)).collect();
    let expected = [
        ("verified", quote.fee.compute, none),
        ("failed", none, verification),
        ("failed", none, verification),
        ("failed", half, total.minus(half).expect("rest")),
        ("cancelled", none, total),
        ("cancelled", none, verification),
        ("expired", none, total),
        ("expired", none, verification),
    ];
    assert_eq!(told, expected);
    // Half of what one core stands behind is more than the fee: the sender gets as much as was locked.
    let paid: Vec<_> = quote.ends.iter().map(|end| end.compensation).filter(|paid| *paid != none).collect();
    assert_eq!(paid, [total]);
    let words: std::collections::BTreeSet<_> = quote.ends.iter().map(|end| end.when.as_str()).collect();
    assert_eq!(words.len(), quote.ends.len(), "each end is told apart: {words:?}");
}
