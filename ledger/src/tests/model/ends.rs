//! What blocks tell of workloads: how each goes on, comes to its end, and what that moves.

use super::*;

impl Model {
    pub(super) fn allocated(&mut self, id: WorkloadId, attempt: u16, prover: AccountId, world: &World) {
        let until = self.time + self.params.accept_window.0;
        let job = self.job(id);
        assert_eq!((job.state, job.kind, job.draws.len()), (State::Queued, Kind::Run, usize::from(attempt) - 1));
        assert!(!job.accepted.contains(&prover), "whoever accepted is out");
        (job.state, job.until) = (State::Allocated, until);
        job.draws.push(prover);
        let cores = job.cores;
        let rig = self.rig(prover);
        (rig.in_use, rig.live) = (rig.in_use + cores, rig.live + 1);
        let draw: Draw = world.memory.find(state_key::draw(id, attempt)).expect("well formed").expect("a draw");
        self.records = self.records.split_off(&draw.height);
        assert!(self.records[&draw.height][&prover] >= cores, "nobody is given more than the record says");
        for record in self.records.values_mut() {
            record.entry(prover).and_modify(|free| *free = free.saturating_sub(cores));
        }
    }

    pub(super) fn accepted(&mut self, id: WorkloadId, prover: AccountId) {
        let now = self.time;
        let job = self.job(id);
        assert_eq!((job.state, job.prover()), (State::Allocated, prover));
        (job.state, job.until) = (State::Proving, now + job.billed);
        job.accepted.insert(prover);
    }

    pub(super) fn proved(&mut self, id: WorkloadId) {
        let set = self.set;
        let job = self.job(id);
        assert_eq!(job.state, State::Proving);
        (job.state, job.set) = (State::Proved, set);
        self.free(id);
    }

    /// Computing is over.
    fn free(&mut self, id: WorkloadId) {
        let (kind, cores, prover) = (self.jobs[&id].kind, self.jobs[&id].cores, self.jobs[&id].prover());
        if kind == Kind::Run {
            self.rig(prover).in_use -= cores;
        }
    }

    /// What a certificate in this block said of an attempt.
    pub(super) fn decide(&mut self, id: WorkloadId, attempt: u16, body: &Body) {
        let about = |subject: &types::verdict::Subject| (subject.workload, subject.attempt) == (id, attempt);
        if let Some(settlement) = body.settlements.iter().find(|settlement| about(&settlement.subject)) {
            self.job(id).decided.insert(attempt, settlement.certificate.verdict);
        }
    }

    pub(super) fn attempt_ended(&mut self, id: WorkloadId, prover: AccountId, end: AttemptEndKind) {
        let before = match end {
            AttemptEndKind::Silent | AttemptEndKind::HandedBack => State::Allocated,
            AttemptEndKind::Failed | AttemptEndKind::Missed => State::Proving,
            AttemptEndKind::Rejected | AttemptEndKind::Unavailable | AttemptEndKind::Undecided => State::Proved,
        };
        let job = self.job(id);
        assert_eq!((job.state, job.prover()), (before, prover), "{end:?}");
        if end == AttemptEndKind::Failed {
            job.failed.insert(prover);
        }
        let (kind, user) = (job.kind, job.sender);
        if before != State::Proved {
            self.free(id);
        }
        if matches!(end, AttemptEndKind::Silent | AttemptEndKind::Missed) {
            self.heard_out(self.jobs[&id].until);
        }
        use AttemptEndKind::{Missed, Silent, Unavailable};
        if kind == Kind::Run && matches!(end, Silent | Missed | Unavailable) {
            self.miss(prover, user, false);
        }
        self.rig(prover).live -= 1;
        self.job(id).state = State::Queued;
    }

    /// Rule 7: since a time, blocks of f + 1 different leaders have passed before this one.
    fn heard_out(&self, since: u64) {
        let leaders: BTreeSet<Peer> =
            self.led.iter().filter(|(time, _)| *time >= since).map(|(_, peer)| *peer).collect();
        assert!(
            leaders.len() as u64 > (self.seats - 1) / 3,
            "a miss after {} leaders of {}",
            leaders.len(),
            self.seats
        );
    }

