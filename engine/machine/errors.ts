import type { ErrorCode, Position, WaterflowError } from '../../schemas/index.ts';

/** A value, or why there is none. */
export type Result<Value> = { readonly ok: Value } | { readonly error: WaterflowError };

/** The words of an error, before it is known where it stands. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** An error at a place of the workflow file. */
export function errorAt(position: Position, problem: Problem): WaterflowError {
  return { ...problem, file: position.file, line: position.line, column: position.column };
}

/** The error of a step or job that was cancelled; `reason` is who or what cancelled it. */
export function cancelledError(reason: string): WaterflowError {
  return { code: 'CANCELLED', message: `it was cancelled: ${reason}`, remedy: 'Run the workflow again to finish it.' };
}
