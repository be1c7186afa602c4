//! One run: the sandbox is started, watched and ended on a thread of its own; its events are handed to the caller's.

use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use super::cgroup::Group;
use super::image::{Image, ImageError};
use super::place::Place;
use super::process::{Process, Step};
use super::pump::Pumps;
use super::spec::{Isolation, Report};
use super::{Means, NativeExecutor, NativeJob, output, watch};
use crate::{CancelToken, FailReason, Failed, Outcome, ProgramEvent, ProgramLog, Success, Usage};

/// Events that wait for the caller. When it is slower than the program, the program waits.
const EVENTS_WAITING_MAX: usize = 256;
/// How often the deadline, cancellation and memory are looked at.
const TICK: Duration = Duration::from_millis(10);
/// How long this machine may take to make a sandbox.
const READY_WITHIN: Duration = Duration::from_secs(60);

const PROOF: &str = "proof";
const PUBLIC: &str = "public";

/// Runs a job within these means.
pub(super) fn prove(
    executor: &NativeExecutor,
    means: &Means,
    job: &NativeJob<'_>,
    cancel: &CancelToken,
    on_event: &dyn Fn(ProgramEvent),
) -> Outcome {
    if cancel.is_cancelled() {
        return not_started(FailReason::Cancelled);
    }
    let image = match executor.images.get(blake3::Hash::from_bytes(job.artifact_id), &job.artifact) {
        Ok(image) => image,
        Err(ImageError::Bad(text) | ImageError::Large(text)) => return not_started(FailReason::BadModule(text)),
        Err(ImageError::Host(text)) => return not_started(FailReason::HostError(text)),
    };
    let (events, received) = mpsc::sync_channel(EVENTS_WAITING_MAX);
    let abandoned = CancelToken::new();
    std::thread::scope(|scope| {
        // Should `on_event` panic, the run ends instead of keeping this thread until its time is over.
        let _abandon = abandoned.cancel_on_drop();
        let tokens = [cancel.clone(), abandoned.clone()];
        let body = move || run(executor, means, job, &image, &tokens, events);
        let thread = match std::thread::Builder::new().name("native-prover".to_owned()).spawn_scoped(scope, body) {
            Ok(thread) => thread,
            Err(error) => return not_started(FailReason::HostError(format!("no thread for the run: {error}"))),
        };
        // Ends when the run drops its end of the channel.
        received.into_iter().for_each(on_event);
        let panicked = |_| not_started(FailReason::HostError("the run's thread panicked".to_owned()));
        thread.join().unwrap_or_else(panicked)
    })
}

fn run(
    executor: &NativeExecutor,
    means: &Means,
    job: &NativeJob<'_>,
    image: &Arc<Image>,
    cancel: &[CancelToken],
    events: SyncSender<ProgramEvent>,
) -> Outcome {
    match Run::start(executor, means, job, image, events) {
        Ok(run) => run.finish(cancel),
        Err(reason) => not_started(reason),
    }
}

fn not_started(reason: FailReason) -> Outcome {
    Outcome::Failed(Failed { reason, log: ProgramLog::default(), usage: Usage::default() })
}

fn host(what: &'static str) -> impl Fn(std::io::Error) -> FailReason {
    move |error| FailReason::HostError(format!("{what}: {error}"))
}

/// Everything that belongs to one run. Fields are dropped in this order: the processes first.
struct Run<'a> {
    process: Process,
    pumps: Pumps,
    group: Option<Group>,
    place: Place,
    _cpus: super::cpus::Share<'a>,
    job: &'a NativeJob<'a>,
    isolation: Isolation,
    /// Since when the sandbox is being made.
    begun: Instant,
    /// The clock of the program: the only one that ends it.
    started: Option<Instant>,
    ended: Option<Instant>,
    /// When to look at memory again, and the most that was seen where nothing else counts it.
    next_look: Instant,
    watched_peak: u64,
    disk_peak: u64,
    machine_kills: u64,
}

