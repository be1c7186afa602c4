//! How each deed is done.

use super::*;

impl Play {
    pub(super) fn lead(&mut self, who: u8) {
        self.leaders = match who {
            0..=2 => Some([who + 1; 2]),
            3..=5 => Some([who - 2, who + 1]),
            _ => None,
        };
        self.world.leader = None;
    }

    pub(super) fn beat(&mut self, who: u16, late: bool) {
        for (index, secret) in self.world.provers.iter().enumerate().filter(|(index, _)| who >> index & 1 == 1) {
            let good = Heartbeat { chain: self.world.chain(), prover: secret.account(), epoch: self.next_epoch() };
            let secret = &self.world.provers[if late && index == 0 { 1 } else { index }];
            let epoch = if late { good.epoch.wrapping_sub(1) } else { good.epoch };
            self.next.heartbeats.push(Signed::new(Heartbeat { epoch, ..good }, secret));
        }
    }

    fn next_epoch(&self) -> u64 {
        self.world.context(0).epoch
    }

    pub(super) fn stake(&mut self, who: usize, back: bool, amount: Amount) {
        let (role, account) = if who.is_multiple_of(3) {
            (Role::Validator, self.validator(who / 3))
        } else {
            (Role::Prover, self.prover(who / 3))
        };
        let call = if back { Call::Unbond { role, amount } } else { Call::Bond { role, amount } };
        self.send(account, call);
    }

    pub(super) fn register(&mut self, who: usize, cpus: u32, possessed: bool) {
        let account = self.world.provers[5 + who % NEWCOMERS].account();
        let bond = Amount(UNIT.0.saturating_mul(u64::from(cpus)).max(UNIT.0));
        let capacity = if cpus < 100 { cores(cpus) } else { types::Resources { cpus, ..cores(1) } };
        let mut registration = types::registry::Registration { bond, ..self.world.registration(account, cores(1)) };
        registration.capacity = capacity;
        if !possessed {
            registration.possession = self.world.registration(self.prover(who), cores(1)).possession;
        }
        self.send(account, Call::Register(Box::new(registration)));
    }

    pub(super) fn update(&mut self, who: usize, cpus: Option<u32>, drain: Option<bool>) {
        let size = |cpus| if cpus < 100 { cores(cpus) } else { types::Resources { cpus, ..cores(1) } };
        let update = ProverUpdate { capacity: cpus.map(size), drain, address: None };
        self.send(self.prover(who), Call::Update(update));
    }

    /// A prover wants out of jail: mostly one that is in it.
    pub(super) fn give_back(&mut self, who: usize) {
        let jailed = |secret: &&SecretKey| {
            self.is_registered(secret.account()) && self.world.prover(secret.account()).jailed.is_some()
        };
        let all: Vec<AccountId> = self.world.provers.iter().filter(jailed).map(SecretKey::account).collect();
        let prover = who.checked_rem(all.len()).map_or_else(|| self.prover(who), |index| all[index]);
        self.send(prover, Call::Return);
    }

    /// Few things to vote for, so that some get enough votes: all seats vote together half of the time.
    pub(super) fn vote(&mut self, who: usize, what: u8) {
        let wanted = match what {
            0 => changes(&[("bond_per_unit", UNIT.0 / 2), ("jail_users", 2)]),
            1 => changes(&[("bond_per_unit", UNIT.0)]),
            2 => changes(&[("attempts_max", 3), ("slash", 300)]),
            3 => changes(&[("slash", 1_000), ("transaction_fee", 7)]),
            4 => changes(&[("provers_max", 4)]),
            5 => changes(&[]),
            6 => changes(&[("nothing", 4)]),
            _ => changes(&[("unbond_delay", 1), ("validator_bond_min", 0)]),
        };
        let all = who.is_multiple_of(2);
        for index in (0..self.world.validators.len()).filter(|index| all || index % 7 == who / 2 % 7) {
            self.send(self.validator(index), Call::Vote(wanted.clone()));
        }
    }

