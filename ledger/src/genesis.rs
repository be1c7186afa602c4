//! The first thing a block does: the chain's totals and its time; block 1 also writes what genesis sets.

use crate::{
    epoch,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, ChainTime, Genesis, Height, List,
    genesis::GenesisValidator,
    record::{Account, DeployedProgram, Meta, Prover, Registry, Validator, Validators},
    state_key,
};

/// Takes over what the parent left, and sets the clock.
pub(crate) fn open(work: &mut Work) -> Outcomes {
    let meta: Option<Meta> = work.find(state_key::meta())?;
    match (work.context.height, meta) {
        (1, None) => write(work)?,
        (1, Some(_)) => return Err(Stop::Broken("there is something before block 1")),
        (_, Some(meta)) => work.meta = meta,
        (_, None) => return Err(Stop::Broken("there is nothing before this block")),
    }
    follows_parent(work)?;
    let now = work.now();
    let step = now.time.since(work.meta.time).0;
    let sum = |units: u64| u128::from(units).saturating_mul(step.into());
    let (used, offered) = (sum(work.meta.units_used), sum(work.meta.units_offered));
    work.meta.used = work.meta.used.saturating_add(used);
    work.meta.offered = work.meta.offered.saturating_add(offered);
    (work.meta.height, work.meta.time) = (now.height, now.time);
    Ok(())
}

/// Chain time never goes back, and one block adds at most `step_max` to it.
fn follows_parent(work: &Work) -> Outcomes {
    let (context, parent) = (&work.context, &work.meta);
    if parent.height.next() != Height(context.height) {
        return Err(Stop::Invalid("its height is not the next"));
    }
    if parent.time != ChainTime(context.parent_time_ms) {
        return Err(Stop::Invalid("its parent has another chain time"));
    }
    let latest = parent.time.after(work.meta.params.step_max);
    if context.time_ms < context.parent_time_ms || ChainTime(context.time_ms) > latest {
        return Err(Stop::Invalid("its chain time is outside of the step that is allowed"));
    }
    Ok(())
}

/// Writes what genesis sets: balances, provers with their bonds, and the first verdict set.
fn write(work: &mut Work) -> Outcomes {
    let genesis = work.genesis.clone();
    for entry in &genesis.accounts {
        work.keep_account(entry.account, &Account { balance: entry.balance, nonce: 0 });
        add(&mut work.meta.totals.balances, entry.balance)?;
    }
    let at = work.now();
    let program = genesis.capacity_test.program.clone();
    work.write(state_key::program(program.id()), &DeployedProgram { program, deployer: AccountId([0; 32]), at });
    write_validators(work, &genesis)?;
    write_provers(work, &genesis)
}

fn write_validators(work: &mut Work, genesis: &Genesis) -> Outcomes {
    let mut all = Vec::new();
    for GenesisValidator { peer, account, bond, .. } in &genesis.validators {
        add(&mut work.meta.totals.bonds, *bond)?;
        all.push(Validator { peer: *peer, account: *account, bond: *bond, unbonding: List::default() });
    }
    work.meta.led = List::truncated(vec![Height(0); all.len()]);
    work.meta.seats = genesis.first_seats().len() as u64;
    work.write(state_key::validators(), &Validators { validators: List::truncated(all) });
    epoch::name_seats(work, 0)
}

/// The provers of genesis are active at once, those with the largest bonds as far as there is room.
fn write_provers(work: &mut Work, genesis: &Genesis) -> Outcomes {
    let mut ranked = Vec::new();
    for prover in &genesis.provers {
        let bond = genesis.bond(prover).ok_or(Stop::Broken("a bond cannot be counted"))?;
        add(&mut work.meta.totals.bonds, bond)?;
        let mut record = Prover::new(prover.account, prover.key, bond, 0);
        record.capacity = prover.capacity;
        record.address.clone_from(&prover.address);
        work.write(state_key::prover(prover.account), &record);
        work.write(state_key::verdict_key(&prover.key), &prover.account);
        ranked.push(prover.account);
    }
    work.write(state_key::registry(), &Registry { provers: List::truncated(ranked) });
    let registry: Registry = work.read(state_key::registry())?;
    epoch::turn_set(work, &registry, 0)
}

fn add(sum: &mut Amount, amount: Amount) -> Outcomes {
    *sum = sum.plus(amount).ok_or(Stop::Broken("genesis has more money than can be counted"))?;
    Ok(())
}
