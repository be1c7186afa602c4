//! How provers are and fare.

use crate::{
    commands::{Context, list::Count},
    output::{BAD, FAINT, GOOD, short, styled},
    units::{Span, size},
};
use api::{Breaker, ProgramRoom, Prover};
use client::ProverFilter;
use serde::Serialize;
use types::{AccountId, Amount, Millis, Params, Resources};

/// Provers, by account.
pub async fn list(context: &Context, filter: ProverFilter, count: Count) -> anyhow::Result<()> {
    let header = [
        "prover",
        "state",
        "bond",
        "cores",
        "in use",
        "allocated",
        "verified",
        "failed",
        "missed",
        "rejected",
        "earned",
        "address",
    ];
    let row = |prover: &Prover| {
        let tally = &prover.tally;
        [
            short(prover.account),
            prover.state.to_string(),
            prover.bond.to_string(),
            prover.capacity.cpus.to_string(),
            prover.in_use.cpus.to_string(),
            tally.allocated.to_string(),
            tally.verified.to_string(),
            tally.failed.to_string(),
            tally.missed.to_string(),
            tally.rejected.to_string(),
            tally.earned.to_string(),
            prover.address.clone(),
        ]
    };
    count.print(context, context.client()?.provers(filter), header, row).await
}

/// One prover.
pub async fn status(context: &Context, account: AccountId) -> anyhow::Result<()> {
    let client = context.client()?;
    let (prover, status, params) = (client.prover(account).await?, client.status().await?, client.params().await?);
    let params = params.values().map_err(client::ClientError::Answer)?;
    let own = status.prover == Some(account);
    let (programs, breaker) = (status.programs.filter(|_| own), status.breaker.filter(|_| own));
    context.out.result(&Shown { prover, programs, breaker }, |it| {
        let mut lines = shown(&it.prover, &params, status.time_ms, status.epoch);
        lines.extend(it.programs.as_ref().map(room));
        lines.extend(it.breaker.as_ref().map(circuit));
        lines.join("\n")
    })
}

/// A prover; and where the node that is asked is its own, what runs there.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    prover: Prover,
    #[serde(skip_serializing_if = "Option::is_none")]
    programs: Option<ProgramRoom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<Breaker>,
}

fn circuit(it: &Breaker) -> String {
    if !it.open {
        return format!("breaker    closed: {} of {} failures in a row", it.failures, it.failures_max);
    }
    let by: Vec<String> = it.by.iter().map(|it| format!("{} at {}", it.what, short(it.workload))).collect();
    let why = format!("{}; mend the cause, then `lemma prover resume`", by.join(", "));
    format!("breaker    {}", styled(BAD, format_args!("open, no new workloads: {why}")))
}

fn room(it: &ProgramRoom) -> String {
    format!(
        "node       {} attempts run and {} wait for room: {} of {} cores, {} of {} memory",
        it.running,
        it.waiting,
        it.cores_taken,
        it.cores,
        size(it.memory_taken_mib << 20),
        size(it.memory_mib << 20),
    )
}

fn shown(it: &Prover, params: &Params, now: u64, epoch: u64) -> Vec<String> {
    let left = |until: u64| Span(Millis(until.saturating_sub(now)));
    let mut lines = vec![
        format!("prover     {}", it.account),
        format!("state      {}", state(it, params, now)),
        format!("bond       {} LEM, which covers {} cores", it.bond, units(it.bond, params)),
    ];
    lines.extend(it.unbonding.iter().map(|part| {
        format!("           {} LEM taken back, still locked for {} at least", part.amount, left(part.release_ms))
    }));
    lines.push(format!("capacity   {}", resources(&it.capacity)));
    lines.extend(it.declared.as_ref().map(|declared| format!("declared   {}", resources(declared))));
    lines.extend(it.test.map(|test| format!("test       workload {test}")));
    lines.push(format!("in use     {}; {} attempts are not over", resources(&it.in_use), it.live));
    if !it.address.is_empty() {
        lines.push(format!("address    {}", it.address));
    }
    lines.push(format!("seen       in epoch {}; this is epoch {epoch}", it.seen));
    lines.push(format!("misses     {} of {} that jail", it.misses.len(), params.jail_users));
    let tally = &it.tally;
    lines.push(format!(
        "tally      {} allocated, {} verified, {} failed, {} missed, {} rejected, {} verdicts, {} LEM earned",
        tally.allocated, tally.verified, tally.failed, tally.missed, tally.rejected, tally.verdicts, tally.earned
    ));
    lines.push(format!("key        {}", styled(FAINT, it.key)));
    lines
}

