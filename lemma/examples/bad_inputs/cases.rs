//! The bad inputs: what each is, and how it must end. The same list stands in `docs/security.md`.

use crate::{
    archives::{bomb, entry, forged, image},
    modules::{TAKES_ALL, module, prover, verifier},
    net::Node,
    of_programs,
    outcome::Expected::{self, Fails, Held},
};
use std::{fs, rc::Rc};
use tar::EntryType;
use types::Runtime;

/// One bad input.
pub struct Case {
    /// What it is called.
    pub name: String,
    /// What runs the prover.
    pub runtime: Runtime,
    /// The artifacts.
    pub prover: Rc<Vec<u8>>,
    pub verifier: Rc<Vec<u8>>,
    /// The prover's arguments.
    pub arguments: String,
    /// The longest it may compute.
    pub time: &'static str,
    /// Words with which the command line refuses to deploy it, if it does.
    pub refused: Option<&'static str>,
    /// How it must end all the same, deployed by a client that does not look.
    pub expected: Expected,
}

/// What a deed of the hostile program is told besides its name.
enum Rest {
    Nothing,
    Text(&'static str),
    /// Processes of the node and of this program.
    Pids,
    /// Files of the node.
    Files,
    /// Where the node listens.
    Address,
}

const TOO_LARGE: Expected = Fails("output", &["output is too large", "ran out of disk"]);
const NO_MEMORY: Expected = Fails("memory", &["ran out of memory"]);
const TIMEOUT: Expected = Fails("timeout", &["ran past its time"]);
const NO_DISK: Expected = Fails("output", &["ran out of disk"]);
const NO_END: Expected = Fails("trap", &["logs without end"]);
const LONG: &str = "60s";

/// Deeds of the hostile program.
const DEEDS: &[(&str, Rest, &str, Expected)] = &[
    ("loop", Rest::Nothing, "1s", TIMEOUT),
    ("deaf-loop", Rest::Nothing, "1s", TIMEOUT),
    ("fork-bomb", Rest::Nothing, LONG, Held),
    ("thread-bomb", Rest::Nothing, LONG, Held),
    ("orphans", Rest::Nothing, LONG, Held),
    ("eat-memory", Rest::Nothing, LONG, NO_MEMORY),
    ("eat-memory-in-children", Rest::Nothing, LONG, NO_MEMORY),
    ("fill-disk", Rest::Text("/tmp"), LONG, NO_DISK),
    ("fill-disk", Rest::Text(concat!("/work", "/out")), LONG, NO_DISK),
    ("many-files", Rest::Nothing, LONG, NO_DISK),
    ("log-forever", Rest::Nothing, LONG, NO_END),
    ("progress-forever", Rest::Nothing, "2s", TIMEOUT),
    ("sockets", Rest::Nothing, LONG, Held),
    ("connect", Rest::Address, LONG, Held),
    ("read-files", Rest::Files, LONG, Held),
    ("write-files", Rest::Files, LONG, Held),
    ("climb-out", Rest::Nothing, LONG, Held),
    ("change-inputs", Rest::Nothing, LONG, Held),
    ("kill-others", Rest::Pids, LONG, Held),
    ("trace-others", Rest::Pids, LONG, Held),
    ("limit-others", Rest::Pids, LONG, Held),
    ("see-others", Rest::Pids, LONG, Held),
    ("kill-first", Rest::Nothing, LONG, Held),
    ("become-root", Rest::Nothing, LONG, Held),
    ("make-devices", Rest::Nothing, LONG, Held),
    ("raw-devices", Rest::Nothing, LONG, Held),
    ("new-namespaces", Rest::Nothing, LONG, Held),
    ("mount", Rest::Nothing, LONG, Held),
    ("crash", Rest::Nothing, LONG, Fails("trap", &["ended by signal 11"])),
    ("kill-itself", Rest::Nothing, LONG, Fails("trap", &["ended by signal 9"])),
    ("exit", Rest::Text("7"), LONG, Fails("exit", &["exited with code 7"])),
    ("no-proof", Rest::Nothing, LONG, Fails("output", &["there is no proof"])),
    ("link-as-proof", Rest::Nothing, LONG, Fails("output", &["proof is a symbolic link"])),
    ("hard-link-as-proof", Rest::Nothing, LONG, Fails("output", &["proof has several names"])),
    ("directory-as-proof", Rest::Nothing, LONG, Fails("output", &["proof is not a file"])),
    ("moved-output", Rest::Nothing, LONG, Fails("output", &["there is no proof", "symbolic link"])),
    ("sparse-proof", Rest::Nothing, LONG, TOO_LARGE),
    ("endless-proof", Rest::Nothing, LONG, TOO_LARGE),
];

/// All of them.
pub fn all(hostile: Vec<u8>, node: &Node, pid: u32) -> anyhow::Result<Vec<Case>> {
    let (hostile, takes_all) = (Rc::new(hostile), Rc::new(module(TAKES_ALL)?));
    let deeds = DEEDS.iter().map(|(deed, rest, time, expected)| {
        let arguments = format!("{deed} {}", told(rest, node, pid)).trim_end().to_owned();
        let (prover, verifier, expected) = (hostile.clone(), takes_all.clone(), *expected);
        let (name, runtime, refused) = (format!("native {deed}"), Runtime::LinuxX86_64, None);
        Case { name, runtime, prover, verifier, arguments, time, refused, expected }
    });
    let mut all: Vec<Case> = deeds.collect();
    all.extend(archives(&takes_all)?);
    all.extend(refused_provers(&takes_all)?);
    all.extend(running_provers(&takes_all)?);
    all.extend(verifiers()?);
    Ok(all)
}

fn told(rest: &Rest, node: &Node, pid: u32) -> String {
    match rest {
        Rest::Nothing => String::new(),
        Rest::Text(text) => (*text).to_owned(),
        Rest::Pids => format!("{pid} {}", std::process::id()),
        Rest::Files => format!("{} {}", node.config.display(), node.config.with_file_name("prover.key").display()),
        Rest::Address => node.api.trim_start_matches("http://").to_owned(),
    }
}

fn case(name: &str, runtime: Runtime, prover: Vec<u8>, verifier: &Rc<Vec<u8>>, expected: Expected) -> Case {
    let (name, prover, verifier, arguments) = (name.to_owned(), Rc::new(prover), verifier.clone(), String::new());
    Case { name, runtime, prover, verifier, arguments, time: LONG, refused: None, expected }
}

/// Root directories and images.
fn archives(verifier: &Rc<Vec<u8>>) -> anyhow::Result<Vec<Case>> {
    use EntryType::{Char, Link, Regular, Symlink};
    let native = |name: &str, prover: anyhow::Result<Vec<u8>>, words: &'static [&'static str]| {
        anyhow::Ok(case(
            &format!("archive {name}"),
            Runtime::LinuxX86_64,
            prover?,
            verifier,
            Fails("bad-program", words),
        ))
    };
    Ok(vec![
        native("no program", Ok(b"#!/bin/sh\n".to_vec()), &["no ELF and no tar"])?,
        native("dynamic program", Ok(fs::read("/bin/true")?), &["static"])?,
        native("..", entry(Regular, "../outside", ""), &["leads out of the archive"])?,
        native("absolute name", entry(Regular, "/etc/outside", ""), &["is absolute"])?,
        native("symbolic link outside", entry(Symlink, "link", "../../outside"), &["outside of the archive"])?,
        native("hard link outside", entry(Link, "link", "../outside"), &["leads out of the archive"])?,
        native("device", entry(Char, "null", ""), &["Char are not allowed"])?,
        native("bomb", bomb(256), &["unpacks to more than"])?,
        native("image with ..", image(&entry(Regular, "../outside", "")?), &["leads out of the archive"])?,
        native("image with hard link", image(&entry(Link, "link", "/etc/passwd")?), &["is absolute"])?,
        native("image with bomb", image(&bomb(256)?), &["too many bytes"])?,
        native("image forged", forged(), &["is not what is there"])?,
    ])
}

