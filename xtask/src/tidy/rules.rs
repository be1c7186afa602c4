//! The table of the protocol: where each rule is kept, and by which test it is held to it.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::repository::{File, find};
use super::sources::Source;
use super::tokens::{Token, tokens};

/// Where the rules and their table lie.
const PATH: &str = "docs/protocol.md";
/// The part that numbers the rules.
const RULES: &str = "## Rules";
/// The part that holds the table.
const TABLE: &str = "## Where each rule is kept";

/// Compares the table with the rules and with the sources.
pub fn check(files: &[File], sources: &[Source]) -> Vec<Finding> {
    let Some(text) = find(files, PATH).and_then(File::text) else { return Vec::new() };
    let rules: BTreeSet<u32> = part(text, RULES).filter_map(|(_, line)| numbered(line)).collect();
    let rows: Vec<Row> = part(text, TABLE).filter_map(|(at, line)| Row::read(at, line)).collect();
    let mut findings: Vec<Finding> = rows.iter().flat_map(|row| row.check(&rules, sources)).collect();
    let told: BTreeSet<u32> = rows.iter().filter_map(|row| row.rule).collect();
    let line = text.lines().position(|line| line == TABLE).map_or(1, |at| at + 1);
    findings.extend(rules.difference(&told).map(|rule| {
        let what = format!("rule {rule} has no row in \"{}\"", TABLE.trim_start_matches("## "));
        Finding::new(PATH, line, what, "say what keeps it and which test shows that")
    }));
    findings
}

/// The lines of a part, each with its number.
pub(super) fn part<'a>(text: &'a str, heading: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let inside = lines.skip_while(move |(_, line)| *line != heading).skip(1);
    inside.take_while(|(_, line)| !line.starts_with("## ")).collect::<Vec<_>>().into_iter()
}

/// The number of a rule, if the line begins one.
fn numbered(line: &str) -> Option<u32> {
    let (number, rest) = line.split_once(". ")?;
    rest.starts_with("**").then(|| number.parse().ok())?
}

/// A clause of a rule.
struct Row<'a> {
    line: usize,
    rule: Option<u32>,
    clause: &'a str,
    kept: Vec<&'a str>,
    tested: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// Reads `| rule | clause | functions | tests |`; nothing if the line is none, or above the first.
    fn read(line: usize, text: &'a str) -> Option<Self> {
        let mut cells = text.strip_prefix('|')?.split('|').map(str::trim);
        let (rule, clause) = (cells.next()?, cells.next()?);
        if rule == "rule" || rule.starts_with("---") {
            return None;
        }
        let (kept, tested) = (places(cells.next()), places(cells.next()));
        Some(Self { line, rule: rule.parse().ok(), clause, kept, tested })
    }

    fn check(&self, rules: &BTreeSet<u32>, sources: &[Source]) -> Vec<Finding> {
        let mut wrong = Vec::new();
        if self.rule.is_none_or(|rule| !rules.contains(&rule)) {
            wrong.push(("it is of no rule".to_owned(), "begin it with the number of a rule"));
        }
        if self.kept.is_empty() {
            wrong.push(("no function keeps it".to_owned(), "name it as `path/file.rs::function`"));
        }
        if self.tested.is_empty() {
            wrong.push(("no test holds anybody to it".to_owned(), "name one as `path/file.rs::test`, or write it"));
        }
        let missing = |(test, place): (bool, &&str)| absent(sources, place, test).map(|what| (what, "mend the table"));
        wrong.extend(self.kept.iter().map(|place| (false, place)).filter_map(missing));
        wrong.extend(self.tested.iter().map(|place| (true, place)).filter_map(missing));
        let of = |(what, todo)| Finding::new(PATH, self.line, format!("\"{}\": {what}", self.clause), todo);
        wrong.into_iter().map(of).collect()
    }
}

/// What stands in backticks.
pub(super) fn places(cell: Option<&str>) -> Vec<&str> {
    cell.unwrap_or_default().split('`').skip(1).step_by(2).collect()
}

