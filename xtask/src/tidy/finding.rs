//! What a check reports.

use std::fmt;

/// One broken rule at one place. Shown as `path:line: what; todo`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where, and in which line.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub todo: String,
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the root of the repository, with `/`.
    pub path: String,
    /// From 1.
    pub line: usize,
}

impl Finding {
    /// A finding at `path:line`.
    pub fn new(path: &str, line: usize, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::at(&Place { path: path.into(), line }, what, todo)
    }

    /// A finding at a place found before.
    pub fn at(place: &Place, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { place: place.clone(), what: what.into(), todo: todo.into() }
    }
}

impl Place {
    /// The first line of `text` for which `is` holds; line 1 if there is none.
    pub fn find(path: &str, text: &str, is: impl FnMut(&str) -> bool) -> Self {
        Self { path: path.into(), line: text.lines().position(is).map_or(1, |at| at + 1) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.place.path, self.place.line, self.what, self.todo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_compiler_message() {
        let place = Place::find("a/Cargo.toml", "[package]\nname = \"a\"\n", |line| line.starts_with("name"));
        assert_eq!(Finding::at(&place, "wrong", "mend it").to_string(), "a/Cargo.toml:2: wrong; mend it");
    }
}
