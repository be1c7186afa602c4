//! What waits to be told, on disk: a line of JSON for each thing that happened. A line is written whole and durable before anything
//! follows from it; one that was cut off by a crash has not happened.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Messages that may wait for one endpoint.
pub(super) const WAITING_MAX: usize = 10_000;
/// Blocks without an end that pass before the height is written down: fewer than the state remembers.
const UNWRITTEN_MAX: u64 = 64;
/// Lines beyond those that are needed, before the file is written anew.
const LINES_SPARE: usize = 1_000;
/// The longest file that is read, in bytes.
const FILE_MAX: u64 = 1 << 30;

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// For whom: the address.
    pub(super) endpoint: String,
    /// Its name.
    pub(super) id: String,
    /// Since when it waits, in seconds since the Unix epoch.
    pub(super) since_s: u64,
    /// What is sent.
    pub(super) body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// All blocks up to this one were read, and these messages are to be told.
    Read { height: u64, add: Vec<Entry> },
    /// A message need not be told any more.
    Settled { endpoint: String, id: String },
}

/// The journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// The last block that was read, and the last that is known to be written down.
    height: Option<u64>,
    written: u64,
    waiting: BTreeMap<(String, String), Entry>,
    lines: usize,
}

impl Journal {
    /// Reads a journal, or begins one. What waits for an endpoint that is not named any more is forgotten.
    pub(super) fn open(path: &Path, endpoints: BTreeSet<String>) -> io::Result<Self> {
        let (mut height, mut waiting) = (None, BTreeMap::new());
        for line in lines(path)? {
            apply(line, &mut height, &mut waiting);
        }
        waiting.retain(|(endpoint, _), _| endpoints.contains(endpoint));
        let (file, written) = (rewritten(path, height, &waiting)?, height.unwrap_or_default());
        Ok(Self { path: path.to_owned(), file, height, written, lines: waiting.len(), waiting })
    }

    /// The last block that was read.
    pub(super) const fn height(&self) -> Option<u64> {
        self.height
    }

    /// Everything that waits for an endpoint.
    pub(super) fn waiting(&self, endpoint: &str) -> Vec<Entry> {
        self.waiting.values().filter(|entry| entry.endpoint == endpoint).cloned().collect()
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// A block was read, of which these messages are to be told. Returns those that there is room for and that do not wait yet.
    pub(super) fn read(&mut self, height: u64, add: Vec<Entry>) -> io::Result<Vec<Entry>> {
        let add = self.taken(add);
        if !add.is_empty() || self.height.is_none() || height >= self.written.saturating_add(UNWRITTEN_MAX) {
            self.append(&Line::Read { height, add: add.clone() })?;
            self.written = height;
        }
        self.height = Some(height);
        self.waiting.extend(add.iter().map(|entry| (name(entry), entry.clone())));
        Ok(add)
    }

    /// A message need not be told any more.
    pub(super) fn settle(&mut self, entry: &Entry) -> io::Result<()> {
        self.waiting.remove(&name(entry));
        self.append(&Line::Settled { endpoint: entry.endpoint.clone(), id: entry.id.clone() })
    }

    fn taken(&self, add: Vec<Entry>) -> Vec<Entry> {
        if add.is_empty() {
            return add;
        }
        let mut count = BTreeMap::<String, usize>::new();
        self.waiting.values().for_each(|entry| *count.entry(entry.endpoint.clone()).or_default() += 1);
        let mut takes = |entry: &Entry| {
            let count = count.entry(entry.endpoint.clone()).or_default();
            if *count >= WAITING_MAX {
                tracing::error!(id = entry.id, "too many messages wait for a webhook's endpoint: this one is lost");
            }
            let takes = *count < WAITING_MAX && !self.waiting.contains_key(&name(entry));
            *count += usize::from(takes);
            takes
        };
        add.into_iter().filter(|entry| takes(entry)).collect()
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        if self.lines > self.waiting.len() + LINES_SPARE {
            self.file = rewritten(&self.path, self.height, &self.waiting)?;
            self.lines = self.waiting.len();
        }
        let start = self.file.metadata()?.len();
        let written = write(&mut self.file, line).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line would make one with what is written next.
            self.file.set_len(start)?;
        }
        self.lines += 1;
        written
    }
}

fn name(entry: &Entry) -> (String, String) {
    (entry.endpoint.clone(), entry.id.clone())
}