/// What is wrong with `path/file.rs::function`.
pub(super) fn absent(sources: &[Source], place: &str, test: bool) -> Option<String> {
    let Some((path, name)) = place.rsplit_once("::").filter(|(path, _)| path.ends_with(".rs")) else {
        return Some(format!("{place} is not path/file.rs::name"));
    };
    let Some(source) = sources.iter().find(|source| source.path == path) else {
        return Some(format!("no target has a file {path}"));
    };
    let flat = tokens(&source.text);
    match defined(&flat, name) {
        None => Some(format!("{path} has no function {name}")),
        Some(is_test) if is_test != test => {
            Some(format!("{name} of {path} is {}", if test { "no test" } else { "a test" }))
        }
        Some(_) => None,
    }
}

/// Whether the function of that name is a test; none if there is none. Macro arguments are looked into, for `proptest!`.
fn defined(flat: &[Token], name: &str) -> Option<bool> {
    let text = |at: usize| flat.get(at).map(|token| token.text.as_str());
    let mut marked = false;
    for at in 0..flat.len() {
        match text(at) {
            Some("test") => {
                marked |= matches!(at.checked_sub(1).and_then(text), Some("[" | "::")) && text(at + 1) == Some("]")
            }
            Some("fn") if text(at + 1) == Some(name) => return Some(marked),
            Some("fn") => marked = false,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::repository::file;
    use super::super::sources::source;
    use super::*;

    const SOURCE: &str = "fn keep() {} #[cfg(test)] mod tests { #[test] #[ignore] fn kept() {} fn help() {} \
                          proptest! { #[test] fn always(x in 0..1) {} } #[tokio::test] async fn later() {} }";

    fn found(rows: &str) -> Vec<String> {
        let text = format!(
            "{RULES}\n\n1. **One** is.\n2. **Two** is.\n\n{TABLE}\n\n| rule | clause | kept | tested |\n| --- |\n{rows}\n"
        );
        let findings = check(&[file(PATH, &text)], &[source("a", "a/src/lib.rs", SOURCE)]);
        findings.into_iter().map(|finding| format!("{}: {}", finding.place.line, finding.what)).collect()
    }

    fn row(rule: &str, kept: &str, tested: &str) -> String {
        format!("| {rule} | what | {kept} | {tested} |")
    }

    const TWO: &str = "| 2 | else | `a/src/lib.rs::keep` | `a/src/lib.rs::always`, `a/src/lib.rs::later` |";

    #[test]
    fn a_rule_with_its_function_and_tests_passes() {
        let one = row("1", "`a/src/lib.rs::keep`", "`a/src/lib.rs::kept`");
        assert_eq!(found(&format!("{one}\n{TWO}")), [""; 0]);
    }

    #[test]
    fn a_rule_without_a_row_a_function_or_a_test_is_found() {
        assert_eq!(found(TWO), ["6: rule 1 has no row in \"Where each rule is kept\""]);
        let one = row("1", "", "-");
        let wrong = ["10: \"what\": no function keeps it", "10: \"what\": no test holds anybody to it"];
        assert_eq!(found(&format!("{one}\n{TWO}")), wrong);
        let none = row("3", "`a/src/lib.rs::keep`", "`a/src/lib.rs::kept`");
        assert_eq!(found(&format!("{none}\n{TWO}")).len(), 2);
    }

    #[test]
    fn what_is_named_must_be_there_and_be_what_it_is_named_as() {
        let wrong = |kept: &str, tested: &str| found(&format!("{}\n{TWO}", row("1", kept, tested)));
        let (keep, kept) = ("`a/src/lib.rs::keep`", "`a/src/lib.rs::kept`");
        assert_eq!(wrong(keep, "`a/src/lib.rs::other`"), ["10: \"what\": a/src/lib.rs has no function other"]);
        assert_eq!(wrong("`b/src/lib.rs::keep`", kept), ["10: \"what\": no target has a file b/src/lib.rs"]);
        assert_eq!(wrong("`keep`", kept), ["10: \"what\": keep is not path/file.rs::name"]);
        assert_eq!(wrong(kept, kept), ["10: \"what\": kept of a/src/lib.rs is a test"]);
        assert_eq!(wrong(keep, "`a/src/lib.rs::help`"), ["10: \"what\": help of a/src/lib.rs is no test"]);
    }
}
