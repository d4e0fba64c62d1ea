import type { Answer, CallChannel } from '../call-channel.ts';
import { exactBytes, type ModuleContext } from './context.ts';

/** A module's frame, after the check. */
type ModuleFrame =
  | { readonly do: 'call' | 'submit'; readonly capability: string; readonly operation: string; readonly args: unknown }
  | { readonly do: 'wait' };

/**
 * The one import of ABI waterflow, `host_call`: a JSON frame in, a JSON frame out (docs/host-calls.md). What is wrong with a
 * frame comes back as `{ error }`; nothing is thrown, since that would end the module past its own error handling.
 */
export function createHostCall(calls: CallChannel): (context: ModuleContext, address: bigint) => bigint {
  return (context, address) => {
    const request = context.read(address);
    return context.store(
      exactBytes(request === null ? problem('there is no block at that address') : answer(calls, request.text())),
    );
  };
}

function answer(calls: CallChannel, text: string): string {
  const frame = parseFrame(text);
  if (typeof frame === 'string') return problem(frame);
  if (frame.do === 'wait') {
    const next = calls.next();
    return next === undefined ? problem('no submitted call is open') : withId(next);
  }
  const args = textOf(frame.args);
  if (args === undefined) return problem('args are nested too deeply');
  const id = calls.submit(frame.capability, frame.operation, args);
  if (id === undefined)
    return JSON.stringify({ error: { code: 'LIMIT_EXCEEDED', message: 'args are larger than 8 MiB' } });
  return frame.do === 'submit' ? JSON.stringify({ id }) : withId(calls.answerTo(id));
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
  if (verb === 'wait') return { do: verb };
  if (verb !== 'call' && verb !== 'submit') return '"do" is "call", "submit" or "wait"';
  if (typeof capability !== 'string' || typeof operation !== 'string') return 'capability and operation are texts';
  return { do: verb, capability, operation, args };
}

/** JSON.parse takes more levels than JSON.stringify's stack. */
function textOf(args: unknown): string | undefined {
  try {
    return JSON.stringify(args);
  } catch {
    return undefined;
  }
}

function withId(answer: Answer): string {
  if (answer.cancelled) return JSON.stringify({ id: answer.id, cancelled: true });
  return `{"id":${answer.id},${answer.json.slice(1)}`;
}

function problem(message: string): string {
  return JSON.stringify({ error: { code: 'INVALID_ARGUMENTS', message } });
}
