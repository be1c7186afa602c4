//! Programs, provers and accounts.

use super::{
    Asked,
    extract::{Asking, Named},
    failure::Answer,
    lists::{entries, next, range},
};
use api::{Account, Accounts, Problem, Program, Programs, Prover, ProverState, Provers, problem};
use axum::{Json, extract::State};
use serde::Deserialize;
use types::{AccountId, ProgramId, record, state_key};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichPrograms {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    account: Option<AccountId>,
}

pub(super) async fn programs(State(gateway): Asked, Asking(which): Asking<WhichPrograms>) -> Answer<Json<Programs>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let page = gateway.desk.index.programs(range, which.account).await?;
    let keys = page.entries.into_iter().map(state_key::program).collect();
    let (_, programs) = gateway.state.all::<record::DeployedProgram>(keys).await?;
    Ok(Json(Programs { programs: programs.iter().flatten().map(Program::from).collect(), next: next(page.next) }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichAccounts {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
}

pub(super) async fn accounts(State(gateway): Asked, Asking(which): Asking<WhichAccounts>) -> Answer<Json<Accounts>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let page = gateway.desk.index.accounts(range).await?;
    let keys = page.entries.iter().map(|id| state_key::account(*id)).collect();
    let (height, known) = gateway.state.all::<record::Account>(keys).await?;
    let show = |(account, known): (AccountId, Option<record::Account>)| {
        let record::Account { balance, nonce } = known.unwrap_or_default();
        Account { account, balance, nonce, height }
    };
    Ok(Json(Accounts { accounts: page.entries.into_iter().zip(known).map(show).collect(), next: next(page.next) }))
}

pub(super) async fn program(State(gateway): Asked, Named(id): Named<ProgramId>) -> Answer<Json<Program>> {
    let (_, program) = gateway.state.get::<record::DeployedProgram>(state_key::program(id)).await?;
    let program = program.ok_or_else(|| {
        Problem::new(problem::NOT_FOUND, format!("program {id} is not deployed")).hinting("deploy the program first")
    })?;
    Ok(Json(Program::from(&program)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichProvers {
    limit: Option<usize>,
    /// The last account of the page before.
    cursor: Option<AccountId>,
    state: Option<ProverState>,
}

/// Those that are registered. One that took back its whole bond is no longer among them, and still found by its account.
pub(super) async fn provers(State(gateway): Asked, Asking(which): Asking<WhichProvers>) -> Answer<Json<Provers>> {
    let limit = entries(which.limit);
    let (height, registry) = gateway.state.get::<record::Registry>(state_key::registry()).await?;
    let mut left = registry.unwrap_or_default().provers.into_vec();
    left.retain(|account| which.cursor.is_none_or(|last| *account > last));
    let mut provers = Vec::new();
    for some in left.chunks(limit + 1) {
        let keys = some.iter().map(|account| state_key::prover(*account)).collect();
        let (_, read) = gateway.state.all::<record::Prover>(keys).await?;
        let fits = |prover: &Prover| which.state.is_none_or(|state| prover.state == state);
        provers.extend(read.iter().flatten().map(Prover::from).filter(fits));
        if provers.len() > limit {
            break;
        }
    }
    let more = provers.len() > limit;
    provers.truncate(limit);
    let next = provers.last().filter(|_| more).map(|prover| prover.account.to_string());
    Ok(Json(Provers { height, provers, next }))
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
