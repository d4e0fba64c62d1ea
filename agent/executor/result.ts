import type { InvocationOutcome } from '../../runtime/supervisor/api.ts';
import {
  assertNever,
  type Carried,
  type HostCallCounts,
  isJsonObject,
  type Json,
  type JsonObject,
  type PluginIdentity,
  type Position,
  type StepResult,
  type WaterflowError,
} from '../../schemas/index.ts';
import type { Redactor } from '../redaction/index.ts';
import { type CleanCarried, carriedWithoutSecrets } from './carried-secrets.ts';
import { retryClassOf } from './classify.ts';
import { type OutputSecrets, withoutSecrets } from './output-secrets.ts';

/** What is known of a step that has ended, beside how. */
export interface EndedStep {
  readonly host_calls: HostCallCounts;
  readonly plugin?: PluginIdentity;
}

/** Before anything was called. */
export const nothingCalled: HostCallCounts = { allowed: 0, denied: 0 };

/** Deeper values break whoever walks them by recursion; nobody writes them by hand. */
const maximumDepth = 100;

/** The error, at the step's place unless it has one of its own: its line counts in that file only. */
export function placedAt(at: Position, error: WaterflowError): WaterflowError {
  return error.file === undefined ? { ...at, ...error } : error;
}

/** A result for a step that failed. */
export function failureResult(error: WaterflowError, ended: EndedStep): StepResult {
  const retryClass = retryClassOf(error.code);
  return {
    outcome: 'failure',
    ...(retryClass === undefined ? {} : { class: retryClass }),
    error,
    outputs: {},
    ...ended,
  };
}

/** A result for a step that was stopped on request. */
export function cancelledResult(ended: EndedStep): StepResult {
  const error: WaterflowError = {
    code: 'CANCELLED',
    message: 'the step was cancelled',
    remedy: 'Run the workflow again to finish it.',
  };
  return { outcome: 'cancelled', error, outputs: {}, ...ended };
}

/** A result for a step that the engine stopped because its time was over. */
export function timeoutResult(ended: EndedStep): StepResult {
  const error: WaterflowError = {
    code: 'TIMEOUT',
    message: 'the step took longer than it may',
    remedy: 'Raise timeout-minutes of the step or of the job, or make the step faster.',
  };
  return failureResult(error, ended);
}

interface Checks {
  readonly redactor: Redactor;
  readonly secrets: OutputSecrets;
  /** The placeholders that a text holds. */
  readonly placeholders: (text: string) => readonly string[];
  /** What the step leaves for later ones. */
  readonly carried: Carried | undefined;
  /** Told what of that could not stay as it was. */
  readonly masked: (names: readonly string[]) => void;
  readonly checkOutputs: (outputs: Json) => { readonly outputs: JsonObject } | { readonly error: WaterflowError };
}

/** What the invocation's outcome means for the step. Messages leave redacted, outputs without secrets or not at all. */
export function resultOf(outcome: InvocationOutcome, ended: EndedStep, checks: Checks): StepResult {
  switch (outcome.kind) {
    case 'cancelled':
      return cancelledResult(ended);
    case 'failed': {
      const result = {
        ...failureResult(redactError(outcome.error, checks.redactor), ended),
        outputs: outputsOfFailure(outcome.outputs, checks),
        ...carriedOfFailure(checks),
      };
      return outcome.class === undefined ? result : withClass(result, outcome.class);
    }
    case 'returned': {
      const outputs = outcome.outputs ?? {};
      const shape = problemOfShape(outputs);
      if (shape !== undefined) {
        return failureResult(invalidOutput(shape), ended);
      }
      const checked = checks.checkOutputs(outputs);
      if ('error' in checked) {
        return failureResult(redactError(checked.error, checks.redactor), ended);
      }
      const clean = withoutSecrets(checked.outputs, checks.secrets);
      if ('error' in clean) {
        return failureResult(clean.error, ended);
      }
      const carried = carriedOf(checks);
      return 'error' in carried
        ? failureResult(carried.error, ended)
        : { outcome: 'success', outputs: clean.outputs, ...carried, ...ended };
    }
    default:
      return assertNever(outcome);
  }
}

/** A step that failed has a better error than that its outputs are wrong, or hold secrets, so such ones are left out. */
function outputsOfFailure(outputs: Json | undefined, { secrets, checkOutputs }: Checks): JsonObject {
  if (outputs === undefined || problemOfShape(outputs) !== undefined) {
    return {};
  }
  const checked = checkOutputs(outputs);
  const clean = 'error' in checked ? checked : withoutSecrets(checked.outputs, secrets);
  return 'error' in clean ? {} : clean.outputs;
}

type Left = Pick<CleanCarried, 'carried'>;

function carriedOf({ carried, masked, secrets, placeholders }: Checks): Left | { readonly error: WaterflowError } {
  if (carried === undefined) return {};
  const clean = carriedWithoutSecrets(carried, { ...secrets, placeholders });
  if ('error' in clean) return clean;
  if (clean.masked.length > 0) masked(clean.masked);
  return clean.carried === undefined ? {} : { carried: clean.carried };
}

/** As outputs, it is left out where it can't be told. */
function carriedOfFailure(checks: Checks): Left {
  const left = carriedOf(checks);
  return 'error' in left ? {} : left;
}

/** The sandbox knows better than the code where a failure came from: an uncaught denial is one, whatever the plugin says. */
function withClass(
  result: StepResult,
  retryClass: NonNullable<Extract<InvocationOutcome, { kind: 'failed' }>['class']>,
): StepResult {
  return result.outcome === 'failure' ? { ...result, class: retryClass } : result;
}

function redactError(error: WaterflowError, redactor: Redactor): WaterflowError {
  return {
    ...error,
    message: redactor.text(error.message),
    remedy: redactor.text(error.remedy),
    ...(error.rule === undefined ? {} : { rule: redactor.text(error.rule) }),
  };
}

function invalidOutput(message: string): WaterflowError {
  return { code: 'INVALID_OUTPUT', message, remedy: 'Have the plugin return flatter outputs.' };
}

/** Level by level, so that no depth is too much for it. */
function problemOfShape(outputs: Json): string | undefined {
  let level: readonly Json[] = [outputs];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maximumDepth) {
      return `the outputs are nested more than ${maximumDepth} levels deep`;
    }
    level = level.flatMap((value): readonly Json[] => {
      if (Array.isArray(value)) {
        return value;
      }
      return isJsonObject(value) ? Object.values(value) : [];
    });
  }
  return undefined;
}
