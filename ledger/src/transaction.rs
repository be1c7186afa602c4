//! Transactions (rule 1): the fee goes from the sender to the leader, the nonce counts up, then the call takes effect.

use crate::{
    bond, check, life, live,
    money::Why,
    offence,
    pages::QUEUE,
    price, registration, vote,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, Call, ChainEvent, EndReason, List, Millis, Program, Quote, Refusal, Run, Runtime, State,
    Transaction, Workload, WorkloadId,
    record::{Cause, DeployedProgram, Live, Offers},
    state_key,
    transaction::SignedTransaction,
    workload::Kind,
};

/// Takes a transaction.
pub(crate) fn take(work: &mut Work, signed: &SignedTransaction) -> Outcomes {
    let transaction = &signed.value;
    work.prove(|_, chain| signed.clone().verify(chain).map(|_| ()))?;
    let fee = check::envelope(&work.meta.params, work.now().height, signed)?;
    let sender = transaction.sender;
    pay_fee(work, transaction, fee)?;
    match &transaction.call {
        Call::Transfer { to, amount } => work.pay(sender, *to, *amount, Why(Cause::Transfer, Some(transaction.id().0))),
        Call::Deploy(program) => deploy(work, sender, program),
        Call::Run(run) => queue(work, transaction, run),
        Call::Cancel { workload } => cancel(work, sender, *workload),
        Call::Bond { role, amount } => bond::bond(work, sender, *role, *amount, transaction.id()),
        Call::Unbond { role, amount } => bond::unbond(work, sender, *role, *amount),
        Call::Register(registration) => registration::register(work, transaction, registration),
        Call::Update(update) => registration::update(work, sender, update, transaction.id()),
        Call::Return => registration::return_from_jail(work, sender),
        Call::Vote(changes) => vote::take(work, sender, changes),
        Call::Evidence(evidence) => offence::take(work, evidence),
    }
}

/// Counts the nonce up, and pays the leader.
fn pay_fee(work: &mut Work, transaction: &Transaction, fee: Amount) -> Outcomes {
    let leader = leader(work)?;
    work.require([transaction.sender, leader].map(state_key::account))?;
    let mut account = work.account(transaction.sender)?;
    nonce(transaction.nonce, account.nonce).or_else(|refusal| if work.scouting { Ok(()) } else { Err(refusal) })?;
    account.nonce = transaction.nonce.checked_add(1).ok_or(Refusal::Overflow)?;
    work.keep_account(transaction.sender, &account);
    work.pay(transaction.sender, leader, fee, Why(Cause::Fee, Some(transaction.id().0)))
}

fn nonce(got: u64, next: u64) -> Result<(), Refusal> {
    match got.cmp(&next) {
        std::cmp::Ordering::Less => Err(Refusal::NonceUsed { got, next }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Refusal::NonceGap { got, next }),
    }
}

/// The account of the validator that proposed the block.
fn leader(work: &Work) -> Outcomes<AccountId> {
    let mut validators = work.genesis.validators.iter();
    let leader = validators.find(|validator| validator.peer.0 == work.context.leader);
    leader.map(|validator| validator.account).ok_or(Stop::Invalid("its leader is no validator"))
}

/// Makes a program known, once.
fn deploy(work: &mut Work, deployer: AccountId, program: &Program) -> Outcomes {
    check::program(&work.meta.params, program)?;
    let (id, at) = (program.id(), work.now());
    let key = state_key::program(id);
    if work.find::<DeployedProgram>(key)?.is_some() {
        return Err(Refusal::ProgramExists.into());
    }
    work.write(key, &DeployedProgram { program: program.clone(), deployer, at });
    work.meta.programs = work.meta.programs.saturating_add(1);
    work.tell(ChainEvent::Deployed { program: id })
}

/// Makes a workload of a run (rules 2 and 3): its fee is locked, and it waits for a draw until it expires.
fn queue(work: &mut Work, transaction: &Transaction, run: &Run) -> Outcomes {
    let deployed: Option<DeployedProgram> = work.find(state_key::program(run.program))?;
    let program = deployed.as_ref().map(|deployed| &deployed.program);
    let offers: Option<Offers> = work.find(state_key::offers())?;
    let (fee, billed, locked) = price::admit(&work.meta, &offers.unwrap_or_default(), run, program)?;
    work.lock(transaction.sender, locked, Why(Cause::Lock, Some(transaction.id().0)))?;
    let runtime = program.map(|program| program.runtime).ok_or(Refusal::UnknownProgram)?;
    let mut workload = fresh(work, transaction, run, runtime, (fee, billed));
    let expiry = workload.created.time.after(work.meta.params.queue_window);
    life::enter(work, &mut workload, State::Queued, expiry)?;
    work.create(state_key::workload(workload.id), &workload);
    live::add(work, workload.id)?;
    QUEUE.push(work, workload.id)?;
    work.meta.workloads = work.meta.workloads.saturating_add(1);
    work.tell(ChainEvent::Queued { workload: workload.id, sender: workload.sender })
}

fn fresh(
    work: &Work,
    transaction: &Transaction,
    run: &Run,
    runtime: Runtime,
    (fee, billed): (Quote, Millis),
) -> Workload {
    let now = work.now();
    Workload {
        id: transaction.id().into(),
        kind: Kind::Run,
        sender: transaction.sender,
        run: run.clone(),
        runtime,
        state: State::Queued,
        created: now,
        since: now,
        moves_on: None,
        overtime: None,
        renewals: 0,
        fee,
        billed,
        attempts: List::default(),
        end: None,
    }
}

/// Takes a run back (rule 6): it has no effect on draws that are fixed already.
fn cancel(work: &mut Work, sender: AccountId, id: WorkloadId) -> Outcomes {
    work.require([state_key::workload(id), state_key::live_entry(id)])?;
    let mut workload = life::find(work, id)?;
    let entry: Option<Live> = work.find(state_key::live_entry(id))?;
    check::cancel(sender, &workload, entry.as_ref())?;
    let back = life::back(&workload)?;
    life::end(work, &mut workload, State::Cancelled, EndReason::Cancelled, &back)?;
    life::keep(work, &workload);
    Ok(())
}
