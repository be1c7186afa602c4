//! Where words go: results to stdout, progress to stderr, colours to terminals alone.

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;
use std::{
    fmt::Display,
    io::{IsTerminal as _, Write as _},
};

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
        let text = if self.json { serde_json::to_string_pretty(value)? } else { but_styles(&text(value)) };
        to_stdout(&text);
        Ok(())
    }

    /// One line of JSON, or of `text`: for streams.
    ///
    /// # Errors
    /// When the value cannot be said in JSON.
    pub fn line<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { but_styles(&text(value)) };
        to_stdout(&text);
        Ok(())
    }

    /// Text of somebody else, as it is or made harmless. False when the reader has gone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn foreign(self, text: &[u8], raw: bool) -> anyhow::Result<bool> {
        let mut out = std::io::stdout();
        let shown = out.is_terminal() && !raw;
        let safe = if shown { Some(harmless(&String::from_utf8_lossy(text))) } else { None };
        match out.write_all(safe.as_deref().map_or(text, str::as_bytes)).and_then(|()| out.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A line of progress, for people.
    pub fn note(self, text: impl Display) {
        // Whoever closed the other end does not want to read it.
        let _ = writeln!(anstream::stderr(), "{}", but_styles(&text.to_string()));
    }
}

/// Writes a line to stdout. A reader that has gone (`| head`) is no failure.
fn to_stdout(text: &str) {
    let mut out = anstream::stdout();
    let _ = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
}

/// Text whose control characters, and those that turn the direction of writing, are spelled out: else it could move the cursor,
/// retitle the window or hide what it says.
#[must_use]
pub fn harmless(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let turns = |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() || turns(letter) => out.extend(letter.escape_default()),
            _ => out.push(letter),
        }
        out
    })
}

/// The same, but that text keeps its styles. What is said of the chain holds words of strangers: names, reasons, addresses.
fn but_styles(text: &str) -> String {
    let mut pieces = text.split(STYLE);
    let mut out = harmless(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(piece.len());
        let (numbers, rest) = piece.split_at(end);
        match rest.strip_prefix('m') {
            Some(rest) => out.extend([STYLE, numbers, "m", &harmless(rest)]),
            None => out.extend([harmless(STYLE), harmless(piece)]),
        }
    }
    out
}

/// How a style begins. It goes on with numbers and ends with `m`; what ends otherwise does more than that.
const STYLE: &str = "\x1b[";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_writes_does_nothing_to_a_terminal() {
        let text = "a\tb\r\n\x1b[2J\x1b]0;title\x07c\rd\u{9b}1m é ✓ \u{202e}e\n";
        let safe = harmless(text);
        assert_eq!(safe, "a\tb\n\\u{1b}[2J\\u{1b}]0;title\\u{7}c\\rd\\u{9b}1m é ✓ \\u{202e}e\n");
        assert!(safe.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')));
    }

    #[test]
    fn words_of_strangers_among_ours_do_nothing_to_a_terminal_either() {
        let ours = format!("{} ok\n", styled(GOOD, "verified"));
        assert_eq!(but_styles(&ours), ours);
        let name = "\x1b]0;title\x07\x1b[2J\x1b[1;31mred\x1b[\x1b[9";
        let safe = but_styles(&format!("{ours}{name}"));
        let expected = "\\u{1b}]0;title\\u{7}\\u{1b}[2J\x1b[1;31mred\\u{1b}[\\u{1b}[9";
        assert_eq!(safe, format!("{ours}{expected}"));
    }
}
