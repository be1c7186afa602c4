/** Bounds of the protocol that a client meets. Sizes are in bytes. */

/** Inline bytes of one input. */
export const INPUT_INLINE_MAX = 4 * 1024;
/** Inputs of a run. */
export const INPUTS_MAX = 16;
/** Arguments of a run. */
export const ARGUMENTS_MAX = 4 * 1024;
/** A short text. */
export const TEXT_MAX = 128;
/** Draws of one workload. */
export const DRAWS_MAX = 16;
/** Members of a verdict set. */
export const PROVERS_MAX = 128;
/** Tickets of one prover. */
export const UNITS_MAX = 256;
/** A proof and its public values together. */
export const PROOF_MAX = 64 * 1024 * 1024;
/** One value in the state. */
export const VALUE_MAX = 1024 * 1024;
/** An encoded header or certificate of a receipt. */
export const FINALITY_MAX = 4 * 1024;
/** The proof of one value in a receipt. */
export const STATE_PROOF_MAX = 64 * 1024;
/** A receipt. */
export const RECEIPT_MAX = 2 * FINALITY_MAX + 3 * (VALUE_MAX + STATE_PROOF_MAX) + PROOF_MAX + 14 + 1024;
