//! What a mempool asks about one transaction, or about one prover's message, against the last applied state: the very checks
//! that execution makes, but that a nonce may come later than the account's next.

use crate::{check, price};
use borsh::BorshDeserialize;
use bytes::Bytes;
use ports::Key;
use types::{
    Amount, Call, Genesis, Refusal, Transaction, Workload, codec,
    limits::VALUE_MAX,
    message::SignedProverMessage,
    record::{Account, DeployedProgram, Live, Meta},
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
        Call::Run(run) => vec![account, state_key::program(run.program)],
        Call::Cancel { workload } => vec![account, state_key::workload(*workload), state_key::live_entry(*workload)],
    }
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
    let fee = check::envelope(genesis, meta.height.next(), signed)?;
    let account: Account = value(values, 0)?.unwrap_or_default();
    let (got, next) = (transaction.nonce, account.nonce);
    if got < next {
        return Err(Refusal::NonceUsed { got, next });
    }
    let moved = call(genesis, meta, transaction, values)?;
    check::funds(account.balance, fee, moved)?;
    signed.clone().verify(meta.chain).map(|_| ())
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
            check::program(&genesis.params, program)?;
            let known: Option<DeployedProgram> = value(values, 1)?;
            if known.is_some() { Err(Refusal::ProgramExists) } else { Ok(Amount::ZERO) }
        }
        Call::Run(run) => {
            let deployed: Option<DeployedProgram> = value(values, 1)?;
            let program = deployed.as_ref().map(|deployed| &deployed.program);
            price::admit(genesis, meta, run, program).map(|(_, _, locked)| locked)
        }
        Call::Cancel { .. } => {
            let workload: Workload = value(values, 1)?.ok_or(Refusal::UnknownWorkload)?;
            let live: Option<Live> = value(values, 2)?;
            check::cancel(transaction.sender, &workload, live.as_ref()).map(|()| Amount::ZERO)
        }
    }
}

/// Whether a prover's message could be in the next block. `workload` is what the state holds of the workload it names.
///
/// # Errors
/// The first reason that is found. [`Refusal::Repeated`] means that it took effect.
pub fn check_message(
    genesis: &Genesis,
    meta: &Meta,
    signed: &SignedProverMessage,
    workload: Option<&Workload>,
) -> Result<(), Refusal> {
    let message = &signed.value;
    check::turn(workload.ok_or(Refusal::UnknownWorkload)?, message, meta.time)?;
    check::message(&genesis.params, message)?;
    signed.clone().verify(meta.chain).map(|_| ())
}

fn value<T: BorshDeserialize>(values: &[Option<Bytes>], index: usize) -> Result<Option<T>, Refusal> {
    let Some(bytes) = values.get(index).and_then(Option::as_ref) else { return Ok(None) };
    codec::decode(bytes, VALUE_MAX).map(Some).map_err(|error| Refusal::Malformed(error.to_string()))
}
