//! Transactions (rule 1): the fee goes from the sender to the leader, the nonce counts up, then the call takes effect.

use crate::{
    check,
    life::{self, Payout},
    live,
    pages::QUEUE,
    price,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, Call, ChainEvent, EndReason, List, Millis, Program, Quote, Refusal, Run, State, Transaction,
    Workload, WorkloadId,
    record::{DeployedProgram, Live},
    state_key,
    transaction::SignedTransaction,
};

/// Takes a transaction.
pub(crate) fn take(work: &mut Work, signed: &SignedTransaction) -> Outcomes {
    let transaction = &signed.value;
    work.prove(|_, chain| signed.clone().verify(chain).map(|_| ()))?;
    let fee = check::envelope(&work.genesis, work.now().height, signed)?;
    pay_fee(work, transaction, fee)?;
    match &transaction.call {
        Call::Transfer { to, amount } => transfer(work, transaction.sender, *to, *amount),
        Call::Deploy(program) => deploy(work, transaction.sender, program),
        Call::Run(run) => queue(work, transaction, run),
        Call::Cancel { workload } => cancel(work, transaction.sender, *workload),
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
    work.pay(transaction.sender, leader, fee)
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

/// Moves money; to oneself as well.
fn transfer(work: &mut Work, from: AccountId, to: AccountId, amount: Amount) -> Outcomes {
    work.pay(from, to, amount)
}

/// Makes a program known, once.
fn deploy(work: &mut Work, deployer: AccountId, program: &Program) -> Outcomes {
    check::program(&work.genesis.params, program)?;
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
    let (fee, billed, locked) = price::admit(&work.genesis, &work.meta, run, program)?;
    work.lock(transaction.sender, locked)?;
    let mut workload = fresh(work, transaction, run, fee, billed);
    let expiry = workload.created.time.after(work.genesis.params.queue_window);
    life::enter(work, &mut workload, State::Queued, expiry)?;
    work.create(state_key::workload(workload.id), &workload);
    live::add(work, workload.id)?;
    QUEUE.push(work, workload.id)?;
    work.meta.workloads = work.meta.workloads.saturating_add(1);
    work.tell(ChainEvent::Queued { workload: workload.id, sender: workload.sender })
}

fn fresh(work: &Work, transaction: &Transaction, run: &Run, fee: Quote, billed: Millis) -> Workload {
    let now = work.now();
    Workload {
        id: transaction.id().into(),
        sender: transaction.sender,
        run: run.clone(),
        state: State::Queued,
        created: now,
        since: now,
        moves_on: None,
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
    let all = Payout::refund(life::locked(&workload)?);
    life::end(work, &mut workload, State::Cancelled, EndReason::Cancelled, &all)?;
    life::keep(work, &workload);
    Ok(())
}
