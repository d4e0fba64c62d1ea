import { assertNever, isJsonObject, type Json } from '../../schemas/index.ts';
import type { HostCallAnswer } from '../host-call.ts';
import type { GuestFailure, GuestResultKind } from '../sandbox-host/result.ts';
import type { InvocationLimits, InvocationOutcome } from './api.ts';
import * as errors from './errors.ts';
import type { HostEnd } from './host-process.ts';
import { parseUntrustedJson } from './json-guard.ts';

/** What the supervisor itself knows of an invocation that ends. */
export interface EndingInvocation {
  readonly limits: Pick<InvocationLimits, 'output_bytes' | 'memory_bytes'>;
  readonly isCancelled: boolean;
  /** What that call was refused with, as far as it is remembered. */
  readonly refusalOf: (call: number) => HostCallAnswer | undefined;
}

/** What a sandbox host says of the end -> the outcome. Nothing of it is believed that the supervisor knows better. */
export function outcomeOfResult(
  kind: GuestResultKind,
  body: Uint8Array,
  { limits, isCancelled, refusalOf }: EndingInvocation,
): InvocationOutcome {
  const { output_bytes, memory_bytes } = limits;
  if (kind === 'returned' && body.byteLength > output_bytes) {
    return errors.outputTooLarge(body.byteLength, output_bytes);
  }
  const parsed = parseUntrustedJson(body);
  if ('problem' in parsed) return errors.invalidOutput(parsed.problem);
  if (kind === 'returned') return { kind: 'returned', outputs: parsed.value };
  if (isCancelled) return errors.cancelled();
  const failure = readFailure(parsed.value);
  const { message, call, bytes } = failure;
  switch (kind) {
    case 'threw': {
      const refusal = call === undefined ? undefined : refusalOf(call);
      return errors.uncaughtRefusal(refusal, failure) ?? errors.stepFailed(withinLimit(failure, output_bytes));
    }
    case 'plugin_invalid':
      return errors.invalidPlugin(message, failure.remedy);
    case 'output_invalid':
      return errors.invalidOutput(message);
    case 'output_too_large':
      return errors.outputTooLarge(bytes ?? output_bytes, output_bytes);
    case 'never_settles':
      return errors.neverSettles();
    case 'out_of_memory':
      return errors.outOfMemory(memory_bytes);
    default:
      return assertNever(kind);
  }
}

/** The process ended by itself. V8 aborts where it gets no memory, for a thread neither, and says so in its last words. */
export function outcomeOfCrash(
  { status, errorOutput, ranOutOfMemory }: HostEnd,
  { memory_bytes }: Pick<InvocationLimits, 'memory_bytes'>,
): InvocationOutcome {
  const isOutOfMemory =
    ranOutOfMemory ||
    /out of memory|allocation failed|heap limit|OOM|bad_alloc|cannot allocate|system_error/i.test(errorOutput);
  return isOutOfMemory ? errors.outOfMemory(memory_bytes) : errors.crashed(status);
}

function readFailure(value: Json): GuestFailure & { readonly message: string } {
  const { message, at, call, bytes, outputs, remedy } = isJsonObject(value) ? value : {};
  return {
    message: typeof message === 'string' && message !== '' ? message : 'the plugin failed without a message',
    ...(typeof at === 'string' ? { at } : {}),
    ...(typeof call === 'number' ? { call } : {}),
    ...(typeof bytes === 'number' ? { bytes } : {}),
    ...(typeof remedy === 'string' ? { remedy } : {}),
    ...(isJsonObject(outputs) ? { outputs } : {}),
  };
}

/** A step that failed has a better error than that its outputs are too large. */
function withinLimit<Failure extends GuestFailure>(
  failure: Failure,
  limit: number,
): Failure | Omit<Failure, 'outputs'> {
  const { outputs, ...rest } = failure;
  return outputs === undefined || Buffer.byteLength(JSON.stringify(outputs)) <= limit ? failure : rest;
}
