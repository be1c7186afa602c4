//! What there is to be measured against: a file that goes through a plain TCP connection of this machine.

use anyhow::Context as _;
use std::{
    fs::File,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

const PIECE: usize = 256 * 1024;

/// Reads a file, sends it through a socket and writes it into another file. `durable`: until it is on the disk.
pub fn copy(from: &Path, to: &Path, durable: bool) -> anyhow::Result<Duration> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (address, source) = (listener.local_addr()?, File::open(from)?);
    let began = Instant::now();
    let sender = thread::spawn(move || -> std::io::Result<()> { pump(source, TcpStream::connect(address)?) });
    let (stream, _) = listener.accept()?;
    let target = File::create(to)?;
    pump(stream, &target)?;
    if durable {
        target.sync_all()?;
    }
    let took = began.elapsed();
    sender.join().ok().context("the sender has failed")??;
    Ok(took)
}

fn pump(mut from: impl Read, mut to: impl Write) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(()),
            count => to.write_all(piece.get(..count).unwrap_or_default())?,
        }
    }
}

/// A file of random bytes.
pub fn random(path: &Path, mib: u64) -> anyhow::Result<()> {
    let (mut file, mut piece) = (File::create(path)?, vec![0; 1 << 20]);
    for _ in 0..mib {
        getrandom::fill(&mut piece).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        file.write_all(&piece)?;
    }
    Ok(file.sync_all()?)
}