/// Modules that are refused before they run, by the command line at deployment and by a node whoever deployed them.
fn refused_provers(verifier: &Rc<Vec<u8>>) -> anyhow::Result<Vec<Case>> {
    let refused = |name: &str, module: Vec<u8>, words: &'static [&'static str]| {
        let it = case(&format!("module {name}"), Runtime::Wasm, module, verifier, Fails("bad-program", words));
        Case { refused: words.first().copied(), ..it }
    };
    let idle = |parts: &str| prover(parts, "(i32.const 0)");
    Ok(vec![
        refused("no module", b"\0asm and nothing else".to_vec(), &["not a valid module"]),
        refused("start function", idle("(start $deep)")?, &["has a start function"]),
        refused("huge table", idle("(table 4000000000 funcref)")?, &["table elements"]),
        refused("foreign import", idle(r#"(import "env" "system" (func (param i32)))"#)?, &["is not allowed"]),
        refused("a million functions", idle(&"(func)".repeat(1_000_000))?, &["functions, at most"]),
        refused("deep nesting", idle(&nested(2_000))?, &["nested blocks"]),
        refused("many locals", idle(&format!("(func (local {}))", "i64 ".repeat(20_000)))?, &["locals in a function"]),
    ])
}

fn nested(depth: usize) -> String {
    format!("(func {} {})", "block ".repeat(depth), "end ".repeat(depth))
}

/// Modules that are fine until they run.
fn running_provers(verifier: &Rc<Vec<u8>>) -> anyhow::Result<Vec<Case>> {
    let runs = |name: &str, body: &str, expected: Expected| {
        anyhow::Ok(case(&format!("module {name}"), Runtime::Wasm, prover("", body)?, verifier, expected))
    };
    let looping = runs("endless loop", "(loop (br 0)) (i32.const 0)", TIMEOUT)?;
    let large = "(drop (memory.grow (i32.const 1040))) (call $output (i32.const 0) (i32.const 0) (i32.const 68157440))";
    Ok(vec![
        Case { time: "1s", ..looping },
        runs("deep recursion", "(call $deep) (i32.const 0)", Fails("trap", &["call stack exhausted"]))?,
        runs("memory without end", "(loop (drop (memory.grow (i32.const 16))) (br 0)) (i32.const 0)", NO_MEMORY)?,
        runs(
            "log without end",
            "(loop (call $log (i32.const 0) (i32.const 65536)) (br 0)) (i32.const 0)",
            Fails("trap", &["too many bytes"]),
        )?,
        runs("65 MiB of proof", &format!("{large} (i32.const 0)"), TOO_LARGE)?,
        runs("gives up", "(unreachable)", Fails("trap", &["unreachable"]))?,
        runs("code", "(i32.const 3)", Fails("exit", &["exited with code 3"]))?,
    ])
}

/// Verifiers, beside a prover that is good: its own check of the proof is where they show.
fn verifiers() -> anyhow::Result<Vec<Case>> {
    let prover = Rc::new(fs::read(of_programs("artifacts/trivial/prover.wasm"))?);
    let with = |name: &str, verifier: Vec<u8>, refused, kind, words| {
        let it = case(&format!("verifier {name}"), Runtime::Wasm, Vec::new(), &Rc::new(verifier), Fails(kind, words));
        Case { prover: prover.clone(), refused, ..it }
    };
    let one = "(i32.const 1)";
    Ok(vec![
        with(
            "start function",
            verifier("(func $f) (start $f)", one)?,
            Some("start function"),
            "self-check",
            &["has a start function"],
        ),
        with(
            "import",
            verifier(r#"(import "lemma" "log" (func (param i32 i32)))"#, one)?,
            Some("is not allowed"),
            "self-check",
            &["is not allowed"],
        ),
        with("endless loop", verifier("", "(loop (br 0)) (i32.const 1)")?, None, "self-check", &["ran out of fuel"]),
        with(
            "memory",
            verifier("", "(drop (memory.grow (i32.const 65000))) (i32.const 1)")?,
            None,
            "self-check",
            &["ran out of memory"],
        ),
        with("deep recursion", verifier("", "(call $deep (i32.const 1))")?, None, "host", &["stack overflowed"]),
        with("refuses all", verifier("", "(i32.const 0)")?, None, "self-check", &["returned 0"]),
    ])
}
