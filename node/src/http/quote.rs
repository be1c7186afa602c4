//! What a run would cost: the ledger says it.

mod ends;

use super::{
    Asked, Gateway,
    extract::{body, content_type, json},
    failure::{Answer, Failure},
};
use crate::state::decode;
use api::{Fee, Problem, Quote, QuoteRequest, problem};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use types::{
    AccountId, Amount, BlobId, ChainId, Data, Height, Input, InputRole, InputSource, List, Millis, Program, Run,
    Transaction, codec, fee,
    record::{DeployedProgram, Meta, Offers},
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
    let (height, meta, offers) = present(&gateway).await?;
    let quoted = ledger::quote(&meta, &offers, &run, &program.program);
    let (quote, billed) = quoted.map_err(|refusal| Problem::from(&refusal))?;
    let (fee, params) = (Fee::from(&quote), &meta.params);
    let ends = ends::ends(params, &request.resources, &quote, meta.set_size);
    Ok(Json(Quote {
        next_epoch_max: next_epoch_max(&meta, &run, &program.program, billed).unwrap_or(fee.total),
        fee,
        transaction_fee: fee::transaction_fee(params, transaction_bytes(run)).unwrap_or(Amount(u64::MAX)),
        billed_ms: billed.0,
        set: meta.set_size,
        compute_price: meta.compute_price,
        epoch: meta.epoch,
        attempts: params.attempts_max,
        ends,
        height,
    }))
}

/// What holds now, all of one height.
async fn present(gateway: &Gateway) -> Answer<(u64, Meta, Offers)> {
    let (height, values) = gateway.state.raw(vec![state_key::meta(), state_key::offers()]).await?;
    let [meta, offers] = values.as_slice() else {
        return Err(Failure::new(problem::INTERNAL, "the engine did not answer every question"));
    };
    let meta = meta.as_deref().map(decode).transpose()?;
    let offers: Option<Offers> = offers.as_deref().map(decode).transpose()?;
    let meta = meta.ok_or_else(|| Failure::new(problem::BUSY, "there is no block yet"))?;
    Ok((height, meta, offers.unwrap_or_default()))
}

/// What it would cost at the highest price that the next epoch can have: all that is offered was in use.
fn next_epoch_max(meta: &Meta, run: &Run, program: &Program, billed: Millis) -> Option<Amount> {
    let price = fee::next_price(&meta.params, meta.compute_price, 1, 1);
    fee::quote(&meta.params, price, run, billed, program.fuel_limit, meta.set_size)?.total()
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
