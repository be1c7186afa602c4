//! The list of functions that are too long for now. It may only shrink.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::finding::Finding;
use super::functions::Function;
use super::repository::{File, find};

/// Where the list lies.
const PATH: &str = "xtask/tidy-ratchet.toml";

/// A function that is over the limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    path: String,
    name: String,
    lines: usize,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ratchet {
    #[serde(default)]
    function: Vec<Entry>,
}

impl Entry {
    /// Whether this is the entry of `function`.
    pub fn names(&self, function: &Function) -> bool {
        self.path == function.path && self.name == function.name
    }
}

/// Reads the list.
pub fn load(files: &[File]) -> Result<Vec<Entry>> {
    let text = find(files, PATH).and_then(File::text).with_context(|| format!("{PATH} is missing"))?;
    parse(text)
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    Ok(toml::from_str::<Ratchet>(text).context(PATH)?.function)
}

/// Compares an entry with the function it names.
pub fn check(entry: &Entry, functions: &[Function]) -> Option<Finding> {
    let longest = functions.iter().filter(|f| entry.names(f)).max_by_key(|f| f.lines);
    let name = format!("{} {}", entry.path, entry.name);
    let (what, todo) = match longest {
        None => (format!("there is no {name}"), "remove the entry".into()),
        Some(f) if f.lines <= f.limit() => (format!("{name} is short now"), "remove the entry".into()),
        Some(f) if f.lines > entry.lines => (
            format!("{name} grew from {} to {} lines", entry.lines, f.lines),
            "shorten it; the list only shrinks".into(),
        ),
        Some(f) if f.lines < entry.lines => (format!("{name} shrank"), format!("lower the entry to {}", f.lines)),
        Some(_) if entry.reason.trim().is_empty() => (format!("{name} has no reason"), "say why it is long".into()),
        Some(_) => return None,
    };
    Some(Finding::new(PATH, 1, what, todo))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(listed: usize, reason: &str, present: usize) -> Option<String> {
        let text = format!("[[function]]\npath = 'a.rs'\nname = 'f'\nlines = {listed}\nreason = '{reason}'\n");
        let entries = parse(&text).unwrap();
        let function = Function { path: "a.rs".into(), name: "f".into(), line: 1, lines: present, test: false };
        check(&entries[0], &[function]).map(|finding| finding.what)
    }

    #[test]
    fn an_entry_may_only_shrink_and_goes_when_it_is_short() {
        assert_eq!(verdict(90, "a table", 90), None);
        assert_eq!(verdict(90, "a table", 91).unwrap(), "a.rs f grew from 90 to 91 lines");
        assert_eq!(verdict(90, "a table", 89).unwrap(), "a.rs f shrank");
        assert_eq!(verdict(90, "a table", 70).unwrap(), "a.rs f is short now");
        assert_eq!(verdict(90, " ", 90).unwrap(), "a.rs f has no reason");
    }

    #[test]
    fn an_entry_without_its_function_or_with_odd_keys_is_refused() {
        let text = "[[function]]\npath = 'a.rs'\nname = 'f'\nlines = 80\nreason = 'r'\n";
        assert_eq!(check(&parse(text).unwrap()[0], &[]).unwrap().what, "there is no a.rs f");
        assert!(parse(&format!("{text}more = 1\n")).is_err());
        assert!(parse("").unwrap().is_empty());
    }
}
