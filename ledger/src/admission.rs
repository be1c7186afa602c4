//! What a mempool asks about one transaction, or about one prover's message, against the last applied state: the very checks
//! that execution makes, but that a nonce may come later than the account's next.

use crate::{bond, check, price, vote};
use borsh::BorshDeserialize;
use bytes::Bytes;
use ports::Key;
use types::{
    AccountId, Amount, Call, Genesis, Refusal, Transaction, Workload, codec, fee,
    limits::{LIVE_WORKLOADS_MAX, VALUE_MAX},
    message::SignedProverMessage,
    offence::Evidence,
    record::{Account, DeployedProgram, Live, Meta, Offers, Prover, Registry, Unbonding, Validator, Validators},
    registry::{Registration, Role, SignedHeartbeat},
    state_key,
    transaction::SignedTransaction,
};

/// The keys whose values [`check`] wants, in order: that of the sender's account first.
#[must_use]
pub fn keys(signed: &SignedTransaction) -> Vec<Key> {
    let transaction = &signed.value;
    let account = state_key::account(transaction.sender);
    match &transaction.call {
        Call::Transfer { .. } => vec![account],
        Call::Deploy(program) => vec![account, state_key::program(program.id())],
        Call::Run(run) => vec![account, state_key::program(run.program), state_key::offers()],
        Call::Cancel { workload } => vec![account, state_key::workload(*workload), state_key::live_entry(*workload)],
        Call::Bond { role, .. } | Call::Unbond { role, .. } => {
            vec![account, role_key(*role, transaction.sender), state_key::registry()]
        }
        Call::Register(registration) => {
            let key = state_key::verdict_key(&registration.key);
            vec![account, state_key::prover(transaction.sender), key, state_key::registry()]
        }
        Call::Update(_) | Call::Return => vec![account, state_key::prover(transaction.sender)],
        Call::Vote(_) => vec![account, state_key::validators()],
        Call::Evidence(evidence) => evidence_keys(account, evidence),
    }
}

fn role_key(role: Role, account: AccountId) -> Key {
    match role {
        Role::Validator => state_key::validators(),
        Role::Prover => state_key::prover(account),
    }
}

fn evidence_keys(account: Key, evidence: &Evidence) -> Vec<Key> {
    let (offender, (workload, attempt)) = (evidence.prover(), evidence.attempt());
    let paid = state_key::offence(offender, workload, attempt, evidence.offence());
    vec![account, state_key::workload(workload), state_key::prover(offender), paid]
}

/// Whether a transaction could be in the next block if those before it were. `values` answers [`keys`].
///
/// # Errors
/// The first reason that is found, cheap ones first.
pub fn check(
    genesis: &Genesis,
    meta: &Meta,
    signed: &SignedTransaction,
    values: &[Option<Bytes>],
) -> Result<(), Refusal> {
    let transaction = &signed.value;
    if transaction.chain != meta.chain {
        return Err(Refusal::WrongChain);
    }
    let fee = check::envelope(&meta.params, meta.height.next(), signed)?;
    let account: Account = value(values, 0)?.unwrap_or_default();
    let (got, next) = (transaction.nonce, account.nonce);
    if got < next {
        return Err(Refusal::NonceUsed { got, next });
    }
    check::funds(account.balance, fee, Amount::ZERO)?;
    // Pairings take longer than a signature: they are worked out for whoever signed and can pay, and nobody else.
    let dear = matches!(transaction.call, Call::Register(_) | Call::Evidence(_));
    if dear {
        signed.clone().verify(meta.chain)?;
    }
    let moved = call(genesis, meta, transaction, values)?;
    check::funds(account.balance, fee, moved)?;
    if dear { Ok(()) } else { signed.clone().verify(meta.chain).map(|_| ()) }
}

