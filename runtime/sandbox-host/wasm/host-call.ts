import { randomBytes } from 'node:crypto';
import type { AuthorPlaces } from '../author-places.ts';
import type { Answer, CallChannel } from '../call-channel.ts';
import type { DeterministicStart } from '../engine.ts';
import { type Blocks, exactBytes, textOf } from './blocks.ts';

/** A module's frame, after the check. */
type ModuleFrame = CallFrame | { readonly do: 'wait' | 'begin' | 'now' | 'end' };

interface CallFrame {
  readonly do: 'call' | 'submit' | 'post';
  readonly capability: string;
  readonly operation: string;
  readonly args: unknown;
}

/** What a module may ask of the sandbox host itself, which no agent has to answer. */
export interface Beginning {
  /** Capabilities that the manifest requests. */
  readonly capabilities: readonly string[];
  readonly deterministic?: DeterministicStart | undefined;
  /** For the texts that it posts. */
  readonly places: AuthorPlaces;
}

/**
 * The one import of ABI waterflow, `host_call`: a JSON frame in, a JSON frame out (docs/host-calls.md). What is wrong with a
 * frame comes back as `{ error }`; nothing is thrown, since that would end the module past its own error handling.
 */
export function createHostCall(
  calls: CallChannel,
  { blocks, ...beginning }: Beginning & { readonly blocks: Blocks },
): (address: bigint) => bigint {
  return (address) => {
    const request = blocks.bytesAt(address);
    const answer = request === undefined ? problem('there is no block at that address') : answerTo(textOf(request));
    return blocks.store(exactBytes(answer));
  };

  function answerTo(text: string): string {
    const frame = parseFrame(text);
    if (typeof frame === 'string') return problem(frame);
    switch (frame.do) {
      case 'begin':
        return ok(beginningOf(beginning));
      case 'now':
        return ok(beginning.deterministic?.now_ms ?? Date.now());
      case 'wait':
        return nextAnswer(calls);
      case 'end':
        return nextRefusal(calls);
      default:
        return callAnswer(calls, frame, beginning.places);
    }
  }
}

/** The seed is the machine's own: of numbers that nobody makes a key of, as an isolate's Math.random gives. */
function beginningOf({ capabilities, deterministic }: Beginning): object {
  return { capabilities, seed: deterministic?.seed ?? randomBytes(16).toString('hex'), deterministic };
}

function nextAnswer(calls: CallChannel): string {
  const next = calls.next();
  return next === undefined ? problem('no submitted call is open') : withId(next);
}

function nextRefusal(calls: CallChannel): string {
  const refusal = calls.nextRefusal();
  return refusal === undefined ? ok(null) : withId(refusal);
}

function callAnswer(calls: CallChannel, frame: CallFrame, places: AuthorPlaces): string {
  const args = jsonOf(frame.args);
  if (args === undefined) return problem('args are nested too deeply');
  const id =
    frame.do === 'post'
      ? calls.post(frame.capability, frame.operation, places(args))
      : calls.submit(frame.capability, frame.operation, args);
  if (id === undefined)
    return JSON.stringify({ error: { code: 'LIMIT_EXCEEDED', message: 'args are larger than 8 MiB' } });
  return frame.do === 'call' ? withId(calls.answerTo(id)) : JSON.stringify({ id });
}

function parseFrame(text: string): ModuleFrame | string {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return 'the frame is no JSON';
  }
  if (typeof frame !== 'object' || frame === null) return 'the frame is no object';
  // Any object can be read by name; what is read is checked below.
  const { v, do: verb, capability, operation, args = {} } = frame as Readonly<Record<string, unknown>>;
  if (v !== 1) return 'the frame needs "v": 1';
  if (verb === 'wait' || verb === 'begin' || verb === 'now' || verb === 'end') return { do: verb };
  if (verb !== 'call' && verb !== 'submit' && verb !== 'post')
    return '"do" is "call", "submit", "post", "wait", "begin", "now" or "end"';
  if (typeof capability !== 'string' || typeof operation !== 'string') return 'capability and operation are texts';
  return { do: verb, capability, operation, args };
}

/** JSON.parse takes more levels than JSON.stringify's stack. */
function jsonOf(args: unknown): string | undefined {
  try {
    return JSON.stringify(args);
  } catch {
    return undefined;
  }
}

function withId(answer: Answer): string {
  return `{"id":${answer.id},${answer.cancelled ? '"cancelled":true,' : ''}${answer.json.slice(1)}`;
}

function ok(value: unknown): string {
  return JSON.stringify({ ok: value });
}

function problem(message: string): string {
  return JSON.stringify({ error: { code: 'INVALID_ARGUMENTS', message } });
}
