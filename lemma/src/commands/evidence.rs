//! Evidence of an offence.

use super::{Context, signing::Signing, tx::unhexed};
use crate::{exit::Failure, files, output::short};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use types::{
    AccountId, Call, SignedVerdict, TxId, WorkloadId, codec,
    limits::{PROVER_MESSAGE_MAX, TRANSACTION_MAX},
    message::SignedProverMessage,
    offence::Evidence as Proof,
};

const EXAMPLES: &str = "\
Examples:
  lemma evidence offence.bin --key user.key
  lemma evidence two-verdicts.txt --key user.key --sign-only --genesis genesis.json --nonce 0 --valid-until 5000

The file holds evidence in its canonical bytes, or the same as hex. Or it holds, as hex with a space or a line end between them, what \
the prover signed: two verdicts, two announcements, or the verdict that a certificate contradicts.";

/// Prove an offence, which costs the prover its bond
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Evidence {
    /// What the prover signed
    file: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Proven {
    transaction: TxId,
    height: u64,
    offence: &'static str,
    prover: AccountId,
    workload: WorkloadId,
    attempt: u16,
}

impl Evidence {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let evidence = read(files::read(&self.file)?).ok_or_else(|| {
            let message = format!("{} holds no evidence", self.file.display());
            Failure::usage(message, "see `lemma evidence --help` for what it may hold")
        })?;
        let (offence, prover, (workload, attempt)) = (evidence.offence().word(), evidence.prover(), evidence.attempt());
        let call = Call::Evidence(Box::new(evidence));
        let Some((sent, height)) = self.signing.settle(context, call).await? else { return Ok(()) };
        let done = Proven { transaction: sent.transaction, height, offence, prover, workload, attempt };
        context.out.result(&done, |it| {
            let (prover, workload) = (short(it.prover), short(it.workload));
            format!("{} of prover {prover} at workload {workload} proved in block {}", it.offence, it.height)
        })
    }
}

/// Evidence as a whole, or out of its parts.
fn read(bytes: Vec<u8>) -> Option<Proof> {
    let words: Vec<Vec<u8>> = bytes
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(hex::decode)
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    match words.as_slice() {
        [one, other] => two_verdicts(one, other).or_else(|| two_announcements(one, other)),
        _ => {
            let bytes = unhexed(bytes);
            let whole = codec::decode(&bytes, TRANSACTION_MAX).ok();
            whole.or_else(|| verdict(&bytes).map(Proof::FalseVerdict))
        }
    }
}

fn verdict(bytes: &[u8]) -> Option<SignedVerdict> {
    codec::decode(bytes, PROVER_MESSAGE_MAX).ok()
}

fn two_verdicts(one: &[u8], other: &[u8]) -> Option<Proof> {
    Some(Proof::TwoVerdicts { one: verdict(one)?, other: verdict(other)? })
}

fn two_announcements(one: &[u8], other: &[u8]) -> Option<Proof> {
    let message = |bytes: &[u8]| codec::decode::<SignedProverMessage>(bytes, PROVER_MESSAGE_MAX).ok();
    let (one, other) = (message(one)?, message(other)?);
    Proof::announced(&one, &other)?;
    Some(Proof::TwoAnnouncements { one, other })
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{
        BlobId, ChainId, ProverAction, ProverMessage, SecretKey, Signed, Verdict,
        verdict::{Subject, VerdictSignature},
    };

    const ID: WorkloadId = WorkloadId([1; 32]);

    fn verdict(verdict: Verdict) -> SignedVerdict {
        let subject = Subject { workload: ID, attempt: 1, proof: BlobId([2; 32]) };
        SignedVerdict { subject, verdict, prover: AccountId([3; 32]), signature: VerdictSignature([4; 48]) }
    }

    fn message(action: ProverAction) -> SignedProverMessage {
        let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
        let (chain, prover) = (ChainId([1; 32]), secret.account());
        Signed::new(ProverMessage { chain, prover, workload: ID, attempt: 1, action }, &secret)
    }

    fn announce(proof: u8) -> SignedProverMessage {
        message(ProverAction::Announce { proof: BlobId([proof; 32]), size: 9 })
    }

    fn hexed(parts: &[Vec<u8>]) -> Vec<u8> {
        parts.iter().map(hex::encode).collect::<Vec<_>>().join("\n").into_bytes()
    }

    #[test]
    fn evidence_is_read_as_a_whole_and_out_of_its_parts() {
        let two = Proof::TwoVerdicts { one: verdict(Verdict::Valid), other: verdict(Verdict::Invalid) };
        let bytes = codec::encode(&two);
        assert_eq!(read(bytes.clone()), Some(two.clone()));
        assert_eq!(read(hexed(&[bytes])), Some(two.clone()));
        let parts = [Verdict::Valid, Verdict::Invalid].map(|it| codec::encode(&verdict(it)));
        assert_eq!(read(hexed(&parts)), Some(two));
        let one = codec::encode(&verdict(Verdict::Valid));
        assert_eq!(read(hexed(&[one])), Some(Proof::FalseVerdict(verdict(Verdict::Valid))));
        let announced = read(hexed(&[announce(1), announce(2)].map(|it| codec::encode(&it))));
        assert_eq!(announced, Some(Proof::TwoAnnouncements { one: announce(1), other: announce(2) }));
    }

    #[test]
    fn what_is_no_evidence_is_refused() {
        let accepts = [message(ProverAction::Accept), message(ProverAction::HandBack)].map(|it| codec::encode(&it));
        let mixed = [codec::encode(&announce(1)), codec::encode(&verdict(Verdict::Valid))];
        for bytes in [Vec::new(), b"not hex".to_vec(), b"00 11".to_vec(), hexed(&accepts), hexed(&mixed), vec![0; 4000]]
        {
            assert_eq!(read(bytes), None);
        }
    }
}
