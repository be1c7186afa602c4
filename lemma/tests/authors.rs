//! From a template to a proof on this machine: what authors do before they have a network.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

fn lemma(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lemma"));
    command.args(arguments).env_remove("LEMMA_NODE").env_remove("LEMMA_KEY").output().expect("it starts")
}

/// The exit code, what was said to programs, and what was said to people.
fn said(arguments: &[&str]) -> (Option<i32>, serde_json::Value, String) {
    let output = lemma(&[arguments, &["--json"]].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), value, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("folder")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An artifact of the examples.
fn artifact(name: &str) -> String {
    text(&root().join("programs/artifacts").join(name))
}

/// A module in the text format, as a file.
fn module(dir: &TempDir, name: &str, body: &str) -> String {
    let path = dir.path().join(name);
    let start = "(memory (export \"memory\") 2) (func (export \"alloc\") (param i32) (result i32) i32.const 65536)";
    fs::write(&path, wat::parse_str(format!("(module {start} {body})")).expect("a module")).expect("written");
    text(&path)
}

fn trial<'a>(command: &[&'a str], prover: &'a str, verifier: &'a str) -> Vec<&'a str> {
    let job = ["--prover", prover, "--verifier", verifier, "--input", "statement:hex:616263"];
    [command, &job].concat()
}

/// Whether this machine has a sandbox; says why a test is left out if it has none.
fn without_sandbox(error: &str) -> bool {
    let without = error.contains("no sandbox on this machine");
    if without {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "left out: {error}");
    }
    without
}

#[test]
fn a_new_project_passes_its_own_tests() {
    let dir = folder();
    let sdk = text(&root().join("program"));
    for runtime in ["wasm", "linux-x86_64"] {
        let name = format!("it-is-{}", &runtime[..4]);
        let command = ["program", "new", &name, "--runtime", runtime, "--sdk", &sdk, "--dir", &text(dir.path())];
        let (code, value, error) = said(&command);
        assert_eq!(code, Some(0), "{error}");
        let project = dir.path().join(&name);
        let is_native = runtime != "wasm";
        assert_eq!((project.join("src/main.rs").exists(), value["runtime"] == runtime), (is_native, true));
        let readme = fs::read_to_string(project.join("README.md")).expect("there");
        assert!(!readme.contains("template") && readme.contains(&format!("artifacts/prover.{runtime}")), "{readme}");
        assert_eq!(said(&command).0, Some(2), "what is there is not overwritten");
        // The one with a program of its own holds all that the other does.
        if is_native {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut test = Command::new(cargo);
            test.args(["test", "--offline", "--quiet"]).current_dir(&project);
            test.env("CARGO_TARGET_DIR", dir.path().join("built")).env_remove("RUSTFLAGS");
            let tested = test.output().expect("cargo");
            assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
        }
    }
}

#[test]
fn a_project_is_not_made_without_a_name_and_an_sdk() {
    let dir = folder();
    let at = text(dir.path());
    for (arguments, expected) in [
        (&["Squares", "--sdk", "git@git.example:lemma.git"][..], "no name for a program"),
        (&["program", "--sdk", "git@git.example:lemma.git"], "no name for a program"),
        (&["../up", "--sdk", "git@git.example:lemma.git"], "no name for a program"),
        (&["squares"], "--sdk"),
        (&["squares", "--sdk", "/nowhere"], "the SDK is not in /nowhere"),
        (&["squares", "--sdk", "https://git.example/\"x"], "cannot stand in a manifest"),
    ] {
        let (code, _, error) = said(&[&["program", "new", "--dir", &at], arguments].concat());
        assert!(code == Some(2) && error.contains(expected), "{arguments:?}: {error}");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 0);
    let (code, ..) = said(&["program", "new", "far", "--dir", &at, "--sdk", "https://git.example/lemma.git"]);
    let manifest = fs::read_to_string(dir.path().join("far/Cargo.toml")).expect("there");
    assert!(code == Some(0) && manifest.contains("program = { git = \"https://git.example/lemma.git\""), "{manifest}");
}

#[test]
fn what_is_no_project_is_not_built() {
    let dir = folder();
    let at = text(dir.path());
    let (code, _, error) = said(&["program", "build", &at]);
    assert!(code == Some(2) && error.contains("has no Cargo.toml") && error.contains("lemma program new"), "{error}");
}

