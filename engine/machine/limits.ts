import type { Json, JsonObject } from '../../schemas/index.ts';

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
/** Most cells of all jobs of one attempt of a run: calls of workflows from matrices multiply, and each cell is kept in the state. */
export const runCellLimit = 20_000;
/** Longest name of a concurrency group, in characters, as at GitHub. */
export const longestGroupName = 400;
/** Longest timeout or interval, in minutes: a year. Longer ones are mistakes, and sums of ms stay exact. */
export const longestMinutes = 527_040;
/** Most attempts that `retry` may ask for. */
export const attemptsLimit = 1000;
/** Most items of a for-each. */
export const itemLimit = 100_000;
/** Most UTF-8 bytes that the items of a for-each may take as JSON: they stay in the state while it runs. */
export const itemsLimitBytes: number = 16 * 1024 * 1024;
/** Most iterations of one for-each at once. */
export const concurrencyLimit = 100;
/** Most iterations at once of loops within loops, over all of them, so that a few nested ones can't start a million steps. */
export const flightLimit = 1000;
/** Most iterations that begin in one event; then the machine takes a breath, so that no event takes long. */
export const burstLimit = 500;
/** Most steps of iterations that a loop remembers for summaries: of the first iterations, and as many of those that failed. */
export const detailLimit = 100;
/** Most UTF-8 bytes of outputs, as JSON, that such a step is remembered with. */
export const detailBytes = 4096;
/** Most iterations that a loop remembers not to have succeeded. */
export const unsuccessfulLimit = 1000;
/** Most UTF-8 bytes of a signal's payload, as JSON. */
export const signalPayloadLimitBytes: number = 256 * 1024;
/** How long a claim may wait for an agent unless the job says, in ms. */
export const queueTimeoutMs = 86_400_000;
/** Most levels of nesting in a value that an expression gives, as in the outputs of a step. */
export const nestingLimit = 100;
/** How long `always()` steps may take after the job's timeout, in ms; then what still runs is killed. */
export const timeoutGraceMs = 300_000;

/** Bytes that outputs count to the limits above; where there are none, nothing. */
export function outputBytes(outputs: JsonObject): number {
  return Object.keys(outputs).length === 0 ? 0 : jsonBytes(outputs);
}

/** Bytes that a gathered output of an iteration counts; null, which stands for none, counts nothing. */
export function gatheredBytes(value: Json): number {
  return value === null ? 0 : jsonBytes(value);
}

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
