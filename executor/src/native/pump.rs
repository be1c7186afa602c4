//! What comes out of a running program: its log, and how far it says it is.

use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::sync::mpsc::{SyncSender, TrySendError};

use rustix::fs::OFlags;
use serde::Deserialize;

use crate::{LogBuffer, ProgramEvent, ProgramLog, ProverLimits};

const READ_BYTES: usize = 64 << 10;
/// A pipe holds at most this much unless somebody asked for more, which takes rights that the program does not have.
const PIPE_BYTES_MAX: usize = 1 << 20;
/// Longest line of progress.
const LINE_BYTES_MAX: usize = 256;
const PERMILLE_MAX: u16 = 1000;

/// The three pipes of a program, in the order of its descriptors: 1, 2 and 3.
pub(super) struct Pumps {
    pipes: [Option<PipeReader>; 3],
    log: LogBuffer,
    line: Vec<u8>,
    permille: u16,
    bytes_left: u64,
    started: bool,
    waiting: VecDeque<ProgramEvent>,
    events: SyncSender<ProgramEvent>,
}

impl Pumps {
    pub(super) fn new(
        pipes: [PipeReader; 3],
        limits: &ProverLimits,
        events: SyncSender<ProgramEvent>,
    ) -> std::io::Result<Self> {
        for pipe in &pipes {
            rustix::fs::fcntl_setfl(pipe, OFlags::NONBLOCK)?;
        }
        Ok(Self {
            pipes: pipes.map(Some),
            log: LogBuffer::new(limits.log_bytes_max),
            line: Vec::new(),
            permille: 0,
            bytes_left: limits.host_bytes_max,
            started: false,
            waiting: VecDeque::new(),
            events,
        })
    }

    /// The pipes to wait for: none before the start, and none while the caller is slower than the program, which then
    /// waits as well.
    pub(super) fn open(&self) -> impl Iterator<Item = &PipeReader> {
        self.pipes.iter().flatten().filter(|_| self.started && self.waiting.is_empty())
    }

    /// Reads what is there, one piece of each pipe, and hands on what it means. False when the program has written more
    /// than it may in total.
    pub(super) fn pump(&mut self) -> bool {
        self.hand_on();
        if self.waiting.is_empty() {
            for number in 0..self.pipes.len() {
                self.read(number);
            }
            self.hand_on();
        }
        self.bytes_left > 0
    }

    /// The program runs: the first event, whatever it has written already.
    pub(super) fn start(&mut self) {
        self.started = true;
        self.waiting.push_back(ProgramEvent::Started);
    }

    /// The rest, once nothing of the program runs any more, and the whole log.
    pub(super) fn finish(mut self) -> ProgramLog {
        for number in 0..self.pipes.len() {
            let mut pieces = PIPE_BYTES_MAX / READ_BYTES;
            while pieces > 0 && self.read(number) {
                pieces -= 1;
            }
        }
        // Nothing is kept waiting by a slow caller now; one that is gone hears nothing.
        self.waiting.drain(..).try_for_each(|event| self.events.send(event)).ok();
        self.log.finish()
    }

    /// Reads one piece. False when there was none.
    fn read(&mut self, number: usize) -> bool {
        let Some(pipe) = self.pipes.get_mut(number).and_then(Option::as_mut) else { return false };
        let mut piece = vec![0; READ_BYTES];
        match pipe.read(&mut piece) {
            Ok(0) => self.pipes[number] = None,
            Ok(read) => {
                self.bytes_left = self.bytes_left.saturating_sub(read as u64);
                match number {
                    2 => self.progress(&piece[..read]),
                    _ => self.log(&piece[..read]),
                }
                return true;
            }
            // Nothing there; or a pipe that cannot be read, which costs its log and nothing else.
            Err(_) => {}
        }
        false
    }

    fn log(&mut self, bytes: &[u8]) {
        self.log.push(bytes);
        self.waiting.push_back(ProgramEvent::Log(bytes.to_vec()));
    }

    /// Lines `{"progress": permille}`; anything else is passed over.
    fn progress(&mut self, bytes: &[u8]) {
        #[derive(Deserialize)]
        struct Line {
            progress: u64,
        }
        for byte in bytes {
            match byte {
                b'\n' => {
                    if let Ok(Line { progress }) = serde_json::from_slice(&self.line) {
                        self.told(u16::try_from(progress).unwrap_or(PERMILLE_MAX).min(PERMILLE_MAX));
                    }
                    self.line.clear();
                }
                byte if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
    }

    /// Passes on only what grows, so that there are at most a thousand events.
    fn told(&mut self, permille: u16) {
        if permille > self.permille {
            self.permille = permille;
            self.waiting.push_back(ProgramEvent::Progress(permille));
        }
    }

    fn hand_on(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn progress_is_read_line_by_line_and_only_grows() {
        let (events, heard) = mpsc::sync_channel(16);
        let [(one, _a), (two, _b), (three, mut end)] = [(); 3].map(|()| std::io::pipe().unwrap());
        let mut pumps = Pumps::new([one, two, three], &ProverLimits::default(), events).unwrap();
        let lines = ["{\"progress\": 5}\n{\"pro", "gress\": 3}\nnonsense\n{\"progress\":700,\"stage\":\"x\"}\n"];
        for line in lines.iter().chain(&["{\"progress\":99999}\n{\"progress\":-1}\n"]) {
            end.write_all(line.as_bytes()).unwrap();
            assert!(pumps.pump());
        }
        end.write_all(&[b'x'; 10 * LINE_BYTES_MAX]).unwrap();
        assert!(pumps.pump());
        assert_eq!(pumps.line.len(), LINE_BYTES_MAX);
        assert_eq!(pumps.finish().bytes, b"");
        let told: Vec<_> = heard.try_iter().collect();
        assert_eq!(told, [5, 700, 1000].map(ProgramEvent::Progress));
    }
}
