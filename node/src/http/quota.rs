//! What one address may do: requests in a second, how much of each kind at once, and bytes stored that nobody needs.
//!
//! An address is an IPv4 address, or 64 bits of an IPv6 one: what one customer gets. There is a bound on how many are told
//! apart; the rest share what one may do.

mod allowance;

pub(super) use allowance::Allowance;

use super::failure::Failure;
use crate::config;
use api::{Problem, problem};
use axum::{extract::connect_info::Connected, serve::IncomingStream};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use types::BlobId;

/// Addresses that are told apart.
const ADDRESSES_MAX: usize = 2048;
/// How often one looks for addresses that can be forgotten.
const SWEEP: Duration = Duration::from_secs(1);

/// An address gets one of so many places of each kind at once: a few that hold theirs shut nobody out.
const SHARE: usize = 4;

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) SocketAddr);

impl Connected<IncomingStream<'_, super::connection::Bounded>> for Caller {
    fn connect_info(stream: IncomingStream<'_, super::connection::Bounded>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Addresses that are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Net {
    V4(Ipv4Addr),
    V6([u16; 4]),
    /// Those for which there is no room.
    Others,
}

impl Net {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// What takes a place for as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connection,
    /// Until its response is sent: an event stream is one as well.
    Request,
    Upload,
    /// A row of parts.
    Row,
}

const KINDS: usize = 4;

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Request => "requests",
            Self::Upload => "uploads",
            Self::Row => "rows of parts",
        }
    }
}

/// All addresses.
pub(super) struct Quotas {
    limits: config::Quota,
    /// What an address may have of each [`Kind`].
    places_max: [usize; KINDS],
    table: Mutex<Table>,
}

struct Table {
    entries: BTreeMap<Net, Entry>,
    swept: Instant,
}

/// What is known of an address.
struct Entry {
    /// When all that it asked for so far is paid, at the pace that it may keep.
    paid: Instant,
    /// What it has of each [`Kind`].
    places: [usize; KINDS],
    /// Bytes that come in from it.
    coming: u64,
    /// What it stored lately, the oldest first.
    stored: Vec<Stored>,
}

/// A blob that an address stored.
#[derive(Clone, Copy)]
struct Stored {
    blob: BlobId,
    bytes: u64,
    since: Instant,
}

impl Entry {
    const fn new(now: Instant) -> Self {
        Self { paid: now, places: [0; KINDS], coming: 0, stored: Vec::new() }
    }

    fn is_at_rest(&self, now: Instant) -> bool {
        self.paid <= now && self.places == [0; KINDS] && self.coming == 0 && self.stored.is_empty()
    }
}

impl Quotas {
    pub(super) fn new(http: &config::Http) -> Self {
        let share = |all: usize| (all / SHARE).max(1);
        let (connections, requests, uploads) = (http.connections_max, http.requests_max, http.uploads_max);
        let rows = http.quota.parts_at_once as usize;
        let table = Table { entries: BTreeMap::new(), swept: Instant::now() };
        Self {
            limits: http.quota.clone(),
            places_max: [share(connections), share(requests), share(uploads), rows],
            table: Mutex::new(table),
        }
    }

    /// A request.
    pub(super) fn request(&self, caller: Caller) -> Result<(), Failure> {
        self.request_at(caller, Instant::now()).map_err(|wait| {
            let seconds = wait.as_secs().saturating_add(1);
            let detail = format!("an address may send {} requests a second", self.limits.requests_per_second);
            Failure(Problem::new(problem::RATE, detail).again_after(seconds))
        })
    }

    /// How long to wait, if it is too much.
    fn request_at(&self, caller: Caller, now: Instant) -> Result<(), Duration> {
        let Some(net) = self.net(caller) else { return Ok(()) };
        let cost = Duration::from_secs(1) / self.limits.requests_per_second.max(1);
        let ahead_max = cost * self.limits.requests_burst.max(1);
        let mut table = self.lock();
        let entry = table.entry(net, now);
        let paid = entry.paid.max(now) + cost;
        let wait = paid.duration_since(now).saturating_sub(ahead_max);
        if !wait.is_zero() {
            return Err(wait);
        }
        entry.paid = paid;
        Ok(())
    }

    /// A place of one kind, for as long as what is returned lives.
    pub(super) fn enter(self: &Arc<Self>, caller: Caller, kind: Kind) -> Result<Place, Failure> {
        let Some(net) = self.net(caller) else { return Ok(Place(None)) };
        let mut table = self.lock();
        let now = Instant::now();
        let net = table.place(net, now);
        let (taken, most) = (&mut table.entry(net, now).places[kind as usize], self.places_max[kind as usize]);
        if *taken >= most {
            let detail = format!("an address may have {most} {} at once", kind.words());
            return Err(Failure::new(problem::TOO_MANY, detail));
        }
        *taken += 1;
        Ok(Place(Some((self.clone(), net, kind))))
    }

    /// None where there are no quotas for it.
    fn net(&self, Caller(address): Caller) -> Option<Net> {
        let address = address.ip().to_canonical();
        let exempt = (address.is_loopback() && self.limits.exempt_loopback) || self.limits.exempt.contains(&address);
        (!exempt).then(|| Net::of(address))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn entry(&mut self, net: Net, now: Instant) -> &mut Entry {
        let place = self.place(net, now);
        self.entries.entry(place).or_insert_with(|| Entry::new(now))
    }

    /// Where an address is noted.
    fn place(&mut self, net: Net, now: Instant) -> Net {
        let full = self.entries.len() >= ADDRESSES_MAX && !self.entries.contains_key(&net);
        if full && now.duration_since(self.swept) >= SWEEP {
            self.swept = now;
            self.entries.values_mut().for_each(|entry| entry.forget(now));
            self.entries.retain(|_, entry| !entry.is_at_rest(now));
        }
        let known = !full || self.entries.len() < ADDRESSES_MAX;
        if known { net } else { Net::Others }
    }
}

/// A place that an address has.
pub(super) struct Place(Option<(Arc<Quotas>, Net, Kind)>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((quotas, net, kind)) = self.0.take()
            && let Some(entry) = quotas.lock().entries.get_mut(&net)
        {
            let taken = &mut entry.places[kind as usize];
            *taken = taken.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
