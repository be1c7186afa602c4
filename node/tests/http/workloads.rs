//! Workloads, and what came of them.

use crate::{
    fake::{Served, pending},
    records::{attempt, failed, meta, valid, workload},
};
use api::{Workload, WorkloadState, Workloads, paths};
use node::StoreLimits;
use receipt::Receipt;
use std::fs;
use types::{
    BlobId, Height, List, State, TxId, WorkloadId, codec,
    message::Bundle,
    record::{Live, Page},
    state_key,
};

const ID: WorkloadId = WorkloadId([1; 32]);

fn path(rest: &str) -> String {
    format!("/v1/workloads/{ID}{rest}")
}

fn keep(served: &Served, workload: &types::Workload) {
    served.engine.put(state_key::workload(ID), workload);
}

#[tokio::test]
async fn a_run_is_pending_until_its_block() {
    let served = Served::new().await;
    assert_eq!(served.get(&path("")).await.problem(), (404, "not-found".to_owned()));
    served.publish(pending(TxId(ID.0), "run"));
    let shown: Workload = served.get(&path("")).await.json();
    assert_eq!((shown.state, shown.run), (WorkloadState::Pending, None));
    let listed: Workloads = served.get("/v1/workloads?limit=5&state=pending").await.json();
    assert_eq!(listed.workloads.iter().map(|it| it.workload).collect::<Vec<_>>(), [ID]);
    let listed: Workloads = served.get("/v1/workloads?state=verified").await.json();
    assert_eq!(listed.workloads, []);
}

/// What is said of every workload of these tests that waits.
const REST: &str = "it has waited 6.2 s and expires in 15.8 s; 3.2 LEM locked, none of it paid yet";

#[tokio::test]
async fn a_queued_workload_says_what_it_waits_for() {
    let served = Served::new().await;
    let explain = async |served: &Served| served.get(&path("")).await.json::<Workload>().explain;
    keep(&served, &workload(State::Queued, vec![]));
    served.engine.put(state_key::meta(), &meta(3));
    assert_eq!(explain(&served).await, format!("queued: waits until 4 provers are active, where 3 are; {REST}"));
    served.engine.put(state_key::meta(), &meta(4));
    // The queue of the record begins at entry 130: the third of the second page.
    let others = [7, 8, 9, 10].map(|byte| WorkloadId([byte; 32]));
    let page = Page { entries: List::truncated([&others[..], &[ID]].concat()) };
    served.engine.put(state_key::queue(1), &page);
    assert_eq!(
        explain(&served).await,
        format!("queued: waits for a prover with a core and 64 MiB free, behind 2 workloads; {REST}")
    );
    served.engine.put(state_key::live_entry(ID), &Live { index: 0, draw: Some(Height(57)) });
    assert_eq!(explain(&served).await, format!("queued: waits for the beacon of block 57; {REST}"));
}

