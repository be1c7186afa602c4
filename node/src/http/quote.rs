//! What a run would cost: the ledger says it.

use super::{
    Asked,
    extract::{body, content_type, json},
    failure::{Answer, Failure},
};
use api::{Fee, Payout, Problem, Quote, QuoteRequest, WorkloadState, problem};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use types::{
    AccountId, Amount, BlobId, ChainId, Data, Height, Input, InputRole, InputSource, List, Millis, Run, Transaction,
    codec, fee,
    record::{DeployedProgram, Meta},
    sign::{Signature, Signed},
    state_key,
};

const BODY_MAX: usize = 16 * 1024;

pub(super) async fn quote(State(gateway): Asked, headers: HeaderMap, request: Body) -> Answer<Json<Quote>> {
    let bytes = body(request, BODY_MAX).await?;
    let kind = content_type(&headers);
    if kind != "application/json" {
        return Err(Failure::new(problem::MEDIA_TYPE, format!("{kind:?} is not application/json")));
    }
    let request: QuoteRequest = json(&bytes)?;
    let run = run(&request, gateway.genesis.params.blob_bytes_max)?;
    let (_, program) = gateway.state.get::<DeployedProgram>(state_key::program(request.program)).await?;
    let program = program.ok_or_else(|| {
        Problem::new(problem::NOT_FOUND, format!("program {} is not deployed", request.program))
            .hinting("deploy the program first")
    })?;
    let (height, meta) = gateway.state.get::<Meta>(state_key::meta()).await?;
    let meta = meta.ok_or_else(|| Problem::new(problem::BUSY, "there is no block yet"))?;
    let quoted = ledger::quote(&gateway.genesis, &meta, &run, &program.program);
    let (quote, billed) = quoted.map_err(|refusal| Problem::from(&refusal))?;
    let bytes = transaction_bytes(run);
    Ok(Json(Quote {
        fee: Fee::from(&quote),
        transaction_fee: fee::transaction_fee(&gateway.genesis.params, bytes).unwrap_or(Amount(u64::MAX)),
        billed_ms: billed.0,
        set: meta.set_size,
        ends: ends(&quote, meta.set_size),
        height,
    }))
}

/// A run of the kind that is asked about: its blobs are as many of the largest size as it takes.
fn run(request: &QuoteRequest, blob_bytes_max: u64) -> Answer<Run> {
    let max = blob_bytes_max.max(1);
    let sizes = (0..request.blob_bytes.div_ceil(max)).map(|n| (request.blob_bytes - n * max).min(max));
    let blob = BlobId([0; 32]);
    let input = |size| Input { role: InputRole::Witness, source: InputSource::Blob { blob, size } };
    // One more than there may be is enough to be refused.
    let inputs = sizes.take(types::limits::INPUTS_MAX + 1).map(input).collect();
    let inputs = List::new(inputs).map_err(|_| {
        let max = max.saturating_mul(types::limits::INPUTS_MAX as u64);
        Failure::new(problem::BAD_REQUEST, format!("the inputs of a run have at most {max} bytes"))
    })?;
    Ok(Run {
        program: request.program,
        arguments: Data::default(),
        inputs,
        resources: request.resources,
        compute_max: Millis(request.compute_max_ms),
        fee_max: Amount(u64::MAX),
    })
}

/// The length of a transaction with this run.
fn transaction_bytes(run: Run) -> usize {
    let value = Transaction {
        chain: ChainId([0; 32]),
        sender: AccountId([0; 32]),
        nonce: 0,
        fee_limit: Amount::ZERO,
        valid_until: Height(0),
        call: types::Call::Run(run),
    };
    codec::encode(&Signed { value, signature: Signature([0; 64]) }).len()
}

/// Where the money goes at each end (rules 3, 8, 11 and 12), as the ledger pays out.
fn ends(quote: &types::Quote, set: u64) -> Vec<Payout> {
    let total = quote.total().unwrap_or(Amount(u64::MAX));
    let back = |state, reason: &str, to_prover: Amount, to_verdicts: Amount, refunded: Amount| {
        let paid = to_prover.plus(to_verdicts).and_then(|sum| sum.plus(refunded)).unwrap_or(total);
        let burned = total.minus(paid).unwrap_or_default();
        Payout { state, reason: reason.to_owned(), to_prover, to_verdicts, refunded, burned }
    };
    let each = quote.verification.share(1, set).unwrap_or_default();
    let verdicts = each.times(set).unwrap_or_default();
    let half = quote.compute.share(1, 2).unwrap_or_default();
    let none = Amount::ZERO;
    vec![
        back(WorkloadState::Verified, "proved", quote.compute, verdicts, none),
        back(WorkloadState::Failed, "attempts-used", none, none, quote.verification),
        back(WorkloadState::Failed, "undecided", half, none, total.minus(half).unwrap_or_default()),
        back(WorkloadState::Cancelled, "cancelled", none, none, total),
        back(WorkloadState::Expired, "no-prover", none, none, total),
    ]
}
