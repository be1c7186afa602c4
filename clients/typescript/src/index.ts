/** Ask a Lemma network for a proof, and check its receipt yourself. */

export { lem, units } from './amount.js';
export { fromHex, toHex } from './bytes.js';
export { type Api, Client, type Finished, type Watch } from './client.js';
export { LemmaError } from './errors.js';
export type { EventFilter, Heard } from './events.js';
export { SecretKey } from './keys.js';
export type { Filter } from './lists.js';
export { type Checked, ReceiptError, checkReceipt } from './receipt.js';
export {
  type Call, type Draft, type Input, type Program, type Resources, type Run, type Signed, programId, sign, transactionFee,
} from './transaction.js';
