//! Programs, provers and accounts.

use super::{Asked, extract::Named, failure::Answer};
use api::{Account, Problem, Program, Prover, Provers, problem};
use axum::{Json, extract::State};
use types::{AccountId, ProgramId, record, state_key};

pub(super) async fn program(State(gateway): Asked, Named(id): Named<ProgramId>) -> Answer<Json<Program>> {
    let (_, program) = gateway.state.get::<record::DeployedProgram>(state_key::program(id)).await?;
    let program = program.ok_or_else(|| {
        Problem::new(problem::NOT_FOUND, format!("program {id} is not deployed")).hinting("deploy the program first")
    })?;
    Ok(Json(Program::from(&program)))
}

/// All that are registered. One that took back its whole bond is no longer among them, and still found by its account.
pub(super) async fn provers(State(gateway): Asked) -> Answer<Json<Provers>> {
    let (_, registry) = gateway.state.get::<record::Registry>(state_key::registry()).await?;
    let registry = registry.unwrap_or_default();
    let keys = registry.provers.iter().map(|account| state_key::prover(*account)).collect();
    let (height, provers) = gateway.state.all::<record::Prover>(keys).await?;
    Ok(Json(Provers { height, provers: provers.iter().flatten().map(Prover::from).collect() }))
}

pub(super) async fn prover(State(gateway): Asked, Named(id): Named<AccountId>) -> Answer<Json<Prover>> {
    let (_, prover) = gateway.state.get::<record::Prover>(state_key::prover(id)).await?;
    let prover = prover.ok_or_else(|| Problem::new(problem::NOT_FOUND, format!("{id} is no prover")))?;
    Ok(Json(Prover::from(&prover)))
}

pub(super) async fn account(State(gateway): Asked, Named(id): Named<AccountId>) -> Answer<Json<Account>> {
    let (height, account) = gateway.state.get::<record::Account>(state_key::account(id)).await?;
    let record::Account { balance, nonce } = account.unwrap_or_default();
    Ok(Json(Account { account: id, balance, nonce, height }))
}