impl<'a> Run<'a> {
    fn start(
        executor: &'a NativeExecutor,
        means: &Means,
        job: &'a NativeJob<'a>,
        image: &Arc<Image>,
        events: SyncSender<ProgramEvent>,
    ) -> Result<Self, FailReason> {
        let cpus = executor.cpus.take(job.cpus);
        let group = means
            .groups
            .make(job.limits.memory_bytes.saturating_add(job.disk_bytes).saturating_add(OVERHEAD_BYTES), job.tasks())
            .map_err(host("no control group"))?;
        let place = Place::make(&executor.jobs_dir, means, job, image)?;
        let doors = group.as_ref().map(Group::doors).unwrap_or_default();
        let spec = place.spec(means, job, image, doors, cpus.cpus.clone());
        let machine_kills = watch::machine_kills();
        let begun = Instant::now();
        let (process, pipes) = Process::start(&executor.settings.binary, &spec).map_err(host("no sandbox process"))?;
        let pumps = Pumps::new(pipes, &job.limits, events).map_err(host("no pipes"))?;
        let (isolation, started, ended) = (means.isolation, None, None);
        Ok(Self {
            process,
            pumps,
            group,
            place,
            _cpus: cpus,
            job,
            isolation,
            begun,
            started,
            ended,
            next_look: begun,
            watched_peak: 0,
            disk_peak: 0,
            machine_kills,
        })
    }

    fn finish(mut self, cancel: &[CancelToken]) -> Outcome {
        let end = loop {
            if let Err(end) = self.turn(cancel) {
                break end;
            }
        };
        self.ended = Some(Instant::now());
        self.look_at_disk();
        let cpu_ms = match &end {
            End::Reported(Report::Ended { cpu_ms, .. }) => *cpu_ms,
            _ => None,
        };
        let gone = self.process.end();
        let end = if gone { end } else { End::Stopped(FailReason::HostError("the program does not die".into())) };
        let result = self.result(end);
        let usage = self.usage(cpu_ms);
        let log = self.pumps.finish();
        match result {
            Ok((proof, public)) => Outcome::Success(Success { proof, public, log, usage }),
            Err(reason) => Outcome::Failed(Failed { reason, log, usage }),
        }
    }

    /// Waits for something to happen, and sees to it. An error is the end of the run.
    fn turn(&mut self, cancel: &[CancelToken]) -> Result<(), End> {
        self.process.wait(self.pumps.open(), self.until_next_look());
        if cancel.iter().any(CancelToken::is_cancelled) {
            return Err(End::Stopped(FailReason::Cancelled));
        }
        match self.process.step() {
            Step::None => {}
            Step::Gone => return Err(End::Gone),
            Step::Report(Report::Started) => {
                self.started = Some(Instant::now());
                self.pumps.start();
            }
            Step::Report(Report::Init { .. } | Report::Ready { .. }) => {}
            Step::Report(last) => return Err(End::Reported(last)),
        }
        self.check_time()?;
        self.check_memory()?;
        match self.started.is_none() || self.pumps.pump() {
            true => Ok(()),
            false => Err(End::Stopped(FailReason::Trap("the program logs without end".to_owned()))),
        }
    }

    fn until_next_look(&self) -> Duration {
        let left = match self.started {
            Some(started) => self.wall().saturating_sub(started.elapsed()),
            None => READY_WITHIN.saturating_sub(self.begun.elapsed()),
        };
        left.min(TICK)
    }

    fn wall(&self) -> Duration {
        Duration::from_millis(self.job.limits.wall_ms)
    }

    /// The one place where time ends a run.
    fn check_time(&self) -> Result<(), End> {
        match self.started {
            Some(started) if started.elapsed() >= self.wall() => Err(End::Stopped(FailReason::Timeout)),
            None if self.begun.elapsed() >= READY_WITHIN => {
                Err(End::Stopped(FailReason::HostError("the sandbox was not ready in time".to_owned())))
            }
            _ => Ok(()),
        }
    }

