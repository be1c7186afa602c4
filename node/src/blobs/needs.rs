//! Which blobs must stay: those of live workloads, those of ended ones for some epochs, and those of programs for ever.
//!
//! What lives is told anew after each start. The rest is written down, a line of 40 bytes for each blob: its name, and the
//! epoch until which it stays. A line that was cut off by a crash is passed over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};
use types::{BlobId, WorkloadId};

/// Until an epoch that never comes.
pub(super) const FOR_EVER: u64 = u64::MAX;
/// Live workloads that are remembered. Of more nothing is known for certain, and nothing is dropped any more.
const LIVE_MAX: usize = 65_536;
const LINE: usize = 40;

/// What must stay.
#[derive(Debug)]
pub(super) struct Needs {
    path: PathBuf,
    log: File,
    live: BTreeMap<WorkloadId, Vec<BlobId>>,
    is_lost: bool,
    until: BTreeMap<BlobId, u64>,
    /// None until everything that lives was told.
    epoch: Option<u64>,
}

impl Needs {
    /// Reads what an earlier process wrote down.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut log = File::options().read(true).append(true).create(true).open(path)?;
        let (mut until, mut bytes) = (BTreeMap::new(), Vec::new());
        log.read_to_end(&mut bytes)?;
        let whole = bytes.len() / LINE * LINE;
        log.set_len(whole as u64)?;
        for line in bytes.as_chunks::<LINE>().0 {
            if let Some((name, rest)) = line.split_first_chunk::<32>()
                && let Ok(epoch) = rest.try_into()
            {
                grow(&mut until, BlobId(*name), u64::from_le_bytes(epoch));
            }
        }
        Ok(Self { path: path.to_owned(), log, live: BTreeMap::new(), is_lost: false, until, epoch: None })
    }

    /// A workload needs these, as long as it lives or until an epoch.
    pub(super) fn hold(&mut self, workload: WorkloadId, blobs: &[BlobId], until: Option<u64>) -> io::Result<()> {
        match until {
            Some(until) => {
                self.keep(blobs, until)?;
                self.live.remove(&workload);
            }
            None if self.live.len() < LIVE_MAX || self.live.contains_key(&workload) => {
                self.live.insert(workload, blobs.to_vec());
            }
            None => self.is_lost = true,
        }
        Ok(())
    }

    /// These stay until an epoch.
    pub(super) fn keep(&mut self, blobs: &[BlobId], until: u64) -> io::Result<()> {
        let mut lines = Vec::new();
        for blob in blobs.iter().filter(|blob| self.until.get(blob).is_none_or(|known| *known < until)) {
            lines.extend(line(*blob, until));
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.log.write_all(&lines)?;
        self.log.sync_data()?;
        blobs.iter().for_each(|blob| grow(&mut self.until, *blob, until));
        Ok(())
    }

    /// Everything that lives was told, and this is the epoch: what was to stay until an earlier one is forgotten.
    pub(super) fn epoch(&mut self, epoch: u64) -> io::Result<()> {
        self.epoch = Some(epoch);
        let before = self.until.len();
        self.until.retain(|_, until| *until >= epoch);
        if self.until.len() == before { Ok(()) } else { self.write_anew() }
    }

    fn write_anew(&mut self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut log = File::create(&new)?;
        let lines: Vec<u8> = self.until.iter().flat_map(|(blob, until)| line(*blob, *until)).collect();
        log.write_all(&lines)?;
        log.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.log = File::options().append(true).open(&self.path)?;
        Ok(())
    }

    /// Everything that must stay; none while that is not known for certain.
    pub(super) fn all(&self) -> Option<BTreeSet<BlobId>> {
        let is_known = self.epoch.is_some() && !self.is_lost;
        is_known.then(|| self.told())
    }

    /// Everything of which it was told that it must stay. There may be more.
    pub(super) fn told(&self) -> BTreeSet<BlobId> {
        self.live.values().flatten().chain(self.until.keys()).copied().collect()
    }
}

