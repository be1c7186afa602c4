//! How a run ended, and how it should have.

use crate::net::{Net, Node};
use anyhow::Context as _;
use serde_json::Value;
use std::fmt;

/// How a run must end.
#[derive(Clone, Copy)]
pub enum Expected {
    /// The program came to its end and says that it was held: the proof is its word.
    Held,
    /// The attempt failed: the kind of it, and words of which one stands in the reason.
    Fails(&'static str, &'static [&'static str]),
}

/// How it ended.
pub struct Outcome {
    state: String,
    /// Of the last attempt that failed; of one that ended otherwise, how.
    kind: String,
    reason: String,
    /// What it proved, if it did.
    proof: String,
    /// Who had each attempt.
    pub provers: Vec<String>,
    /// The first attempt that failed, and why.
    pub first_fail: Option<String>,
}

impl Outcome {
    /// Of a workload, by the word of a node.
    pub fn of(net: &Net, node: &Node, workload: &str) -> anyhow::Result<Self> {
        let status = json(net, node, &["status", workload])?;
        let attempts = status["attempts"].as_array().cloned().unwrap_or_default();
        let fails: Vec<&Value> =
            attempts.iter().map(|attempt| &attempt["end"]["fail"]).filter(|it| !it.is_null()).collect();
        let (last, state) = (fails.last().copied().unwrap_or(&Value::Null), text(&status["state"]));
        let proof = if state == "verified" { proof(net, node, workload)? } else { String::new() };
        Ok(Self {
            kind: attempts
                .last()
                .map(|last| text(&last["end"]["word"]))
                .filter(|_| last.is_null())
                .unwrap_or(text(&last["kind"])),
            reason: text(&last["reason"]),
            proof,
            provers: attempts.iter().map(|attempt| text(&attempt["prover"])).collect(),
            first_fail: fails.first().map(|fail| format!("{}: {}", text(&fail["kind"]), text(&fail["reason"]))),
            state,
        })
    }

    /// Whether it ended with a proof that the network agrees on.
    pub fn is_verified(&self) -> bool {
        self.state == "verified"
    }

    /// Whether it has ended.
    pub fn is_end(&self) -> bool {
        matches!(self.state.as_str(), "verified" | "failed" | "cancelled" | "expired")
    }

    /// Whether it ended as it must.
    pub fn is(&self, expected: Expected) -> bool {
        match expected {
            Expected::Held => self.is_verified() && self.proof.starts_with("held"),
            Expected::Fails(kind, words) => {
                let named = words.iter().any(|words| self.reason.contains(words));
                self.state == "failed" && self.kind == kind && named
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_verified() {
            true => write!(f, "verified  {}", self.proof.chars().take(90).collect::<String>()),
            false => write!(f, "{:9} {}: {}", self.state, self.kind, self.reason),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("verified, held"),
            Self::Fails(kind, words) => write!(f, "failed, {kind}: … {} …", words.join(" or ")),
        }
    }
}

/// What a command says to a node, which must succeed.
pub fn json(net: &Net, node: &Node, arguments: &[&str]) -> anyhow::Result<Value> {
    let output = net.ask(node, arguments)?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn proof(net: &Net, node: &Node, workload: &str) -> anyhow::Result<String> {
    let fetched = json(net, node, &["proof", "get", workload])?;
    let bytes = hex::decode(fetched["bytes"].as_str().context("no bytes")?)?;
    let readable = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    Ok(if readable {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        format!("a proof of {} bytes", bytes.len())
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
