import { failed, type GuestResult, guestResultKinds } from '../result.ts';
import { RequestRefused } from './http.ts';

/** Enough for a person; what is longer belongs into the log. */
const messageCharacters = 8000;
/** 1 MiB: allocators grow by more than a page, so the last refused growth leaves some pages free. */
const pagesThatAnyAllocatorNeeds = 16;

/** What was thrown through a module -> how the run ended. What the module said before, with `error_set`, is the better message. */
export function failureOf(
  error: unknown,
  module: { readonly said: string | undefined; readonly memory: WebAssembly.Memory | undefined },
): GuestResult {
  const message = messageOf(error);
  if (error instanceof RequestRefused)
    return failed('threw', { message, ...(error.call === undefined ? {} : { call: error.call }) });
  if (error instanceof WebAssembly.LinkError) return failed('plugin_invalid', { message });
  if (ranOutOfMemory(error, module.memory)) return failed('out_of_memory', {});
  const said = failureSaid(module.said);
  if (said !== undefined) return said;
  if (error instanceof WebAssembly.Exception) return failed('threw', { message: 'the module threw an exception' });
  if (error instanceof WebAssembly.RuntimeError) return failed('threw', { message: `the module trapped: ${message}` });
  return failed('threw', { message });
}

/** What a module said with `error_set`; undefined where it said nothing. */
export function failureSaid(said: string | undefined): GuestResult | undefined {
  if (said === undefined) return undefined;
  const told = failureFrame(said);
  if (told !== undefined) return told;
  // A block that the module never filled holds zeros.
  const isEmpty = /^[\s\0]*$/.test(said);
  return failed('threw', {
    message: isEmpty ? 'the module set an error without a message' : said.slice(0, messageCharacters),
  });
}

/** What a module says with `error_set` where it has more to say than a message: a frame, see docs/host-calls.md. */
function failureFrame(said: string): GuestResult | undefined {
  if (!said.startsWith('{"v":1,"fail":')) return undefined;
  try {
    // Any object can be read by name; what is read is checked here, and once more by the agent.
    const { fail, details } = JSON.parse(said) as Readonly<Record<string, unknown>>;
    const kind = guestResultKinds.find((each) => each === fail);
    if (kind === undefined || kind === 'returned' || typeof details !== 'object' || details === null) return undefined;
    return failed(kind, details);
  } catch {
    return undefined;
  }
}

/** A module whose allocator was refused more memory traps, or an instance can't even be made: the bound is why. */
function ranOutOfMemory(error: unknown, memory: WebAssembly.Memory | undefined): boolean {
  if (error instanceof RangeError) return /memory|allocation|array buffer|array length/i.test(error.message);
  if (!(error instanceof WebAssembly.RuntimeError) || memory === undefined) return false;
  try {
    memory.grow(pagesThatAnyAllocatorNeeds);
    return false;
  } catch {
    return true;
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, messageCharacters);
}
