//! The prover: makes all labels, commits to them and opens those that it is asked for.

use crate::{
    challenge::{Draw, has_work},
    claim::Claim,
    graph::{Graph, LABEL_BYTES, LABELS_PER_MIB, Label, far},
    proof::proof_bytes,
    tree::Trees,
};
use program::{Error, Job, Output};

/// Labels of a block. Of each MiB the roots of its blocks are kept, which takes 1/256 of the memory of the labels and spares
/// making a whole tree again for every path.
const LABELS_PER_BLOCK: usize = 256;

/// What label 0 is made from.
const NONE: Label = [0; LABEL_BYTES];

/// Labels all memory that the claim, the one input, asks for, and makes a proof of it. Takes no arguments.
///
/// # Errors
///
/// When there are arguments, when the input is malformed, or when there is not that much memory.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let [claim] = job.inputs() else { return Err(Error::new("the one input must be the claim")) };
    if !job.arguments().is_empty() {
        return Err(Error::new("takes no arguments"));
    }
    let claim = Claim::decode(claim).ok_or("malformed claim")?;
    job.log(&format!("labelling {} MiB", claim.labels_mib()));
    let memory = Memory::fill(&claim, job)?;
    job.log("looking for a seed");
    let draw = Draw::of(&claim);
    let (nonce, seed) = work(&draw, &memory.roots).ok_or("no nonce gives the seed enough work")?;
    let output = Output { proof: memory.proof(nonce, &draw.indices(&seed)), public_values: Vec::new() };
    job.progress(1000);
    Ok(output)
}

/// The first nonce whose seed has the work, and that seed.
fn work(draw: &Draw, roots: &[Label]) -> Option<(u64, Label)> {
    let commitment = draw.commitment(roots);
    (0..=u64::MAX).map(|nonce| (nonce, draw.seed(&commitment, nonce))).find(|(_, seed)| has_work(seed))
}

/// All labels, and the upper part of the trees over them.
struct Memory {
    trees: Trees,
    /// The labels, a MiB in each.
    labels: Vec<Vec<Label>>,
    /// The roots of the blocks, for a MiB in each.
    blocks: Vec<Vec<Label>>,
    /// The root of each MiB.
    roots: Vec<Label>,
}

impl Memory {
    fn fill(claim: &Claim<'_>, job: &Job<'_>) -> Result<Self, Error> {
        let (graph, labels_mib) = (Graph::of(claim), claim.labels_mib());
        let mut memory = Self { trees: Trees::of(claim), labels: Vec::new(), blocks: Vec::new(), roots: Vec::new() };
        let mut last = NONE;
        for mib in 0..labels_mib {
            last = memory.label_mib(&graph, last)?;
            memory.seal_mib();
            job.progress(u16::try_from(mib * 900 / labels_mib).unwrap_or(900));
        }
        Ok(memory)
    }

    /// Makes the labels of one more MiB, the first of them after `last`, and returns its last.
    fn label_mib(&mut self, graph: &Graph, mut last: Label) -> Result<Label, Error> {
        let mut mib: Vec<Label> = Vec::new();
        mib.try_reserve_exact(LABELS_PER_MIB).map_err(|_| format!("no memory after {} MiB", self.labels.len()))?;
        let start = self.labels.len() * LABELS_PER_MIB;
        self.labels.push(mib);
        for index in start..start + LABELS_PER_MIB {
            let index = index as u64;
            last = graph.label(index, &last, far(index, &last).map(|index| self.label(index)));
            self.labels.last_mut().ok_or("no MiB begun")?.push(last);
        }
        Ok(last)
    }

    /// The label at `index`, which was made; what label 0 is made from was not.
    fn label(&self, index: u64) -> &Label {
        let index = index as usize;
        self.labels.get(index / LABELS_PER_MIB).and_then(|mib| mib.get(index % LABELS_PER_MIB)).unwrap_or(&NONE)
    }

