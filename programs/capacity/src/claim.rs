//! The claim: the one input of the statement, which the chain writes.

/// Bytes of an encoded [`Claim`].
pub const CLAIM_BYTES: usize = 52;

/// Where `memory_mib` stands: after the workload id and the cpus.
const MEMORY_OFFSET: usize = 32 + 4;

/// More memory than this shows no more: a module has 4 GiB of addresses, and allocations are not that tidy.
const MEMORY_MIB_MAX: u32 = 3072;

/// What is left for everything but the labels: the module, its input and proof, and the trees, 1/256 of the labels.
const RESERVE_MIB: u32 = 32;

/// *"The prover has these resources, as far as this program can show it."*
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// What every hash of the proof depends on.
    bytes: &'a [u8; CLAIM_BYTES],
}

impl<'a> Claim<'a> {
    /// Reads a claim. `None` unless there are [`CLAIM_BYTES`] bytes; any bytes are a workload id and five numbers.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        Some(Self { bytes: bytes.try_into().ok()? })
    }

    /// MiB of labels, 1 to 3040.
    pub fn labels_mib(&self) -> usize {
        let memory_mib =
            self.bytes.get(MEMORY_OFFSET..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes));
        memory_mib.min(MEMORY_MIB_MAX).saturating_sub(RESERVE_MIB).max(1) as usize
    }

    /// The key of a hash that nothing but this claim and this use of it has.
    pub(crate) fn key(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_leave_room_and_fit_32_bits() {
        let cases = [
            (0, 1),
            (1, 1),
            (32, 1),
            (33, 1),
            (34, 2),
            (64, 32),
            (2048, 2016),
            (3072, 3040),
            (3073, 3040),
            (u32::MAX, 3040),
        ];
        for (memory_mib, labels_mib) in cases {
            let mut bytes = [0xff; CLAIM_BYTES];
            bytes[36..40].copy_from_slice(&u32::to_le_bytes(memory_mib));
            assert_eq!(Claim::decode(&bytes).unwrap().labels_mib(), labels_mib, "{memory_mib}");
        }
    }

    #[test]
    fn a_claim_has_52_bytes() {
        for length in [0, 51, 53, 104] {
            assert_eq!(Claim::decode(&vec![0; length]), None, "{length}");
        }
    }
}
