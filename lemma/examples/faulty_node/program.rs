//! What is deployed and run: the programs that this example knows, or one that is given.

use crate::{flip::Flip, inputs, of_programs};
use anyhow::Context as _;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// The programs that this example knows.
const KNOWN: [&str; 3] = ["groth16", "circom", "miden"];

/// A program with a run of it, as the command line takes them, but for the key.
pub struct Program {
    /// For people.
    pub name: String,
    /// What follows `lemma program deploy`.
    pub deploy: Vec<String>,
    /// What follows `lemma run PROGRAM`.
    pub run: Vec<String>,
    /// A bit to flip that leaves a proof which can be read.
    pub flip: Flip,
}

impl Program {
    /// The programs that these words name or give; all that are known if there are none.
    pub fn all(words: &[String], dir: &Path) -> anyhow::Result<Vec<Self>> {
        match words {
            [] => KNOWN.iter().map(|name| Self::known(name, dir)).collect(),
            [first, rest @ ..] if first == "deploy" => Ok(vec![Self::given(rest)?]),
            names => names.iter().map(|name| Self::known(name, dir)).collect(),
        }
    }

    /// By the words after `deploy`.
    fn given(words: &[String]) -> anyhow::Result<Self> {
        let at = words
            .iter()
            .position(|word| word == "run")
            .context("after `deploy …` comes `run …`; see `faulty_node show --help`")?;
        let (deploy, run) = words.split_at(at);
        let run = run.iter().skip(1).cloned().collect();
        Ok(Self { name: "given".to_owned(), deploy: deploy.to_vec(), run, flip: Flip { offset: None, bit: 0 } })
    }

    fn known(name: &str, dir: &Path) -> anyhow::Result<Self> {
        // Of a compressed point the bit that says which of two it is: another point, and in the group.
        let (folder, flip) = match name {
            "groth16" => ("groth16-poseidon/prover.wasm", Flip::at(31, 7)),
            // A digit of a number, which becomes another digit.
            "circom" => ("circom/prover.linux-x86_64", Flip::at(20, 0)),
            "miden" => ("miden/prover.linux-x86_64", Flip { offset: None, bit: 0 }),
            other => anyhow::bail!(
                "{other} is none of {}; a program of your own is `deploy … run …`, see `faulty_node --help`",
                KNOWN.join(", ")
            ),
        };
        let prover = of_programs("artifacts").join(folder);
        let inputs = match name {
            "groth16" => inputs::groth16(dir)?,
            "circom" => inputs::circom(),
            _ => miden(&prover, dir)?,
        };
        let limits = ["--max-fee", "1000", "--memory", "1GiB", "--max-time", "120s"].map(str::to_owned);
        let inputs = inputs.into_iter().flat_map(|input| ["--input".to_owned(), input]);
        let run = limits.into_iter().chain(inputs).collect();
        Ok(Self { name: name.to_owned(), deploy: deploy(name, &prover), run, flip })
    }
}

fn deploy(name: &str, prover: &Path) -> Vec<String> {
    let verifier = prover.with_file_name("verifier.wasm");
    let files = ["--prover".to_owned(), text(prover), "--verifier".to_owned(), text(&verifier)];
    let names = ["--name", name, "--proof-system", name].map(str::to_owned);
    names.into_iter().chain(files).collect()
}

/// Membership in a Merkle tree.
fn miden(prover: &Path, dir: &Path) -> anyhow::Result<Vec<String>> {
    let file = |name: &str| text(&of_programs("miden/masm").join(name));
    let teller = dir.join("miden");
    fs::copy(prover, &teller)?;
    fs::set_permissions(&teller, fs::Permissions::from_mode(0o755))?;
    let told = Command::new(&teller).arg(file("merkle.masm")).output()?;
    anyhow::ensure!(told.status.success(), "the prover tells no hash of merkle.masm");
    Ok(vec![
        format!("statement:hex:{}", String::from_utf8(told.stdout)?.trim()),
        format!("statement:file:{}", file("merkle.stack.json")),
        format!("witness:file:{}", file("merkle.masm")),
        format!("witness:file:{}", file("merkle.advice.json")),
    ])
}

fn text(path: &Path) -> String {
    PathBuf::from(path).display().to_string()
}