fn grow(all: &mut BTreeMap<BlobId, u64>, blob: BlobId, until: u64) {
    let known = all.entry(blob).or_insert(until);
    *known = until.max(*known);
}

fn line(blob: BlobId, until: u64) -> impl Iterator<Item = u8> {
    blob.0.into_iter().chain(until.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: WorkloadId = WorkloadId([1; 32]);

    fn blob(byte: u8) -> BlobId {
        BlobId([byte; 32])
    }

    fn all(needs: &Needs) -> Vec<u8> {
        needs.all().expect("known").iter().map(|blob| blob.0[0]).collect()
    }

    #[test]
    fn what_lives_stays_and_after_its_end_for_some_epochs() {
        let dir = tempfile::tempdir().expect("folder");
        let mut needs = Needs::open(&dir.path().join("needs")).expect("opened");
        needs.hold(RUN, &[blob(1), blob(2)], None).expect("held");
        needs.keep(&[blob(9)], FOR_EVER).expect("kept");
        assert_eq!(needs.all(), None, "more may live than was told");
        needs.epoch(5).expect("epoch");
        assert_eq!(all(&needs), [1, 2, 9]);
        needs.hold(RUN, &[blob(1), blob(2), blob(3)], Some(7)).expect("ended");
        for epoch in [6, 7] {
            needs.epoch(epoch).expect("epoch");
            assert_eq!(all(&needs), [1, 2, 3, 9]);
        }
        needs.epoch(8).expect("epoch");
        assert_eq!(all(&needs), [9]);
    }

    #[test]
    fn the_proof_of_an_earlier_workload_stays_as_long_as_a_later_one_needs_it() {
        let dir = tempfile::tempdir().expect("folder");
        let mut needs = Needs::open(&dir.path().join("needs")).expect("opened");
        let (proof, later) = (blob(3), WorkloadId([2; 32]));
        needs.hold(RUN, &[blob(1), proof], Some(5)).expect("ended");
        needs.hold(later, &[proof], None).expect("its input");
        needs.epoch(9).expect("epoch");
        assert_eq!(all(&needs), [3], "its own time is over");
        needs.hold(later, &[proof, blob(4)], Some(12)).expect("ended");
        needs.epoch(12).expect("epoch");
        assert_eq!(all(&needs), [3, 4]);
        needs.epoch(13).expect("epoch");
        assert!(all(&needs).is_empty());
    }

    #[test]
    fn what_was_written_down_holds_for_the_next_process_wherever_this_one_ends() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("needs");
        let mut needs = Needs::open(&path).expect("opened");
        needs.keep(&[blob(1)], 3).expect("kept");
        needs.keep(&[blob(2)], 9).expect("kept");
        needs.keep(&[blob(1)], 2).expect("kept for longer already");
        let whole = fs::read(&path).expect("read");
        assert_eq!(whole.len(), 2 * LINE);
        for cut in LINE..2 * LINE {
            fs::write(&path, &whole[..cut]).expect("written");
            let mut needs = Needs::open(&path).expect("opened");
            needs.keep(&[blob(3)], 9).expect("kept");
            let mut next = Needs::open(&path).expect("opened");
            next.epoch(3).expect("epoch");
            assert_eq!(all(&next), [1, 3], "{cut}");
            next.epoch(4).expect("epoch");
            assert_eq!(fs::read(&path).expect("read").len(), LINE, "what is over is gone from the disk too");
        }
    }

    #[test]
    fn too_many_that_live_have_nothing_dropped_any_more() {
        let dir = tempfile::tempdir().expect("folder");
        let mut needs = Needs::open(&dir.path().join("needs")).expect("opened");
        needs.epoch(1).expect("epoch");
        let run = |number: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_le_bytes());
            WorkloadId(id)
        };
        (0..LIVE_MAX).for_each(|number| needs.hold(run(number), &[], None).expect("held"));
        needs.hold(run(0), &[blob(1)], None).expect("held again");
        assert_eq!(all(&needs), [1]);
        needs.hold(run(LIVE_MAX), &[], None).expect("held");
        assert_eq!(needs.all(), None);
    }
}