    /// Evidence: true, signed by another, or about something else.
    pub(super) fn accuse(&mut self, who: usize, which: usize, (kind, truth): (u8, u8), send: bool) {
        let judged = |id: &WorkloadId| {
            let end = self.world.workload(*id).attempts.last().and_then(|attempt| attempt.end.clone());
            matches!(end, Some((_, AttemptEnd::Valid(_) | AttemptEnd::Rejected(_))))
        };
        let all: Vec<WorkloadId> = self.world.seen.workloads.iter().copied().filter(judged).collect();
        let found = if kind == 0 && !which.is_multiple_of(4) {
            which.checked_rem(all.len()).map(|index| all[index])
        } else {
            None
        };
        let Some(id) = found.or_else(|| self.workload(which)) else { return };
        let workload = self.world.workload(id);
        let Some(last) = workload.attempts.last() else { return };
        let proof = last.announced.map_or(BlobId::of(BUNDLE), |announced| announced.proof);
        let attempt = workload.attempts.len() as u16 + u16::from(truth == 1);
        let subject = Subject { workload: id, attempt, proof: if truth == 2 { BlobId::of(b"none") } else { proof } };
        let prover = if kind == 2 { last.prover } else { self.prover(who) };
        if !self.is_registered(prover) {
            return;
        }
        let says = |verdict| {
            let signed = self.world.verdict(prover, subject, verdict);
            let other = self.prover(who.wrapping_add(1));
            SignedVerdict { prover: if truth == 3 { other } else { prover }, ..signed }
        };
        let announces = |proof: &[u8]| self.world.says(prover, id, announcement(proof));
        let evidence = match kind {
            0 => Evidence::FalseVerdict(says(if which.is_multiple_of(2) { Verdict::Valid } else { Verdict::Invalid })),
            1 if truth == 4 => Evidence::TwoVerdicts { one: says(Verdict::Valid), other: says(Verdict::Unavailable) },
            1 => Evidence::TwoVerdicts { one: says(Verdict::Valid), other: says(Verdict::Invalid) },
            _ if truth == 4 => Evidence::TwoAnnouncements { one: announces(BUNDLE), other: announces(BUNDLE) },
            _ => Evidence::TwoAnnouncements { one: announces(BUNDLE), other: announces(b"another") },
        };
        if send {
            self.send(self.world.user(who % 3), Call::Evidence(Box::new(evidence)));
        } else {
            self.next.evidence.push(evidence);
        }
    }

    pub(super) fn beacon(&mut self) {
        let wanted = self.world.wanted();
        self.next.beacons.extend(wanted.first().map(|height| self.world.beacon(*height)));
    }

    pub(super) fn false_beacon(&mut self, height: Height, signed: bool) {
        let of = if signed { height } else { height.next() };
        let beacon = self.world.group.sign(self.world.chain(), of);
        self.next.beacons.push(BeaconEntry { height, beacon });
    }

    pub(super) fn transfer(&mut self, from: usize, to: usize, amount: Amount) {
        let to = match to % 7 {
            0 => self.validator(to / 7),
            1 => AccountId([(to / 7) as u8; 32]),
            2 => self.prover(to / 7),
            _ => self.world.user(self.user(to / 7)),
        };
        self.call(self.user(from), Call::Transfer { to, amount });
    }

    pub(super) fn run(&mut self, user: usize, cpus: u32, compute: u64, fee_max: u64) {
        let run = Run {
            resources: cores(cpus),
            compute_max: Millis(compute),
            fee_max: Amount(fee_max),
            ..run_of(program().id())
        };
        self.call(self.user(user), Call::Run(run));
    }

    pub(super) fn cancel(&mut self, user: usize, which: usize) {
        let Some(workload) = self.workload(which) else { return };
        let own = self.world.workload(workload).sender;
        let sender = if user.is_multiple_of(4) { self.world.user(self.user(user / 4)) } else { own };
        self.send(sender, Call::Cancel { workload });
    }

    pub(super) fn action(what: u8) -> ProverAction {
        match what {
            0 => ProverAction::Accept,
            1 => ProverAction::HandBack,
            2 => ProverAction::Fail(Fail { kind: FailKind::Exit, reason: Text::truncated("exit 1"), log: None }),
            3 => ProverAction::Announce { proof: BlobId::of(b"another"), size: 7 },
            4 => ProverAction::Announce { proof: BlobId::of(BUNDLE), size: u64::MAX },
            _ => ProverAction::Announce { proof: BlobId::of(BUNDLE), size: BUNDLE.len() as u64 },
        }
    }

