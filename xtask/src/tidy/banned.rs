//! Calls and types that do not belong in some crates, outside their tests.

use super::finding::Finding;
use super::sources::Source;
use super::syntax::Apart;
use super::tokens::{Token, tokens};

/// Something that must not be written.
struct Ban {
    /// The tokens that betray it: any of these sequences.
    patterns: &'static [&'static [&'static str]],
    /// The crates it is banned from; all of ours if empty.
    crates: &'static [&'static str],
    /// Files in which it is right.
    but: &'static [&'static str],
    /// `#[expect(clippy::…, reason = "…")]` with this name lifts it.
    lint: Option<&'static str>,
    what: &'static str,
    todo: &'static str,
}

const CORE: &[&str] = &["types", "ledger", "replica"];
const AGREED: &[&str] = &["types", "ports", "ledger"];
const PURE: &[&str] = &["types", "ledger", "replica", "receipt"];
const NO_PANIC: &str = "return an error, or say why it cannot happen with #[expect(…, reason = \"…\")]";
const NO_EFFECT: &str = "this crate has no clock, no files, no threads and no sockets; let the shell do it";

const fn panics(patterns: &'static [&'static [&'static str]], lint: &'static str, what: &'static str) -> Ban {
    Ban { patterns, crates: CORE, but: &[], lint: Some(lint), what, todo: NO_PANIC }
}

const fn effect(patterns: &'static [&'static [&'static str]], what: &'static str) -> Ban {
    Ban { patterns, crates: PURE, but: &[], lint: None, what, todo: NO_EFFECT }
}

const BANS: &[Ban] = &[
    panics(&[&[".", "unwrap", "("]], "unwrap_used", "unwrap"),
    panics(&[&[".", "expect", "("]], "expect_used", "expect"),
    panics(&[&["panic", "!"]], "panic", "panic!"),
    panics(&[&["unreachable", "!"]], "unreachable", "unreachable!"),
    Ban {
        patterns: &[&["HashMap"], &["HashSet"], &["RandomState"]],
        crates: CORE,
        but: &[],
        lint: None,
        what: "a hash map",
        todo: "its order differs between runs; take BTreeMap or BTreeSet",
    },
    effect(&[&["Instant"], &["SystemTime"]], "a clock"),
    effect(&[&["fs", "::"], &["std", "::", "fs"]], "a file"),
    effect(&[&["thread", "::"], &["std", "::", "thread"], &["thread_local", "!"]], "a thread"),
    effect(&[&["net", "::"], &["std", "::", "net"]], "a socket"),
    Ban {
        patterns: &[&["f32"], &["f64"], &["<float>"]],
        crates: AGREED,
        but: &[],
        lint: None,
        what: "a float",
        todo: "nothing that is agreed on is rounded by the machine; take checked integers",
    },
    Ban {
        patterns: &[&["process", "::", "exit"]],
        crates: &[],
        but: &["lemma/src/main.rs", "sim/src/main.rs", "xtask/src/main.rs"],
        lint: None,
        what: "process::exit",
        todo: "return an error; main maps it to an exit code",
    },
];

/// Looks through all sources that are not tests.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    sources.iter().filter(|source| !source.test).flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let bans = BANS.iter().filter(|ban| ban.concerns(source)).collect::<Vec<_>>();
    let (flat, apart) = (tokens(&source.text), Apart::of(&source.syntax));
    let mut findings = Vec::new();
    for (at, token) in flat.iter().enumerate().filter(|(_, token)| !apart.is_test(token.bytes.start)) {
        let expected = |ban: &Ban| ban.lint.is_some_and(|lint| apart.is_expected(lint, token.bytes.start));
        for ban in bans.iter().filter(|ban| ban.begins(&flat[at..]) && !expected(ban)) {
            let what = format!("{} in {}", ban.what, source.package);
            findings.push(Finding::new(&source.path, token.line, what, ban.todo));
        }
    }
    findings
}

impl Ban {
    fn concerns(&self, source: &Source) -> bool {
        let banned = self.crates.is_empty() || self.crates.contains(&source.package.as_str());
        banned && !self.but.contains(&source.path.as_str())
    }

    fn begins(&self, rest: &[Token]) -> bool {
        self.patterns.iter().any(|pattern| {
            let same =
                |(want, token): (&&str, &Token)| token.text.as_str() == *want || (token.float && *want == "<float>");
            rest.len() >= pattern.len() && pattern.iter().zip(rest).all(same)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::source;
    use super::*;

    fn found(package: &str, text: &str) -> Vec<&'static str> {
        let findings = check(&[source(package, "x/src/lib.rs", text)]);
        let name = |finding: &Finding| {
            BANS.iter().find(|ban| finding.what == format!("{} in {package}", ban.what)).map(|ban| ban.what)
        };
        let mut names: Vec<&str> = findings.iter().filter_map(name).collect();
        names.dedup();
        names
    }

    #[test]
    fn each_ban_is_found_where_it_holds_and_nowhere_else() {
        let cases = [
            ("fn f() { x.unwrap(); }", "ledger", "engine", "unwrap"),
            ("fn f() { x.expect(\"y\"); }", "replica", "node", "expect"),
            ("fn f() { panic!(); }", "types", "node", "panic!"),
            ("fn f() { unreachable!(); }", "types", "node", "unreachable!"),
            ("use std::collections::HashMap;", "ledger", "node", "a hash map"),
            ("use std::time::{Duration, Instant};", "replica", "node", "a clock"),
            ("fn f() { std::fs::read(p); }", "receipt", "node", "a file"),
            ("use std::{io, thread};\nfn f() { thread::spawn(g); }", "ledger", "node", "a thread"),
            ("use std::net::TcpStream;", "replica", "node", "a socket"),
            ("const A: u64 = 1.5 as u64;", "ledger", "node", "a float"),
            ("fn f(x: f64) {}", "types", "node", "a float"),
        ];
        for (text, banned, free, what) in cases {
            assert_eq!(found(banned, text), [what], "{text}");
            assert!(found(free, text).is_empty(), "{text}");
        }
        assert_eq!(found("node", "fn f() { std::process::exit(1); }"), ["process::exit"]);
    }

    #[test]
    fn macros_are_looked_into() {
        assert_eq!(found("ledger", "fn f() { assert!(x.unwrap()); }"), ["unwrap"]);
    }

    #[test]
    fn what_only_looks_similar_is_free() {
        let text = "/// panic! and x.unwrap()\nfn f() { x.unwrap_or(1); pair.0.1; for i in 0..1 {} \"HashMap\"; }";
        assert!(found("ledger", text).is_empty());
    }

    #[test]
    fn tests_and_stated_expectations_are_free() {
        assert!(found("ledger", "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }").is_empty());
        let expected = "#[expect(clippy::unwrap_used, reason = \"constant\")] const A: T = x.unwrap();";
        assert!(found("ledger", expected).is_empty());
        assert_eq!(found("ledger", "#[expect(clippy::unwrap_used)] const A: T = x.unwrap();"), ["unwrap"]);
        assert_eq!(found("ledger", &format!("{expected} const B: T = x.unwrap();")), ["unwrap"]);
    }

    #[test]
    fn main_may_exit() {
        let text = "fn main() { std::process::exit(1) }";
        assert!(check(&[source("lemma", "lemma/src/main.rs", text)]).is_empty());
    }
}