    /// Makes the tree over the MiB that was labelled last.
    fn seal_mib(&mut self) {
        let labels = self.labels.last().map_or(&[][..], Vec::as_slice);
        let blocks: Vec<Label> = labels.chunks_exact(LABELS_PER_BLOCK).map(|block| self.trees.root(block)).collect();
        self.roots.push(self.trees.root(&blocks));
        self.blocks.push(blocks);
    }

    /// The proof with these challenges.
    fn proof(&self, nonce: u64, indices: &[u64]) -> Vec<u8> {
        let mut proof = Vec::with_capacity(proof_bytes(self.roots.len()));
        proof.extend(self.roots.as_flattened());
        proof.extend(nonce.to_le_bytes());
        for index in indices {
            let before = index - 1;
            let [a, b] = far(*index, self.label(before));
            let made_from = [before, a, b];
            proof.extend(made_from.iter().flat_map(|index| self.label(*index)));
            proof.extend([*index].into_iter().chain(made_from).flat_map(|index| self.path(index)).flatten());
        }
        proof
    }

    /// The siblings from the label at `index` up to the root of its MiB.
    fn path(&self, index: u64) -> Vec<Label> {
        let index = index as usize;
        let (mib, block, place) =
            (index / LABELS_PER_MIB, index % LABELS_PER_MIB / LABELS_PER_BLOCK, index % LABELS_PER_BLOCK);
        let labels = self.labels[mib].chunks_exact(LABELS_PER_BLOCK).nth(block).unwrap_or_default();
        [self.trees.path(labels, place), self.trees.path(&self.blocks[mib], block)].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CLAIM_BYTES, verify};
    use program::{Statement, rehearsal::Rehearsal};

    const CLAIM: [u8; CLAIM_BYTES] = [0; CLAIM_BYTES];

    fn claim() -> Claim<'static> {
        Claim::decode(&CLAIM).unwrap()
    }

    fn filled() -> Memory {
        Memory::fill(&claim(), &Job::new(b"", Vec::new(), &Rehearsal::new(0))).unwrap()
    }

    /// Labels the places that `is_wrong` names differently, and commits to that.
    fn falsify(memory: &mut Memory, is_wrong: impl Fn(usize) -> bool) {
        for (_, label) in memory.labels[0].iter_mut().enumerate().filter(|(place, _)| is_wrong(*place)) {
            *label = [1; LABEL_BYTES];
        }
        memory.blocks.clear();
        memory.roots.clear();
        memory.seal_mib();
    }

    /// Whether the verifier accepts a proof from this memory, and the challenged indices.
    fn judged(memory: &Memory) -> (bool, Vec<u64>) {
        let draw = Draw::of(&claim());
        let (nonce, seed) = work(&draw, &memory.roots).unwrap();
        let indices = draw.indices(&seed);
        (verify(&Statement::new(vec![&CLAIM]), &memory.proof(nonce, &indices), b""), indices)
    }

    #[test]
    fn a_quarter_of_wrong_labels_is_refused() {
        let mut memory = filled();
        assert!(judged(&memory).0);
        falsify(&mut memory, |place| place % 4 == 3);
        assert!(!judged(&memory).0);
    }

    #[test]
    fn one_wrong_label_is_refused_exactly_if_it_is_opened() {
        let mut verdicts = [0; 2];
        for wrong in (100..32_768).step_by(4_000) {
            let mut memory = filled();
            falsify(&mut memory, |place| place == wrong);
            let (accepted, indices) = judged(&memory);
            let opens = |index: &u64| {
                let [a, b] = far(*index, memory.label(index - 1));
                [*index, index - 1, a, b].contains(&(wrong as u64))
            };
            assert_eq!(accepted, !indices.iter().any(opens), "{wrong}");
            verdicts[usize::from(accepted)] += 1;
        }
        assert!(verdicts[1] > 0, "{verdicts:?}");
    }

    #[test]
    fn without_work_right_openings_are_refused() {
        let (memory, draw) = (filled(), Draw::of(&claim()));
        let seed = draw.seed(&draw.commitment(&memory.roots), 0);
        assert!(!has_work(&seed));
        assert!(!verify(&Statement::new(vec![&CLAIM]), &memory.proof(0, &draw.indices(&seed)), b""));
    }
}
