//! Where words go: results to stdout, progress to stderr, colours to terminals alone.

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;
use std::{fmt::Display, io::Write as _};

/// Good news.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Bad news.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What matters.
pub const STRONG: Style = Style::new().bold();
/// What matters less.
pub const FAINT: Style = Style::new().dimmed();

/// How to speak.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// In JSON, or for people.
    #[must_use]
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether results are JSON.
    #[must_use]
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// The result: JSON, or `text` for people.
    ///
    /// # Errors
    /// When the value cannot be said in JSON.
    pub fn result<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
        to_stdout(&text);
        Ok(())
    }

    /// One line of JSON, or of `text`: for streams.
    ///
    /// # Errors
    /// When the value cannot be said in JSON.
    pub fn line<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { text(value) };
        to_stdout(&text);
        Ok(())
    }

    /// A line of progress, for people.
    pub fn note(self, text: impl Display) {
        // Whoever closed the other end does not want to read it.
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}

/// Writes a line to stdout. A reader that has gone (`| head`) is no failure.
fn to_stdout(text: &str) {
    let mut out = anstream::stdout();
    let _ = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
}

/// A table without lines, for people.
#[must_use]
pub fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(header);
    table
}

/// Text in a style.
#[must_use]
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The beginning of an identifier, for lists.
#[must_use]
pub fn short(id: impl Display) -> String {
    id.to_string().chars().take(8).collect()
}