    /// A program that reached its limit ends, even if the kernel only killed a part of it.
    fn check_memory(&mut self) -> Result<(), End> {
        let before = Instant::now();
        let (Some(pid), true) = (self.process.first_pid(), before >= self.next_look) else { return Ok(()) };
        let over = match &self.group {
            Some(group) => group.ran_out(),
            None => {
                let bytes = watch::tree_bytes(pid);
                self.watched_peak = bytes.max(self.watched_peak);
                bytes > self.job.limits.memory_bytes.saturating_add(OVERHEAD_BYTES)
            }
        };
        self.look_at_disk();
        // A tree of many processes takes long to look at: no more than a fifth of the time goes into it.
        self.next_look = Instant::now() + before.elapsed().saturating_mul(4).max(TICK);
        if over { Err(End::Stopped(FailReason::OutOfMemory)) } else { Ok(()) }
    }

    /// With namespaces the disk is a file system of its own; without them the program has none.
    fn look_at_disk(&mut self) {
        if let (Some(directory), Isolation::Namespaces) = (&self.process.output, self.isolation) {
            self.disk_peak = output::used_bytes(directory).max(self.disk_peak);
        }
    }

    fn usage(&self, cpu_ms: Option<u64>) -> Usage {
        let wall = self.started.zip(self.ended).map_or(Duration::ZERO, |(from, to)| to.duration_since(from));
        let memory_peak_bytes = self.group.as_ref().map_or(self.watched_peak, Group::peak_bytes);
        Usage {
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            memory_peak_bytes,
            cpu_ms: cpu_ms.or_else(|| self.group.as_ref()?.cpu_ms()),
            disk_peak_bytes: self.disk_peak,
            host_calls: 0,
        }
    }

    /// What the end of the run means.
    fn result(&self, end: End) -> Result<(Vec<u8>, Vec<u8>), FailReason> {
        match end {
            End::Stopped(reason) => Err(reason),
            End::Reported(Report::Ended { code: Some(0), .. }) => self.outputs(),
            End::Reported(Report::Ended { code, signal, .. }) => Err(self.why(code, signal)),
            End::Reported(Report::BadProgram(text)) => Err(FailReason::BadModule(text)),
            End::Reported(Report::Host(_)) | End::Gone if self.ran_out() => Err(FailReason::OutOfMemory),
            End::Reported(Report::Host(text)) => Err(FailReason::HostError(text)),
            End::Reported(_) | End::Gone => Err(FailReason::HostError("the sandbox process died".to_owned())),
        }
    }

    fn ran_out(&self) -> bool {
        self.group.as_ref().is_some_and(Group::ran_out)
    }

    /// Why a program ended by itself, but not well.
    fn why(&self, code: Option<i32>, signal: Option<i32>) -> FailReason {
        let full = self.process.output.as_ref().is_some_and(output::is_full);
        match (code, signal) {
            _ if self.ran_out() => FailReason::OutOfMemory,
            (_, Some(libc::SIGXFSZ)) => FailReason::Disk,
            (_, Some(libc::SIGKILL)) if watch::machine_kills() != self.machine_kills => {
                FailReason::HostError("this machine ran out of memory".to_owned())
            }
            _ if full => FailReason::Disk,
            (Some(code), _) => FailReason::Exit(code),
            (None, signal) => FailReason::Signal(signal.unwrap_or(0)),
        }
    }

    fn outputs(&self) -> Result<(Vec<u8>, Vec<u8>), FailReason> {
        let own;
        let directory = match (&self.process.output, self.isolation) {
            (Some(directory), _) => directory,
            (None, Isolation::Landlock) => {
                own = self.place.output().map_err(host("no output directory"))?;
                &own
            }
            (None, Isolation::Namespaces) => {
                return Err(FailReason::HostError("the sandbox process gave no output directory".to_owned()));
            }
        };
        let proof = output::read(directory, PROOF, self.job.limits.proof_bytes_max)?;
        let public = output::read(directory, PUBLIC, self.job.limits.public_bytes_max)?;
        match proof.is_empty() {
            true => Err(FailReason::BadOutput("there is no proof".to_owned())),
            false => Ok((proof, public)),
        }
    }
}

/// Memory of the sandbox's own processes, which the program does not pay for.
const OVERHEAD_BYTES: u64 = 16 << 20;

/// How a run came to its end.
enum End {
    /// This side ended it.
    Stopped(FailReason),
    /// The sandbox's last word.
    Reported(Report),
    /// There was none.
    Gone,
}