#[tokio::test]
async fn a_proof_is_given_out_as_what_it_is() {
    let served = Served::new().await;
    let bundle = Bundle { proof: b"proof".to_vec(), public: b"public".to_vec() };
    let bytes = codec::encode(&bundle);
    let kept = served.store.put(&bytes).expect("kept");
    let announced = Some((kept.blob, kept.size));
    keep(&served, &workload(State::Proving, vec![attempt(None, None)]));
    assert_eq!(served.get(&path("/proof")).await.problem(), (404, "no-proof".to_owned()));

    keep(&served, &workload(State::Proved, vec![attempt(announced, None)]));
    assert_eq!(served.get(&path("/proof")).await.problem(), (409, "not-verified-yet".to_owned()));
    let early = served.get(&path("/proof?unverified=true")).await;
    assert_eq!((early.status, early.header(paths::VERIFIED_HEADER), &early.body[..]), (200, "false", &b"proof"[..]));

    keep(&served, &workload(State::Verified, vec![attempt(announced, Some(valid()))]));
    for (part, expected) in [("proof", &b"proof"[..]), ("public", b"public"), ("bundle", &bytes)] {
        let reply = served.get(&path(&format!("/proof?part={part}"))).await;
        assert_eq!((reply.status, &reply.body[..]), (200, expected), "{part}");
        assert_eq!(reply.header(paths::VERIFIED_HEADER), "true");
        assert_eq!(reply.header(paths::BLOB_HEADER), kept.blob.to_string());
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn what_is_no_bundle_has_no_parts_and_a_damaged_one_is_gone() {
    let served = Served::new().await;
    let bytes = codec::encode(&Bundle { proof: vec![1; 300], public: vec![2; 20] });
    let longer = [&bytes[..], &[0]].concat();
    let lies = [u32::MAX.to_le_bytes().as_slice(), &[0; 60]].concat();
    for (junk, whole) in [(&bytes, true), (&longer, false), (&lies, false), (&bytes[..7].to_vec(), false)] {
        let kept = served.store.put(junk).expect("kept");
        keep(&served, &workload(State::Verified, vec![attempt(Some((kept.blob, kept.size)), Some(valid()))]));
        for part in ["proof", "public"] {
            let reply = served.get(&path(&format!("/proof?part={part}"))).await;
            match whole {
                true => assert_eq!(reply.header("content-length"), reply.body.len().to_string()),
                false => assert_eq!(reply.problem(), (404, "no-proof".to_owned())),
            }
        }
        fs::write(served.file(kept.blob), b"damaged").expect("written");
        for _ in 0..2 {
            assert_eq!(served.get(&path("/proof")).await.problem(), (404, "blob-absent".to_owned()));
        }
        assert_eq!(served.store.size(kept.blob), None);
    }
}

#[tokio::test]
async fn a_proof_is_read_as_it_is_sent() {
    let store = StoreLimits { blob_bytes_max: 64 << 20, total_bytes_max: 64 << 20 };
    let served = Served::with(node::Http::default(), store).await;
    // More than all buffers between the file and the reader hold.
    let bundle = Bundle { proof: vec![1; 48 << 20], public: vec![] };
    let kept = served.store.put(&codec::encode(&bundle)).expect("kept");
    keep(&served, &workload(State::Verified, vec![attempt(Some((kept.blob, kept.size)), Some(valid()))]));
    let response = served.client.get(served.url(&path("/proof"))).send().await.expect("a response");
    assert_eq!(response.status(), 200);
    fs::File::options().write(true).open(served.file(kept.blob)).and_then(|file| file.set_len(0)).expect("emptied");
    assert!(response.bytes().await.is_err(), "what was not sent yet is nowhere else");
}

#[tokio::test]
async fn a_proof_that_is_elsewhere_is_named() {
    let served = Served::new().await;
    let announced = Some((BlobId([9; 32]), 40));
    keep(&served, &workload(State::Verified, vec![attempt(announced, Some(valid()))]));
    for part in ["proof", "bundle"] {
        let reply = served.get(&path(&format!("/proof?part={part}"))).await;
        assert_eq!(reply.problem(), (404, "blob-absent".to_owned()));
    }
}

#[tokio::test]
async fn a_receipt_holds_what_its_end_needs() {
    let served = Served::new().await;
    keep(&served, &workload(State::Queued, vec![]));
    assert_eq!(served.get(&path("/receipt")).await.problem(), (409, "not-ended-yet".to_owned()));

    keep(&served, &workload(State::Expired, vec![]));
    let reply = served.get(&path("/receipt")).await;
    let expired = Receipt::decode(&reply.body).expect("a receipt");
    assert_eq!((expired.chain, expired.draw, expired.set, expired.bundle), (served.genesis.chain(), None, None, None));
    assert!(reply.header("content-disposition").contains(&ID.to_string()));

    let bytes = codec::encode(&Bundle { proof: b"proof".to_vec(), public: vec![] });
    let kept = served.store.put(&bytes).expect("kept");
    keep(&served, &workload(State::Verified, vec![attempt(Some((kept.blob, kept.size)), Some(valid()))]));
    assert_eq!(served.get(&path("/receipt")).await.problem().0, 404, "the draw cannot be proved");
    served.engine.put(state_key::draw(ID, 1), &1_u8);
    served.engine.put(state_key::verdict_set(0), &2_u8);
    let verified = Receipt::decode(&served.get(&path("/receipt")).await.body).expect("a receipt");
    assert_eq!(verified.draw.map(|it| it.value), Some(vec![1]));
    assert_eq!(verified.set.map(|it| it.value), Some(vec![2]));
    assert_eq!(verified.bundle, Some(bytes));
    assert_eq!((verified.header, verified.certificate), (b"header".to_vec(), b"certificate".to_vec()));
}

#[tokio::test]
async fn a_log_is_that_of_the_attempt_that_was_asked_for() {
    let served = Served::new().await;
    let kept = served.store.put(b"it went wrong").expect("kept");
    let attempts = vec![attempt(None, Some(failed(Some((kept.blob, kept.size))))), attempt(None, None)];
    keep(&served, &workload(State::Proving, attempts));
    assert_eq!(served.get(&path("/log?attempt=1")).await.body, "it went wrong");
    for attempt in ["", "?attempt=2", "?attempt=0", "?attempt=3"] {
        assert_eq!(
            served.get(&path(&format!("/log{attempt}"))).await.problem(),
            (404, "no-log".to_owned()),
            "{attempt}"
        );
    }
    keep(&served, &workload(State::Proving, vec![attempt(None, Some(failed(Some((BlobId([9; 32]), 1)))))]));
    assert_eq!(served.get(&path("/log")).await.problem(), (404, "blob-absent".to_owned()));
}
