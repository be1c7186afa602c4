//! The functions that a prover may import from `lemma`. Nothing that comes from the program is trusted: every pointer
//! is checked, every call and every byte is counted, and every buffer has a limit.

use std::sync::mpsc::SyncSender;

use wasmtime::{Caller, Engine, Error, Linker};

use super::super::guest::Guest;
use crate::{FailReason, LogBuffer, ProgramEvent, ProveJob, abi};

/// Domain of the randomness that is derived from a job's seed.
const RANDOM_DOMAIN: &str = "lemma 2026 program random v1";
const PERMILLE_MAX: i32 = 1000;
/// Bytes of log that are told at once.
const LOG_PIECE_BYTES: usize = 64 << 10;

/// The host's side of one run.
pub(super) struct Host {
    pub(super) calls: u64,
    calls_max: u64,
    bytes_left: u64,
    events: SyncSender<ProgramEvent>,
    pub(super) log: LogBuffer,
    progress: u16,
    random: blake3::OutputReader,
    pub(super) proof: Output,
    pub(super) public: Output,
    /// Why a host function ended the run.
    pub(super) ended: Option<FailReason>,
}

impl Host {
    pub(super) fn new(job: &ProveJob<'_>, events: SyncSender<ProgramEvent>) -> Self {
        let limits = &job.limits;
        Self {
            calls: 0,
            calls_max: limits.host_calls_max,
            bytes_left: limits.host_bytes_max,
            events,
            log: LogBuffer::new(limits.log_bytes_max),
            progress: 0,
            random: blake3::Hasher::new_derive_key(RANDOM_DOMAIN).update(&job.seed).finalize_xof(),
            proof: Output { bytes: Vec::new(), bytes_max: limits.proof_bytes_max },
            public: Output { bytes: Vec::new(), bytes_max: limits.public_bytes_max },
            ended: None,
        }
    }

    /// Counts a call that moves `bytes`.
    fn account(&mut self, bytes: u32) -> Result<(), FailReason> {
        self.calls += 1;
        if self.calls > self.calls_max {
            return Err(FailReason::Trap(format!("more than {} calls of host functions", self.calls_max)));
        }
        let left = self.bytes_left.checked_sub(u64::from(bytes));
        self.bytes_left = left.ok_or_else(|| FailReason::Trap("host functions moved too many bytes".to_owned()))?;
        Ok(())
    }

    /// Each call is a line.
    fn log(&mut self, bytes: &[u8]) {
        let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
        self.log.push(bytes);
        self.log.push(end);
        // Piece by piece, so that what waits for the caller is bounded.
        bytes
            .chunks(LOG_PIECE_BYTES)
            .chain(end.chunks(1))
            .for_each(|piece| self.tell(ProgramEvent::Log(piece.to_vec())));
    }

    /// Passes on only what grows, so that there are at most a thousand events.
    fn progress(&mut self, permille: i32) {
        let permille = permille.clamp(0, PERMILLE_MAX) as u16;
        if permille > self.progress {
            self.progress = permille;
            self.tell(ProgramEvent::Progress(permille));
        }
    }

    fn output(&mut self, kind: i32, bytes: &[u8]) -> Result<(), FailReason> {
        match kind {
            abi::OUTPUT_PROOF => self.proof.append(bytes),
            abi::OUTPUT_PUBLIC => self.public.append(bytes),
            _ => Err(FailReason::Trap(format!("output of unknown kind {kind}"))),
        }
    }

    fn tell(&self, event: ProgramEvent) {
        // A caller that no longer listens is no reason to stop.
        let _ = self.events.send(event);
    }
}

/// Bytes that the program hands out, up to a limit.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    bytes_max: u64,
}

impl Output {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FailReason> {
        if (self.bytes.len() as u64).saturating_add(bytes.len() as u64) > self.bytes_max {
            return Err(FailReason::OutputTooLarge);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// The host functions, by name.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest<Host>>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(abi::HOST_MODULE, abi::LOG, |mut caller: Caller<'_, Guest<Host>>, ptr: u32, len: u32| {
        with_bytes(&mut caller, ptr, len, |host, bytes| {
            host.log(bytes);
            Ok(())
        })
    })?;
    linker.func_wrap(abi::HOST_MODULE, abi::PROGRESS, |mut caller: Caller<'_, Guest<Host>>, permille: i32| {
        with_bytes(&mut caller, 0, 0, |host, _| {
            host.progress(permille);
            Ok(())
        })
    })?;
    linker.func_wrap(abi::HOST_MODULE, abi::RANDOM, |mut caller: Caller<'_, Guest<Host>>, ptr: u32, len: u32| {
        with_bytes(&mut caller, ptr, len, |host, bytes| {
            host.random.fill(bytes);
            Ok(())
        })
    })?;
    linker.func_wrap(
        abi::HOST_MODULE,
        abi::OUTPUT,
        |mut caller: Caller<'_, Guest<Host>>, kind: i32, ptr: u32, len: u32| {
            with_bytes(&mut caller, ptr, len, |host, bytes| host.output(kind, bytes))
        },
    )?;
    Ok(linker)
}

/// Accounts for the call, checks the pointer, and gives `body` the bytes. A refusal is noted and ends the program.
fn with_bytes(
    caller: &mut Caller<'_, Guest<Host>>,
    ptr: u32,
    len: u32,
    body: impl FnOnce(&mut Host, &mut [u8]) -> Result<(), FailReason>,
) -> wasmtime::Result<()> {
    let memory = caller.data().memory.ok_or_else(|| Error::msg("a host function was called before the entry"))?;
    let (data, guest) = memory.data_and_store_mut(caller);
    let host = &mut guest.host;
    let outside = || FailReason::Trap(format!("the {len} bytes at {ptr} are not all in memory"));
    let end = (ptr as usize).saturating_add(len as usize);
    let done = host
        .account(len)
        .and_then(|()| data.get_mut(ptr as usize..end).ok_or_else(outside))
        .and_then(|bytes| body(host, bytes));
    done.map_err(|reason| {
        let error = Error::msg(reason.to_string());
        host.ended = Some(reason);
        error
    })
}