#[test]
fn artifacts_are_judged_as_nodes_judge_them() {
    let (code, value, error) = said(&[
        "program",
        "check",
        &artifact("trivial/prover.wasm"),
        &artifact("trivial/verifier.wasm"),
        &artifact("trivial/prover.linux-x86_64"),
    ]);
    assert_eq!(code, Some(0), "{error}");
    let whats: Vec<_> = (0..3).map(|at| value[at]["what"].as_str().unwrap_or_default()).collect();
    assert_eq!(whats, ["prover", "verifier", "prover, a static ELF"]);
    let name = types::BlobId::of(&fs::read(artifact("trivial/prover.wasm")).expect("there"));
    assert_eq!(value[0]["blob"], name.to_string());
}

#[test]
fn what_nodes_refuse_is_told_with_the_reason_and_what_to_do() {
    let dir = folder();
    let importing = "(import \"wasi\" \"clock\" (func)) (memory (export \"memory\") 1)";
    let verify = "(func (export \"verify\") (param i32 i32) (result i32) i32.const 1)";
    let imports = dir.path().join("verifier.wasm");
    fs::write(&imports, wat::parse_str(format!("(module {importing} {verify})")).expect("a module")).expect("written");
    let nothing = module(&dir, "nothing.wasm", "");
    let archive = dir.path().join("image.tar");
    fs::write(&archive, [0; 1024]).expect("written");
    let own = env!("CARGO_BIN_EXE_lemma");
    for (file, reason, fix) in [
        (text(&imports).as_str(), "wasi.clock", "imports nothing"),
        (&nothing, "\"verify\" is missing", "--features verifier"),
        (&text(&archive), "no ELF and no tar", "lemma program pack"),
        (own, "not static", "crt-static"),
    ] {
        let (code, value, error) = said(&["program", "check", file]);
        assert_eq!((code, &value[0]["accepted"]), (Some(2), &false.into()), "{error}");
        let told = |key: &str| value[0][key].as_str().unwrap_or_default().to_owned();
        assert!(told("reason").contains(reason) && told("fix").contains(fix), "{value}");
    }
    assert_eq!(said(&["program", "check", "/nowhere"]).0, Some(2));
}

#[test]
fn a_program_is_tried_and_every_change_of_its_proof_refused() {
    let (prover, verifier) = (artifact("trivial/prover.wasm"), artifact("trivial/verifier.wasm"));
    let (code, value, error) = said(&trial(&["program", "test"], &prover, &verifier));
    assert_eq!((code, &value["verified"]), (Some(0), &true.into()), "{error}");
    assert_eq!((&value["proof_bytes"], &value["public_values"]), (&3.into(), &"03000000".into()));
    // Three bytes of the proof, four of the public values, each part longer and shorter besides.
    let round = &value["tampered"];
    assert_eq!(
        (&round["refused"], &round["statements_refused"], &round["undecided"]),
        (&11.into(), &5.into(), &0.into())
    );
    assert!(value["fuel"].as_u64().is_some_and(|fuel| fuel > 0) && value["cpu_ms"].is_u64(), "{value}");
    assert!(value["memory_bytes"].as_u64().is_some_and(|bytes| bytes >= 65_536), "{value}");
}

#[test]
fn a_verifier_that_accepts_too_much_ends_with_5_and_the_places() {
    let dir = folder();
    let all = module(&dir, "verifier.wasm", "(func (export \"verify\") (param i32 i32) (result i32) i32.const 1)");
    let prover = artifact("trivial/prover.wasm");
    let (code, value, error) = said(&trial(&["program", "test", "--flips", "2"], &prover, &all));
    assert!(code == Some(5) && error.contains("tampered"), "{error}");
    let accepted = value["tampered"]["accepted"].as_array().cloned().unwrap_or_default();
    assert!(accepted.contains(&"bit 1 of byte 2 of the proof flipped".into()), "{value}");
    assert_eq!((accepted.len(), &value["tampered"]["refused"]), (8, &0.into()));
}

#[test]
fn a_trial_without_a_proof_ends_with_6_and_the_reason() {
    let verifier = artifact("trivial/verifier.wasm");
    let (loops, fails) = (artifact("faulty/loops/prover.wasm"), artifact("faulty/fails/prover.wasm"));
    let prover = artifact("trivial/prover.wasm");
    for (program, more, reason) in [
        (&loops, &["--max-time", "300ms"][..], "past its time"),
        (&fails, &[], "exited with code"),
        (&prover, &["--fuel", "10"], "out of fuel"),
        (&prover, &["--memory", "1MiB"], "out of memory"),
    ] {
        let (code, value, error) = said(&[&trial(&["program", "test"], program, &verifier), more].concat());
        let told = value["reason"].as_str().unwrap_or_default();
        assert!(code == Some(6) && told.contains(reason) && value["tampered"].is_null(), "{reason}: {error} {value}");
    }
}