/// What the call moves or locks, if it can take effect.
fn call(
    genesis: &Genesis,
    meta: &Meta,
    transaction: &Transaction,
    values: &[Option<Bytes>],
) -> Result<Amount, Refusal> {
    match &transaction.call {
        Call::Transfer { amount, .. } => Ok(*amount),
        Call::Deploy(program) => {
            check::program(&meta.params, program)?;
            let known: Option<DeployedProgram> = value(values, 1)?;
            if known.is_some() { Err(Refusal::ProgramExists) } else { Ok(Amount::ZERO) }
        }
        Call::Run(run) => {
            let deployed: Option<DeployedProgram> = value(values, 1)?;
            let program = deployed.as_ref().map(|deployed| &deployed.program);
            let offers: Option<Offers> = value(values, 2)?;
            price::admit(meta, &offers.unwrap_or_default(), run, program).map(|(_, _, locked)| locked)
        }
        Call::Cancel { .. } => {
            let workload: Workload = value(values, 1)?.ok_or(Refusal::UnknownWorkload)?;
            let live: Option<Live> = value(values, 2)?;
            check::cancel(transaction.sender, &workload, live.as_ref()).map(|()| Amount::ZERO)
        }
        Call::Bond { role, amount } => bond(meta, transaction.sender, *role, *amount, values),
        Call::Unbond { role, amount } => unbond(meta, transaction.sender, *role, *amount, values),
        Call::Register(registration) => {
            let locked = register(meta, transaction.sender, registration, values)?;
            locked.plus(test(genesis, meta)?).ok_or(Refusal::Overflow)
        }
        Call::Update(update) => {
            let prover = prover(values)?;
            let Some(capacity) = &update.capacity else { return Ok(Amount::ZERO) };
            check::capacity(&meta.params, &prover, capacity)?;
            if check::more(&prover, capacity) { test(genesis, meta) } else { Ok(Amount::ZERO) }
        }
        Call::Return => check::jail(&prover(values)?, meta.time).map(|()| Amount::ZERO),
        Call::Vote(changes) => {
            validator(transaction.sender, values)?;
            let changed = vote::changed(&meta.params, changes)?.check();
            changed.map(|()| Amount::ZERO).map_err(|error| Refusal::Parameter(error.to_string()))
        }
        Call::Evidence(evidence) => proven(meta, evidence, values).map(|()| Amount::ZERO),
    }
}

fn prover(values: &[Option<Bytes>]) -> Result<Prover, Refusal> {
    value(values, 1)?.ok_or_else(|| Refusal::NoRole("prover".to_owned()))
}

fn validator(account: AccountId, values: &[Option<Bytes>]) -> Result<Validator, Refusal> {
    let all: Validators = value(values, 1)?.unwrap_or_default();
    let own = all.validators.iter().find(|validator| validator.account == account);
    own.cloned().ok_or_else(|| Refusal::NoRole("validator".to_owned()))
}

fn bond(
    meta: &Meta,
    sender: AccountId,
    role: Role,
    amount: Amount,
    values: &[Option<Bytes>],
) -> Result<Amount, Refusal> {
    check::something(amount)?;
    match role {
        Role::Validator => validator(sender, values).map(drop)?,
        Role::Prover => {
            check::bond(&meta.params, prover(values)?.bond.plus(amount).ok_or(Refusal::Overflow)?)?;
            listed(sender, value(values, 2)?)?;
        }
    }
    Ok(amount)
}

fn unbond(
    meta: &Meta,
    sender: AccountId,
    role: Role,
    amount: Amount,
    values: &[Option<Bytes>],
) -> Result<Amount, Refusal> {
    check::something(amount)?;
    let (bond, mut parts) = match role {
        Role::Validator => validator(sender, values).map(|it| (it.bond, it.unbonding))?,
        Role::Prover => prover(values).map(|it| (it.bond, it.unbonding))?,
    };
    let left = bond::less(bond, amount)?;
    if role == Role::Prover {
        check::bond(&meta.params, left)?;
    }
    bond::set_aside(&mut parts, Unbonding { amount, release: meta.time, epoch: meta.epoch })?;
    Ok(Amount::ZERO)
}

