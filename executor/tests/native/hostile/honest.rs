//! What an honest prover does, to see that the sandbox lets it.

use std::fs;
use std::io::Write;
use std::time::Instant;

use super::Deed;
use super::sys::{self, call};

pub fn attempt(name: &str, rest: &[&str]) -> Option<Deed> {
    match name {
        "copy" => copy(rest),
        "surroundings" => surroundings(),
        "slow" => slow(rest),
        _ => return None,
    }
    sys::leave(0)
}

fn output(name: &str, bytes: &[u8]) {
    let dir = std::env::var("LEMMA_OUTPUT_DIR").unwrap_or_default();
    if fs::write(format!("{dir}/{name}"), bytes).is_err() {
        std::process::abort();
    }
}

/// The inputs of these names, one after the other, are the proof; their total length is the public value.
fn copy(names: &[&str]) {
    let dir = std::env::var("LEMMA_INPUT_DIR").unwrap_or_default();
    let inputs: Vec<u8> = names.iter().flat_map(|name| fs::read(format!("{dir}/{name}")).unwrap_or_default()).collect();
    eprintln!("to stderr");
    println!("to stdout");
    for permille in [250, 100, 1000] {
        let line = format!("{{\"progress\": {permille}}}\n");
        let _ = call(sys::WRITE, &[3, sys::text(&line), line.len() as i64]);
    }
    let _ = std::io::stdout().flush();
    output("proof", &inputs);
    output("public", inputs.len().to_string().as_bytes());
}

/// Arguments, environment, directory, processors and a few random bytes, one a line.
fn surroundings() {
    let mut lines: Vec<String> = std::env::args().skip(1).map(|argument| format!("argument {argument}")).collect();
    lines.extend(std::env::vars().map(|(key, value)| format!("{key}={value}")));
    lines.push(format!("cwd {}", std::env::current_dir().unwrap_or_default().display()));
    lines.push(format!("processors {}", std::thread::available_parallelism().map_or(0, usize::from)));
    let random = sys::room(16);
    #[cfg(target_arch = "x86_64")]
    const GETRANDOM: i64 = 318;
    #[cfg(not(target_arch = "x86_64"))]
    const GETRANDOM: i64 = 278;
    lines.push(format!("random {}", call(GETRANDOM, &[random, 16, 0]).unwrap_or(-1)));
    lines.sort();
    output("proof", lines.join("\n").as_bytes());
}

/// What the program `trivial` does, taking its time: computes for so many seconds, then turns the first input around.
fn slow(rest: &[&str]) {
    let seconds = rest.first().and_then(|word| word.parse().ok()).unwrap_or(1);
    eprintln!("working for {seconds} s");
    let begun = Instant::now();
    while begun.elapsed().as_secs() < seconds {
        std::hint::spin_loop();
    }
    let dir = std::env::var("LEMMA_INPUT_DIR").unwrap_or_default();
    let mut statement = fs::read(format!("{dir}/0")).unwrap_or_default();
    statement.reverse();
    output("proof", &statement);
    output("public", &u32::try_from(statement.len()).unwrap_or(0).to_le_bytes());
}
