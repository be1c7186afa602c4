//! Blobs that every node has without fetching them.

use crate::{blobs::Store, error::NodeError};
use std::sync::Arc;
use types::{BlobId, genesis::CapacityTest};

/// Stores what is not there yet. A network whose test of capacity is another program has to upload it.
pub(super) fn import(store: &Arc<Store>, builtin: &[&[u8]], test: &CapacityTest) -> Result<(), NodeError> {
    for bytes in builtin {
        if store.size(BlobId::of(bytes)).is_none() {
            store.put(bytes)?;
        }
    }
    store.keep(&[test.program.prover.blob, test.program.verifier.blob])?;
    for artifact in [test.program.prover, test.program.verifier] {
        if store.size(artifact.blob).is_none() {
            tracing::warn!(blob = %artifact.blob, "the program that tests capacity is not part of this node");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreLimits;
    use types::{Artifact, Millis, Program, Runtime, Text};

    fn test(bytes: &[u8]) -> CapacityTest {
        let artifact = Artifact { blob: BlobId::of(bytes), size: bytes.len() as u64 };
        let program = Program {
            name: Text::default(),
            proof_system: Text::default(),
            runtime: Runtime::Wasm,
            prover: artifact,
            verifier: artifact,
            fuel_limit: 1,
        };
        CapacityTest { program, compute_max: Millis(1) }
    }

    #[test]
    fn what_is_built_in_is_there_after_every_start() {
        let dir = tempfile::tempdir().expect("folder");
        let limits = StoreLimits { blob_bytes_max: 1 << 20, total_bytes_max: 1 << 20 };
        let store = Arc::new(Store::open(dir.path(), limits).expect("store"));
        for _ in 0..2 {
            import(&store, &[b"prover", b"verifier"], &test(b"prover")).expect("imported");
            assert_eq!(store.size(BlobId::of(b"prover")), Some(6));
            assert_eq!(store.size(BlobId::of(b"verifier")), Some(8));
        }
        assert_eq!(store.used_bytes(), 2 * 4096, "each is stored once");
        import(&store, &[], &test(b"another")).expect("a network may have another test");
    }
}
