//! The table of bad inputs: the tests and the hostile program's deeds that it names are there.

use super::finding::Finding;
use super::repository::{File, find};
use super::rules::{absent, part, places};
use super::sources::Source;

/// Where the table lies.
const PATH: &str = "docs/security.md";
const TABLE: &str = "## Bad input";
/// Where deeds are attempted.
const DEEDS: &str = "executor/tests/native/probes.rs";

/// Compares the table with the sources.
pub fn check(files: &[File], sources: &[Source]) -> Vec<Finding> {
    let Some(text) = find(files, PATH).and_then(File::text) else { return Vec::new() };
    let rows = part(text, TABLE).filter(|(_, line)| line.starts_with("| ")).skip(2);
    rows.flat_map(|(line, row)| {
        let wrong = wrong(row, sources);
        wrong.into_iter().map(move |what| Finding::new(PATH, line, what, "mend the table, or write the test"))
    })
    .collect()
}

/// What is wrong with `| input | deeds; tests | outcome |`.
fn wrong(row: &str, sources: &[Source]) -> Vec<String> {
    let cell = row.split('|').nth(2).unwrap_or_default();
    let (tests, deeds) = (places(Some(cell)), deeds(cell));
    if tests.is_empty() && deeds.is_empty() {
        return vec!["no test sends it".to_owned()];
    }
    let missing = deeds.into_iter().filter(|deed| !is_attempted(sources, deed));
    let missing = missing.map(|deed| format!("{DEEDS} attempts no {deed}"));
    tests.into_iter().filter_map(|place| absent(sources, place, true)).chain(missing).collect()
}

/// The words that are not in backticks.
fn deeds(cell: &str) -> Vec<&str> {
    let outside = cell.split('`').step_by(2);
    outside.flat_map(|text| text.split([',', ';', ' '])).filter(|word| !word.is_empty()).collect()
}

fn is_attempted(sources: &[Source], deed: &str) -> bool {
    let attempts = sources.iter().filter(|source| source.path == DEEDS);
    attempts.into_iter().any(|source| source.text.contains(&format!("\"{deed}\"")))
}

#[cfg(test)]
mod tests {
    use super::super::repository::file;
    use super::super::sources::source;
    use super::*;

    fn found(row: &str) -> Vec<String> {
        let text = format!("{TABLE}\n\n| bad input | test | outcome |\n| --- | --- | --- |\n{row}\n");
        let attempts = source("executor", DEEDS, "fn attempts() { [\"loop\", \"fork-bomb\"] }");
        let tests = source("a", "a/tests/it.rs", "#[test] fn it_ends() {} fn help() {}");
        check(&[file(PATH, &text)], &[attempts, tests]).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn what_is_there_is_fine() {
        assert!(found("| loops | loop, fork-bomb; `a/tests/it.rs::it_ends` | timeout |").is_empty());
        assert!(found("| loops | loop | timeout |").is_empty());
    }

    #[test]
    fn what_is_missing_is_found() {
        assert_eq!(found("| loops | | timeout |"), ["no test sends it"]);
        assert_eq!(found("| loops | dance | timeout |"), [format!("{DEEDS} attempts no dance")]);
        assert_eq!(found("| loops | `a/tests/it.rs::never` | timeout |"), ["a/tests/it.rs has no function never"]);
        assert_eq!(found("| loops | `a/tests/it.rs::help` | timeout |"), ["help of a/tests/it.rs is no test"]);
    }
}