fn apply(line: Line, height: &mut Option<u64>, waiting: &mut BTreeMap<(String, String), Entry>) {
    match line {
        Line::Read { height: read, add } => {
            *height = Some(height.map_or(read, |before| before.max(read)));
            waiting.extend(add.into_iter().map(|entry| (name(&entry), entry)));
        }
        Line::Settled { endpoint, id } => {
            waiting.remove(&(endpoint, id));
        }
    }
}

/// The lines of a file, but for one that was cut off and those that are damaged.
fn lines(path: &Path) -> io::Result<Vec<Line>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(FILE_MAX).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    bytes.truncate(whole);
    let read = |line: &[u8]| {
        let damaged = |error| tracing::error!(%error, path = %path.display(), "a line of the journal is damaged");
        serde_json::from_slice(line).map_err(damaged).ok()
    };
    Ok(bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).filter_map(read).collect())
}

/// Writes a file anew, with what is needed.
fn rewritten(path: &Path, height: Option<u64>, waiting: &BTreeMap<(String, String), Entry>) -> io::Result<File> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    for entry in waiting.values() {
        write(&mut file, &Line::Read { height: height.unwrap_or_default(), add: vec![entry.clone()] })?;
    }
    if let (Some(height), true) = (height, waiting.is_empty()) {
        write(&mut file, &Line::Read { height, add: Vec::new() })?;
    }
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
    OpenOptions::new().append(true).open(path)
}

fn write(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(endpoint: &str, id: &str) -> Entry {
        Entry { endpoint: endpoint.to_owned(), id: id.to_owned(), since_s: 7, body: "{}".to_owned() }
    }

    fn open(path: &Path) -> Journal {
        Journal::open(path, ["a", "b"].map(str::to_owned).into()).expect("a journal")
    }

    fn ids(journal: &Journal, endpoint: &str) -> Vec<String> {
        journal.waiting(endpoint).into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn what_waits_survives_and_what_is_settled_does_not_come_back() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("journal");
        let mut journal = open(&path);
        assert_eq!(journal.height(), None);
        let all = vec![entry("a", "1"), entry("a", "2"), entry("b", "1")];
        assert_eq!(journal.read(9, all.clone()).expect("written"), all);
        assert_eq!(journal.read(9, all).expect("written"), [], "it waits already");
        journal.settle(&entry("a", "1")).expect("written");
        for _ in 0..2 {
            let journal = open(&path);
            assert_eq!((journal.height(), journal.len()), (Some(9), 2));
            assert_eq!((ids(&journal, "a"), ids(&journal, "b")), (vec!["2".to_owned()], vec!["1".to_owned()]));
        }
        let less = Journal::open(&path, [("b".to_owned())].into()).expect("a journal");
        assert_eq!((less.len(), ids(&less, "b").len()), (1, 1), "nobody asks for the other any more");
    }

    #[test]
    fn a_line_that_was_cut_off_has_not_happened() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("journal");
        let mut journal = open(&path);
        journal.read(9, vec![entry("a", "1")]).expect("written");
        let before = fs::read(&path).expect("read");
        journal.read(10, vec![entry("a", "2")]).expect("written");
        let after = fs::read(&path).expect("read");
        for cut in before.len()..after.len() - 1 {
            fs::write(&path, &after[..cut]).expect("written");
            let journal = open(&path);
            assert_eq!((journal.height(), ids(&journal, "a").len()), (Some(9), 1), "cut after {cut} bytes");
        }
        fs::write(&path, [b"nonsense\n".as_slice(), &after].concat()).expect("written");
        assert_eq!(ids(&open(&path), "a").len(), 2, "a damaged line costs itself alone");
    }

    #[test]
    fn blocks_without_an_end_are_written_down_now_and_then() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("journal");
        let mut journal = open(&path);
        (1..=200).for_each(|height| assert!(journal.read(height, Vec::new()).is_ok()));
        assert_eq!(journal.height(), Some(200));
        let known = open(&path).height().expect("a height");
        assert!(known > 200 - UNWRITTEN_MAX && known < 200, "{known}");
    }

    #[test]
    fn the_journal_is_bounded() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("journal");
        let mut journal = open(&path);
        let many = (0..=WAITING_MAX).map(|number| entry("a", &number.to_string())).collect();
        assert_eq!(journal.read(1, many).expect("written").len(), WAITING_MAX, "of one block too");
        assert_eq!(journal.read(1, vec![entry("a", "more")]).expect("written"), []);
        assert_eq!(journal.read(1, vec![entry("b", "1")]).expect("written").len(), 1, "others have room");
    }
}
