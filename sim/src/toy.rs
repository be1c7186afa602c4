//! A toy proof system: a proof is a hash of the statement and a salt, stretched to a length. It proves nothing to anybody who
//! can hash; it stands in for real ones because it is instant, deterministic to check, and can be made in many ways.

use types::{Artifact, BlobId, Program, Runtime, Text, codec, limits::PROOF_MAX, message::Bundle};

/// What the prover artifact of a toy program makes its prover do. The artifact begins with the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Makes a proof.
    Proves,
    /// Makes a proof, and takes most of its time for it.
    Lasts,
    /// Never ends by itself.
    Loops,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Proves, Self::Lasts, Self::Loops];

    const fn word(self) -> &'static str {
        match self {
            Self::Proves => "proves",
            Self::Lasts => "lasts",
            Self::Loops => "loops",
        }
    }

    /// The prover artifact: longer than one part of a blob, so that it travels in several.
    #[must_use]
    pub fn artifact(self) -> Vec<u8> {
        stretched(self.word(), &[], 300_000)
    }

    /// What an artifact does; none for what is no toy prover.
    #[must_use]
    pub fn of(artifact: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| artifact.starts_with(kind.word().as_bytes()))
    }
}

/// The verifier artifact of every toy program.
#[must_use]
pub fn verifier() -> Vec<u8> {
    stretched("verifies", &[], 20_000)
}

/// A toy program. Of two with one name and kind there is one.
#[must_use]
pub fn program(name: &str, kind: Kind) -> Program {
    let artifact = |bytes: &[u8]| Artifact { blob: BlobId::of(bytes), size: bytes.len() as u64 };
    Program {
        name: Text::truncated(name),
        proof_system: Text::truncated("toy/1"),
        runtime: Runtime::Wasm,
        prover: artifact(&kind.artifact()),
        verifier: artifact(&verifier()),
        fuel_limit: 1_000_000,
    }
}

/// A word, then bytes that follow from it and from `seed`, `length` in all.
fn stretched(word: &str, seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = word.as_bytes().to_vec();
    let mut hasher = blake3::Hasher::new_derive_key("lemma 2026-11 toy bytes");
    hasher.update(word.as_bytes()).update(seed);
    let mut rest = vec![0; length.saturating_sub(bytes.len())];
    hasher.finalize_xof().fill(&mut rest);
    bytes.append(&mut rest);
    bytes
}

/// A statement as the verifier sees it: the verifier's own name and the inputs in order.
#[must_use]
pub fn statement(verifier: BlobId, inputs: &[Vec<u8>]) -> Vec<u8> {
    codec::encode(&(verifier, inputs.to_vec()))
}

/// The length of the proof of a statement in bytes: some stand in a block, some do not, some travel in several parts.
fn proof_length(statement: &[u8]) -> usize {
    let hash = blake3::hash(statement);
    [128, 20_000, 400_000][usize::from(hash.as_bytes()[0]) % 3]
}

/// A proof of a statement. Different salts give different proofs, all valid.
#[must_use]
pub fn prove(statement: &[u8], salt: u64) -> Bundle {
    let public = salt.to_le_bytes().to_vec();
    let proof = stretched("proof", &[&public, statement].concat(), proof_length(statement));
    Bundle { proof, public }
}

/// Whether these bytes are a bundle with a proof of the statement.
#[must_use]
pub fn verify(statement: &[u8], bundle: &[u8]) -> bool {
    let Ok(bundle) = codec::decode::<Bundle>(bundle, PROOF_MAX as usize) else { return false };
    let Ok(salt) = <[u8; 8]>::try_from(bundle.public.as_slice()) else { return false };
    prove(statement, u64::from_le_bytes(salt)) == bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_statement_alone() {
        let statement = statement(BlobId([1; 32]), &[vec![2; 9]]);
        let bundle = codec::encode(&prove(&statement, 7));
        assert!(verify(&statement, &bundle));
        assert!(!verify(&super::statement(BlobId([1; 32]), &[vec![3; 9]]), &bundle));
        for at in [0, 10, bundle.len() - 1] {
            let mut wrong = bundle.clone();
            wrong[at] ^= 1;
            assert!(!verify(&statement, &wrong), "{at}");
        }
        assert_ne!(prove(&statement, 7), prove(&statement, 8));
    }

    #[test]
    fn artifacts_say_what_they_do() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(&kind.artifact()), Some(kind));
        }
        assert_eq!(Kind::of(&verifier()), None);
    }
}