    pub(super) fn slashed(&mut self, prover: AccountId, id: WorkloadId, offence: Offence, amount: u64) {
        let (kind, sender, cores, locked) = {
            let job = self.job(id);
            (job.kind, job.sender, job.cores, job.locked())
        };
        let units = match offence {
            Offence::RejectedProof | Offence::TwoAnnouncements => cores.max(1),
            Offence::FalseVerdict | Offence::TwoVerdicts => (self.stakes[&prover].bond / self.unit() / 10).max(1),
        };
        let asked = u128::from(self.unit()) * u128::from(units) * u128::from(self.params.slash) / 1000;
        let stake = self.stakes.get_mut(&prover).expect("a bond");
        assert_eq!(u128::from(amount), asked.min(stake.all().into()), "{offence:?}");
        stake.lose(amount);
        let user = offence == Offence::RejectedProof && kind == Kind::Run;
        let back = if user { (amount / 2).min(locked) } else { 0 };
        self.get(sender, back);
        self.burned += amount - back;
    }

    pub(super) fn ended(&mut self, id: WorkloadId, state: State, reason: EndReason, body: &Body) {
        let job = self.job(id);
        let (sender, kind, compute, verification) = (job.sender, job.kind, job.compute, job.verification);
        let (before, locked, spoiled) = (job.state, job.locked(), !job.failed.is_empty());
        (job.state, job.open) = (state, false);
        let attempts = self.params.attempts_max;
        match (state, reason) {
            (State::Verified, EndReason::Proved) => return self.verified(id, before, body),
            (State::Failed, EndReason::AttemptsUsed) => {
                let job = self.job(id);
                let used = job.accepted.len() as u64 >= attempts || job.draws.len() == types::limits::DRAWS_MAX;
                assert!(used || kind == Kind::Test, "attempts are left");
                self.get(sender, verification);
                self.burned += compute;
            }
            (State::Failed, EndReason::Undecided) => {
                let prover = self.job(id).prover();
                self.get(prover, compute / 2);
                self.get(sender, locked - compute / 2);
            }
            (State::Cancelled, EndReason::Cancelled) | (State::Expired, EndReason::NoProver) => {
                let back = if spoiled { verification } else { locked };
                self.get(sender, back);
                self.burned += locked - back;
            }
            other => panic!("{TORN}: {other:?}"),
        }
        assert_eq!(before, State::Queued);
        if kind == Kind::Test {
            self.rig(sender).declared = None;
        }
    }

    fn verified(&mut self, id: WorkloadId, before: State, body: &Body) {
        assert_eq!(before, State::Proved);
        let attempt = self.job(id).draws.len() as u16;
        self.decide(id, attempt, body);
        let job = &self.jobs[&id];
        assert_eq!(job.decided.get(&attempt), Some(&Verdict::Valid));
        let (sender, kind, prover, compute) = (job.sender, job.kind, job.prover(), job.compute);
        let (members, failed) = (self.sets[&job.set].clone(), job.failed.clone());
        self.rig(prover).misses.retain(|_, (_, fail)| !*fail);
        failed.into_iter().for_each(|failed| self.miss(failed, sender, true));
        let job = &self.jobs[&id];
        let settled = body.settlements.iter().find(|settlement| settlement.subject.workload == id);
        let signers: Vec<usize> = settled.expect("a settlement").certificate.signers().collect();
        let all: u64 = members.iter().map(|(_, bond)| bond).sum();
        let share = |bond: u64| (u128::from(job.verification) * u128::from(bond) / u128::from(all)) as u64;
        let shares: Vec<_> = signers.iter().map(|index| (members[*index].0, share(members[*index].1))).collect();
        assert!(3 * signers.iter().map(|index| members[*index].1).sum::<u64>() >= 2 * all);
        self.burned += job.verification - shares.iter().map(|(_, share)| share).sum::<u64>();
        self.get(prover, compute);
        shares.into_iter().for_each(|(member, share)| self.get(member, share));
        self.rig(prover).live -= 1;
        if kind == Kind::Test {
            self.rig(sender).declared = None;
        }
    }
}
