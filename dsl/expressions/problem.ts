import type { ErrorCode } from '../../schemas/index.ts';

/**
 * What is wrong with an expression, and where: UTF-16 offsets in its source, `end` exclusive. `lexing` and `parsing` are found
 * when the file is read, `evaluation` when it runs.
 */
export interface Problem {
  readonly kind: 'lexing' | 'parsing' | 'evaluation';
  /** Absent: an error. */
  readonly severity?: 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly start: number;
  readonly end: number;
  /** What to write instead of what stands at the place, or at another one. */
  readonly replacement?: Replacement;
}

/** A change of an expression's source that carries out a remedy; a place of no length is where the text goes in. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A problem of an evaluation, on its way out of the library's evaluator, which only exceptions can leave. */
export class EvaluationProblem extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(problem: { readonly code: ErrorCode; readonly message: string; readonly remedy: string }) {
    super(problem.message);
    this.name = 'EvaluationProblem';
    this.code = problem.code;
    this.remedy = problem.remedy;
  }
}

/** The problem of an expression nested deeper than GitHub allows: 50 levels. */
export function tooDeep(place: { readonly start: number; readonly end: number }): Problem {
  return {
    kind: 'parsing',
    code: 'EXPRESSION_LIMIT',
    message: 'the expression is nested deeper than 50 levels',
    remedy: 'Compute parts of it in a step or in `env`, and read those.',
    ...place,
  };
}