    /// What a prover says: the one that was drawn last, or any other.
    pub(super) fn say(&mut self, who: Option<usize>, which: usize, attempt: u16, what: u8) {
        let Some(id) = self.workload(which) else { return };
        let drawn = self.world.workload(id).attempts.last().map(|attempt| attempt.prover);
        let prover = who.map_or_else(|| drawn.unwrap_or_else(|| self.prover(which)), |who| self.prover(who));
        let mut message = self.world.says(prover, id, Self::action(what)).value;
        message.attempt = message.attempt.wrapping_sub(attempt / 2);
        let secret = self.world.secret_of(prover);
        self.next.messages.push(Signed::new(message, secret));
    }

    pub(super) fn settle(&mut self, which: usize, verdict: u8, signers: u8, about: u8, bundle: bool) {
        let proved = |id: &WorkloadId| self.world.state(*id) == State::Proved;
        let known: Vec<_> = self.world.seen.workloads.iter().copied().filter(proved).collect();
        let Some(id) = which.checked_rem(known.len()).map(|index| known[index]) else { return };
        let mut subject = self.world.workload(id).subject().expect("announced").0;
        match about {
            0 => subject.attempt += 1,
            1 => subject.proof = BlobId::of(b"a third"),
            _ => {}
        }
        let verdict = [Verdict::Valid, Verdict::Invalid, Verdict::Unavailable][usize::from(verdict)];
        let bundle = bundle.then(|| types::Data::new(BUNDLE.to_vec()).expect("short"));
        let members = self.members_that_judge(id);
        let signers: Vec<usize> = (0..members).filter(|index| signers >> index & 1 == 1).collect();
        if !signers.is_empty() {
            let certificate = self.world.certificate(&subject, verdict, &signers);
            self.next.settlements.push(Settlement { subject, certificate, bundle });
        }
    }

    fn members_that_judge(&self, id: WorkloadId) -> usize {
        let set = self.world.workload(id).subject().expect("announced").1.set;
        self.world.set(set).members.len()
    }

    pub(super) fn replay(&mut self, which: usize) {
        let Some(body) = which.checked_rem(self.past.len()).map(|index| self.past[index].clone()) else { return };
        self.next.beacons.extend(body.beacons);
        self.next.messages.extend(body.messages);
        self.next.settlements.extend(body.settlements);
        self.next.evidence.extend(body.evidence);
        self.next.heartbeats.extend(body.heartbeats);
        self.next.transactions.extend(body.transactions);
    }

    pub(super) fn forge(&mut self, what: u8) {
        let Some(mut signed) = self.next.transactions.last().cloned() else { return };
        match what {
            0 => signed.value.nonce += 1,
            1 => signed.value.chain = ChainId([0; 32]),
            2 => signed.value.valid_until = Height(1),
            3 => signed.signature.0[0] ^= 1,
            _ => signed.value.sender = AccountId([0; 32]),
        }
        self.next.transactions.push(signed);
    }

    /// Provers that were drawn accept, those that accepted announce, and what is announced is settled.
    pub(super) fn honest(&mut self) {
        self.beat(u16::MAX, false);
        self.all(Self::action(5), Verdict::Valid);
    }

    /// Everybody does the next thing, and it comes to the same end everywhere.
    pub(super) fn all(&mut self, proving: ProverAction, verdict: Verdict) {
        self.beacon();
        for id in self.world.seen.workloads.clone() {
            match self.world.state(id) {
                State::Allocated => self.next.messages.push(self.world.drawn_says(id, Self::action(0))),
                State::Proving => self.next.messages.push(self.world.drawn_says(id, proving.clone())),
                State::Proved => {
                    let subject: Subject = self.world.workload(id).subject().expect("announced").0;
                    let all: Vec<usize> = (0..self.members_that_judge(id)).collect();
                    if all.is_empty() {
                        continue;
                    }
                    let certificate = self.world.certificate(&subject, verdict, &all);
                    self.next.settlements.push(Settlement { subject, certificate, bundle: None });
                }
                _ => {}
            }
        }
    }
}
