//! The verifier: makes the challenged labels again, and follows their paths.

use crate::{
    challenge::{CHALLENGES, Draw, has_work},
    claim::Claim,
    graph::{Graph, LABELS_PER_MIB, Label, far},
    proof::{Opening, Proof},
    tree::Trees,
};
use program::Statement;

/// Whether `proof` shows the memory that the statement, a [`Claim`], asks for. There are no public values.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [claim] = statement.inputs() else { return false };
    let Some(claim) = Claim::decode(claim) else { return false };
    let Some(proof) = Proof::decode(proof, claim.labels_mib()) else { return false };
    public_values.is_empty() && holds(&claim, &proof)
}

fn holds(claim: &Claim<'_>, proof: &Proof<'_>) -> bool {
    let draw = Draw::of(claim);
    let seed = draw.seed(&draw.commitment(proof.roots), proof.nonce);
    if !has_work(&seed) {
        return false;
    }
    let labels = Labels { graph: Graph::of(claim), trees: Trees::of(claim), roots: proof.roots };
    let challenges = draw.indices(&seed).into_iter().zip(proof.openings());
    // Counted, so that nothing is accepted because it was not there.
    challenges.take_while(|(index, opening)| labels.are_opened(*index, opening)).count() == CHALLENGES
}

/// The labels that a proof is about.
struct Labels<'a> {
    graph: Graph,
    trees: Trees,
    roots: &'a [Label],
}

impl Labels<'_> {
    /// Whether the opening has the labels that the one at `index` is made from, and all of them are committed to.
    fn are_opened(&self, index: u64, opening: &Opening<'_>) -> bool {
        let [previous, far_labels @ ..] = opening.labels;
        let label = self.graph.label(index, previous, far_labels.each_ref());
        let Some(before) = index.checked_sub(1) else { return false };
        let [a, b] = far(index, previous);
        let places = [index, before, a, b];
        let labels = [&label].into_iter().chain(opening.labels);
        let mut opened = places.into_iter().zip(labels).zip(opening.paths);
        opening.paths.len() == places.len() && opened.all(|((place, label), path)| self.is_at(place, label, path))
    }

    fn is_at(&self, index: u64, label: &Label, path: &[Label]) -> bool {
        let Ok(index) = usize::try_from(index) else { return false };
        let root = self.trees.root_by_path(label, index % LABELS_PER_MIB, path);
        self.roots.get(index / LABELS_PER_MIB) == Some(&root)
    }
}
