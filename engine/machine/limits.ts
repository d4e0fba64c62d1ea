import type { Json } from '../../schemas/index.ts';

/** Most UTF-8 bytes that the outputs of one step, or of one job, may take as JSON: they are kept in every record of the run. */
export const outputsLimitBytes: number = 1024 * 1024;
/** Most bytes of outputs over all steps and jobs of a run. */
export const runOutputsLimitBytes: number = 16 * 1024 * 1024;
/** Most bytes of context that one step's inputs and environment may refer to: it travels with the step to the agent. */
export const contextLimitBytes: number = 1024 * 1024;
/** Most cells of one job's matrix, as at GitHub. */
export const matrixCellLimit = 256;
/** Most combinations of a matrix's axes before `exclude` is applied, so that a few long axes can't stall the engine. */
export const matrixCombinationLimit = 10_000;
/** Most entries of a matrix's `exclude`, or of its `include`, for the same reason. */
export const matrixEntryLimit = 1000;
/** Longest timeout or interval, in minutes: a year. Longer ones are mistakes, and sums of ms stay exact. */
export const longestMinutes = 527_040;
/** Most attempts that `retry` may ask for. */
export const attemptsLimit = 1000;
/** Most levels of nesting in a value that an expression gives, as in the outputs of a step. */
export const nestingLimit = 100;
/** How long `always()` steps may take after the job's timeout, in ms; then what still runs is killed. */
export const timeoutGraceMs = 300_000;

/** UTF-8 bytes of a value as JSON. */
export function jsonBytes(value: Json): number {
  const text = JSON.stringify(value);
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Of a surrogate pair each half counts 2 of the 4 bytes; JSON.stringify escapes lone surrogates.
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