#[test]
fn a_dry_run_writes_a_request_that_a_run_takes() {
    let dir = folder();
    let (prover, verifier) = (artifact("trivial/prover.wasm"), artifact("trivial/verifier.wasm"));
    let request = text(&dir.path().join("request.toml"));
    let (code, value, error) = said(&trial(&["run", "--local", "--save", &request], &prover, &verifier));
    assert_eq!((code, &value["verified"]), (Some(0), &true.into()), "{error}");
    let written = fs::read_to_string(&request).expect("written");
    assert!(written.contains("memory = \"16MiB\"") && written.contains("statement:hex:616263"), "{written}");
    let net = dir.path().join("net");
    assert!(lemma(&["genesis", "new", &text(&net)]).status.success());
    let (genesis, key, out) = (net.join("genesis.json"), net.join("node-0/config.toml"), net.join("run.tx"));
    let (genesis, key, out) = (text(&genesis), text(&key), text(&out));
    let id = "ab".repeat(32);
    let signing = ["--sign-only", "--genesis", &genesis, "--nonce", "0", "--valid-until", "9", "--tx-out", &out];
    let run = ["run", &id, "--request", &request, "--cpus", "2", "--max-fee", "1", "--key", &key];
    let (code, _, error) = said(&[&run[..], &signing].concat());
    assert_eq!(code, Some(0), "{error}");
    let signed = client::decode_signed(&fs::read(&out).expect("signed")).expect("a transaction");
    let types::Call::Run(call) = signed.value.call else { panic!("a run") };
    assert_eq!((call.resources.cpus, call.resources.memory_mib, call.inputs.len()), (2, 16, 1));
    assert!(call.compute_max.0 >= 1_000);
}

#[test]
fn a_run_needs_a_key_and_a_fee_unless_it_stays_here() {
    let id = "ab".repeat(32);
    for (arguments, missing) in [
        (&["run", &id, "--max-fee", "1"][..], "--key"),
        (&["run", &id, "--key", "k"], "--max-fee"),
        (&["run", "--key", "k", "--max-fee", "1"], "which program"),
        (&["run", "--local"], "which program"),
        (&["run", "--local", "--prover", "p"], "--verifier"),
        (&["run", &id, "--prover", "p", "--verifier", "v", "--key", "k", "--max-fee", "1"], "are for --local"),
        (&["run", &id, "--save", "f", "--key", "k", "--max-fee", "1"], "--local"),
        (&["program", "test", "/nowhere"], "lemma program build"),
    ] {
        let output = lemma(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(missing), "{arguments:?}: {error}");
    }
}

#[test]
fn a_linux_program_is_packed_tried_and_measured() {
    let dir = folder();
    let (elf, verifier) = (artifact("trivial/prover.linux-x86_64"), artifact("trivial/verifier.wasm"));
    let rootfs = dir.path().join("rootfs");
    fs::create_dir(&rootfs).expect("folder");
    fs::copy(&elf, rootfs.join("prover")).expect("copied");
    fs::set_permissions(rootfs.join("prover"), fs::Permissions::from_mode(0o755)).expect("executable");
    let packed: Vec<String> = ["one.tar", "two.tar"].map(|name| text(&dir.path().join(name))).into();
    let pack = |to: &str| said(&["program", "pack", &text(&rootfs), "-o", to]);
    let (code, value, error) = pack(&packed[0]);
    assert_eq!((code, &value["command"][0]), (Some(0), &"/prover".into()), "{error}");
    assert_eq!(pack(&packed[1]).1["blob"], value["blob"], "the same content gives the same id");
    assert_eq!(said(&["program", "pack", &text(dir.path()), "-o", &packed[1]]).0, Some(2), "a folder without /prover");
    let (code, value, error) = said(&trial(&["program", "test"], &packed[0], &verifier));
    if without_sandbox(&error) {
        return;
    }
    assert_eq!((code, &value["verified"]), (Some(0), &true.into()), "{error}");
    let (code, value, error) = said(&trial(&["run", "--local"], &elf, &verifier));
    assert_eq!((code, &value["verified"]), (Some(0), &true.into()), "{error}");
    assert!(value["cpu_ms"].is_u64() && value["disk_bytes"].is_u64(), "{value}");
    assert!(value["request"]["memory"].is_string() && value["request"]["max-time"].is_string(), "{value}");
}
