//! What transactions do.

use super::*;

impl Model {
    pub(super) fn transact<'a>(
        &mut self,
        transaction: &Transaction,
        events: &mut impl Iterator<Item = &'a ChainEvent>,
        world: &World,
    ) {
        let (sender, id) = (transaction.sender, WorkloadId::from(transaction.id()));
        match &transaction.call {
            Call::Transfer { to, amount } => {
                self.give(sender, amount.0);
                self.get(*to, amount.0);
            }
            Call::Deploy(program) => {
                assert_eq!(events.next(), Some(&ChainEvent::Deployed { program: program.id() }));
                self.deploy(program);
            }
            Call::Run(run) => {
                assert_eq!(events.next(), Some(&ChainEvent::Queued { workload: id, sender }));
                self.queue(sender, id, run);
            }
            Call::Cancel { workload } => {
                assert_eq!(self.job(*workload).sender, sender);
                self.tell(events.next().expect(TORN), &Body::default(), world);
            }
            Call::Bond { amount, .. } => {
                self.give(sender, amount.0);
                self.stakes.get_mut(&sender).expect("a role").bond += amount.0;
            }
            Call::Unbond { amount, .. } => {
                let part = (amount.0, self.time + self.params.unbond_delay.0);
                let stake = self.stakes.get_mut(&sender).expect("a role");
                stake.bond = stake.bond.checked_sub(amount.0).expect("a bond that is large enough");
                stake.parts.push(part);
            }
            Call::Register(registration) => self.register(sender, id, registration, events),
            Call::Update(update) => self.update(sender, id, update, events),
            Call::Return => self.rig(sender).jailed = false,
            Call::Vote(changes) if changes.is_empty() => drop(self.ballots.remove(&sender)),
            Call::Vote(changes) => drop(self.ballots.insert(sender, changes.clone())),
            Call::Evidence(evidence) => {
                self.convict(evidence);
                self.tell(events.next().expect(TORN), &Body::default(), world);
            }
        }
    }

    /// Rule 3, by hand: price × time × (cores and what goes with them), fuel × set × price.
    fn queue(&mut self, sender: AccountId, id: WorkloadId, run: &Run) {
        let (fuel, artifacts) = self.programs[&run.program];
        let moving = self.params.transfer_base.0 + (artifacts + run.blob_bytes()) / self.params.transfer_bytes_per_ms;
        let billed = run.compute_max.0 + moving;
        let Resources { cpus, memory_mib, disk_mib, gpus, .. } = run.resources;
        let up = |mib: u32, weight: u64| (u64::from(mib) * weight).div_ceil(1024);
        let weight = u64::from(cpus.max(1)) * 1000
            + up(memory_mib, self.params.memory_weight)
            + up(disk_mib, self.params.disk_weight)
            + u64::from(gpus) * self.params.gpu_weight;
        let compute = u128::from(billed) * u128::from(weight) * u128::from(self.price);
        let job = Job {
            kind: Kind::Run,
            sender,
            state: State::Queued,
            cores: cpus.into(),
            compute: compute.div_ceil(1_000_000) as u64,
            verification: self.verification(fuel),
            billed,
            open: true,
            set: 0,
            until: 0,
            draws: Vec::new(),
            accepted: BTreeSet::new(),
            failed: BTreeSet::new(),
            decided: BTreeMap::new(),
        };
        assert!(job.locked() <= run.fee_max.0);
        self.give(sender, job.locked());
        self.jobs.insert(id, job);
    }

    fn verification(&self, fuel: u64) -> u64 {
        fuel.div_ceil(1_000_000) * self.params.verification_price.0 * self.sets[&self.set].len() as u64
    }

    fn register<'a>(
        &mut self,
        sender: AccountId,
        id: WorkloadId,
        registration: &Registration,
        events: &mut impl Iterator<Item = &'a ChainEvent>,
    ) {
        self.give(sender, registration.bond.0);
        let before = self.stakes.insert(sender, Stake { bond: registration.bond.0, parts: Vec::new() });
        assert!(before.is_none() && registration.bond.0 / self.unit() >= registration.capacity.cpus.into());
        self.rigs.insert(sender, Rig::default());
        self.test(sender, id, registration.capacity.cpus.into(), events);
    }

    fn update<'a>(
        &mut self,
        sender: AccountId,
        id: WorkloadId,
        update: &ProverUpdate,
        events: &mut impl Iterator<Item = &'a ChainEvent>,
    ) {
        let rig = self.rig(sender);
        rig.draining = update.drain.unwrap_or(rig.draining);
        let Some(cores) = update.capacity.map(|capacity| u64::from(capacity.cpus)) else { return };
        assert!(rig.declared.is_none(), "one test at a time");
        if cores > rig.cores {
            self.test(sender, id, cores, events);
        } else {
            rig.cores = cores;
        }
    }

    /// The chain asks for a test of what is declared.
    fn test<'a>(
        &mut self,
        sender: AccountId,
        id: WorkloadId,
        declared: u64,
        events: &mut impl Iterator<Item = &'a ChainEvent>,
    ) {
        assert_eq!(events.next(), Some(&ChainEvent::Queued { workload: id, sender }));
        assert_eq!(events.next(), Some(&ChainEvent::Allocated { workload: id, attempt: 1, prover: sender }));
        let (until, verification) = (self.time + self.params.accept_window.0, self.verification(self.test.0));
        let rig = self.rig(sender);
        let cores = declared.saturating_sub(rig.in_use).max(1);
        (rig.declared, rig.live) = (Some(declared), rig.live + 1);
        // Ten seconds, and a fifth of one for each MiB of the GiB that goes with each core that is idle.
        let memory = (1024 * declared.saturating_sub(rig.in_use)).max(4);
        let billed = (10_000 + 200 * memory).min(self.test.1) + self.params.transfer_base.0;
        self.give(sender, verification);
        let job = Job {
            kind: Kind::Test,
            sender,
            state: State::Allocated,
            cores,
            compute: 0,
            verification,
            billed,
            open: true,
            set: 0,
            until,
            draws: vec![sender],
            accepted: BTreeSet::new(),
            failed: BTreeSet::new(),
            decided: BTreeMap::new(),
        };
        self.jobs.insert(id, job);
    }

    /// Evidence that a block took proves something, and was not paid for before.
    pub(super) fn convict(&mut self, evidence: &Evidence) {
        let (prover, (workload, attempt)) = (evidence.prover(), evidence.attempt());
        assert!(self.punished.insert((prover, workload, attempt, evidence.offence())), "paid twice");
        let job = &self.jobs[&workload];
        match evidence {
            Evidence::FalseVerdict(signed) => {
                let against = [Some(Verdict::Valid), Some(Verdict::Invalid)];
                let found = [Some(signed.verdict), job.decided.get(&attempt).copied()];
                assert!(found == against || found == [against[1], against[0]], "{found:?}");
            }
            Evidence::TwoVerdicts { one, other } => {
                let mut both = [one.verdict, other.verdict];
                both.sort();
                assert_eq!((one.subject, both), (other.subject, [Verdict::Valid, Verdict::Invalid]));
            }
            Evidence::TwoAnnouncements { one, other } => {
                assert_eq!((one.value.attempt, one.value.prover), (other.value.attempt, other.value.prover));
                assert_eq!(job.draws[usize::from(attempt) - 1], prover);
                assert_ne!(one.value.action, other.value.action);
            }
        }
    }
}