/// Whether it gets work, and what to do if not.
fn state(it: &Prover, params: &Params, now: u64) -> String {
    let covered = units(it.bond, params);
    match it {
        Prover { jailed_until_ms: Some(until), .. } if *until > now => {
            let left = Span(Millis(until - now));
            styled(BAD, format_args!("jailed for another {left}; then `lemma prover return`"))
        }
        Prover { jailed_until_ms: Some(_), .. } => styled(BAD, "jailed; `lemma prover return` ends it"),
        Prover { draining: true, .. } => "draining: no new workloads; `lemma prover resume` ends it".to_owned(),
        Prover { test: Some(_), capacity: Resources { cpus: 0, .. }, .. } => {
            "its capacity is being tested; it counts once that is passed".to_owned()
        }
        Prover { capacity: Resources { cpus: 0, .. }, .. } => {
            styled(BAD, "no capacity passed a test; `lemma prover update` declares it again")
        }
        _ if covered == 0 => styled(BAD, "its bond covers no core; `lemma prover bond`"),
        Prover { member: true, .. } => styled(GOOD, "active: in the verdict set, and drawn for workloads"),
        _ => "not in the verdict set; it is from the next epoch on, if its node is up and its bond among the largest"
            .to_owned(),
    }
}

fn units(bond: Amount, params: &Params) -> u64 {
    bond.0.checked_div(params.bond_per_unit.0).unwrap_or(0)
}

fn resources(it: &Resources) -> String {
    let mut words = vec![
        format!("{} cores", it.cpus),
        format!("{} memory", size(u64::from(it.memory_mib) << 20)),
        format!("{} disk", size(u64::from(it.disk_mib) << 20)),
    ];
    if it.gpus > 0 {
        words.push(format!("{} graphics processors of {} GiB", it.gpus, it.gpu_class));
    }
    if !it.runtimes.is_empty() {
        words.push(format!("runs {}", it.runtimes));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{ChainTime, WorkloadId, verdict::VerdictKey};

    fn prover(change: impl FnOnce(&mut types::record::Prover)) -> Prover {
        let bond = Params::default().bond_per_unit.times(2).expect("amount");
        let mut record = types::record::Prover::new(AccountId([1; 32]), VerdictKey([2; 96]), bond, 3);
        record.capacity = Resources { cpus: 2, ..Resources::default() };
        change(&mut record);
        Prover::from(&record)
    }

    #[test]
    fn what_keeps_a_prover_from_work_is_said_with_what_to_do() {
        let say = |change: fn(&mut types::record::Prover)| state(&prover(change), &Params::default(), 5_000);
        assert!(say(|it| it.member = true).contains("active"));
        assert!(say(|_| ()).contains("next epoch"));
        assert!(say(|it| it.jailed = Some(ChainTime(65_000))).contains("jailed for another 1 m 0 s"));
        assert!(say(|it| it.jailed = Some(ChainTime(4_000))).contains("`lemma prover return`"));
        assert!(say(|it| it.draining = true).contains("`lemma prover resume`"));
        assert!(say(|it| it.capacity.cpus = 0).contains("`lemma prover update`"));
        assert!(say(|it| (it.capacity.cpus, it.test) = (0, Some(WorkloadId([1; 32])))).contains("being tested"));
        assert!(say(|it| it.bond = Amount(5)).contains("`lemma prover bond`"));
    }

    #[test]
    fn all_that_is_known_of_a_prover_is_shown() {
        let shown = shown(
            &prover(|it| {
                let part =
                    types::record::Unbonding { amount: Amount(5_000_000_000), release: ChainTime(7_205_000), epoch: 1 };
                it.unbonding = types::List::truncated(vec![part]);
                it.declared = Some(Resources { cpus: 4, gpus: 1, gpu_class: 24, ..Resources::default() });
                it.address = types::Text::truncated("http://prover.example:1");
            }),
            &Params::default(),
            5_000,
            4,
        )
        .join("\n");
        for words in [
            "covers 2 cores",
            "5 LEM taken back, still locked for 2 h 0 m",
            "1 graphics processors of 24 GiB",
            "http://prover.example:1",
            "in epoch 3; this is epoch 4",
            "0 of 3 that jail",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
}