/// Whether there is room on the list of provers for an account.
fn listed(account: AccountId, registry: Option<Registry>) -> Result<(), Refusal> {
    bond::listed(registry.unwrap_or_default(), account).map(drop)
}

/// What a test of new capacity locks, if there is room for one.
fn test(genesis: &Genesis, meta: &Meta) -> Result<Amount, Refusal> {
    if meta.live >= LIVE_WORKLOADS_MAX {
        return Err(Refusal::Full(LIVE_WORKLOADS_MAX));
    }
    let fuel = genesis.capacity_test.program.fuel_limit;
    fee::verification(&meta.params, fuel, meta.set_size).ok_or(Refusal::Overflow)
}

fn register(
    meta: &Meta,
    sender: AccountId,
    registration: &Registration,
    values: &[Option<Bytes>],
) -> Result<Amount, Refusal> {
    if value::<Prover>(values, 1)?.is_some() {
        return Err(Refusal::Registered);
    }
    check::registration(&meta.params, registration)?;
    if value::<AccountId>(values, 2)?.is_some() {
        return Err(Refusal::VerdictKey("was registered before".to_owned()));
    }
    listed(sender, value(values, 3)?)?;
    check::possession(meta.chain, sender, registration)?;
    Ok(registration.bond)
}

fn proven(meta: &Meta, evidence: &Evidence, values: &[Option<Bytes>]) -> Result<(), Refusal> {
    if value::<bool>(values, 3)?.is_some() {
        return Err(Refusal::Punished);
    }
    let workload: Workload = value(values, 1)?.ok_or(Refusal::UnknownWorkload)?;
    let prover: Prover = value(values, 2)?.ok_or_else(|| Refusal::NoRole("prover".to_owned()))?;
    check::at_stake(&prover)?;
    check::evidence(&meta.params, &workload, evidence, meta.time)?;
    check::signed(meta.chain, &prover.key, evidence)
}

/// The keys whose values [`check_evidence`] wants, in order.
#[must_use]
pub fn keys_of_evidence(evidence: &Evidence) -> Vec<Key> {
    evidence_keys(state_key::meta(), evidence)
}

/// Whether evidence could be in the next block. `values` answers [`keys_of_evidence`].
///
/// # Errors
/// The first reason that is found.
pub fn check_evidence(meta: &Meta, evidence: &Evidence, values: &[Option<Bytes>]) -> Result<(), Refusal> {
    proven(meta, evidence, values)
}

/// Whether a heartbeat could be in the next block. `prover` is what the state holds of its prover.
///
/// # Errors
/// The first reason that is found. [`Refusal::Repeated`] means that it took effect, or need not.
pub fn check_heartbeat(meta: &Meta, signed: &SignedHeartbeat, prover: Option<&Prover>) -> Result<(), Refusal> {
    let prover = prover.ok_or_else(|| Refusal::NoRole("prover".to_owned()))?;
    check::heartbeat(prover, &signed.value, meta.epoch)?;
    signed.clone().verify(meta.chain).map(|_| ())
}

/// Whether a prover's message could be in the next block. `workload` is what the state holds of the workload it names.
///
/// # Errors
/// The first reason that is found. [`Refusal::Repeated`] means that it took effect.
pub fn check_message(meta: &Meta, signed: &SignedProverMessage, workload: Option<&Workload>) -> Result<(), Refusal> {
    let message = &signed.value;
    check::turn(workload.ok_or(Refusal::UnknownWorkload)?, message)?;
    check::message(&meta.params, message)?;
    signed.clone().verify(meta.chain).map(|_| ())
}

fn value<T: BorshDeserialize>(values: &[Option<Bytes>], index: usize) -> Result<Option<T>, Refusal> {
    let Some(bytes) = values.get(index).and_then(Option::as_ref) else { return Ok(None) };
    codec::decode(bytes, VALUE_MAX).map(Some).map_err(|error| Refusal::Malformed(error.to_string()))
}
