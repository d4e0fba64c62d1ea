import type { DataConverter, Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { bindingOf, ownerOf } from './binding.ts';
import { UnreadableFailure, unreadable } from './failures.ts';
import { textOf } from './framing.ts';
import { unreadableMark } from './unreadable-mark.ts';

/** Encodings that the SDK's own converter takes. */
const known = new Set(['binary/null', 'binary/plain', 'json/protobuf', 'binary/protobuf']);

/**
 * How the worker of workflows hands data to Temporal. To fail on what is sent to a workflow would have the workflow try it for ever, so what
 * never can be read comes to it as a mark, which it deals with. What may be read later fails: the workflow waits for that. Results of
 * activities fail, too: nobody but Temporal's database writes them.
 */
export function inWorkflows(converter: DataConverter, namespace: string): DataConverter {
  const codecs = converter.payloadCodecs ?? [];
  const codec: PayloadCodec = {
    async encode(payloads, context) {
      let encoded = payloads;
      for (const codec of codecs) encoded = await codec.encode(encoded, context);
      return encoded;
    },
    async decode(payloads, context) {
      return await Promise.all(payloads.map((payload) => decodeOrMark(payload, { codecs, context, namespace })));
    },
  };
  return { ...converter, payloadCodecs: [codec] };
}

interface Place {
  readonly codecs: readonly PayloadCodec[];
  readonly context: SerializationContext | undefined;
  readonly namespace: string;
}

async function decodeOrMark(payload: Payload, { codecs, context, namespace }: Place): Promise<Payload> {
  try {
    let decoded = [payload];
    for (const codec of codecs.toReversed()) decoded = await codec.decode(decoded, context);
    const [one = payload] = decoded;
    // What was encrypted is ours, and whole.
    if (context?.type === 'workflow' && one === payload)
      requireReadable(payload, ownerOf(bindingOf(context, namespace)));
    return one;
  } catch (cause) {
    if (!(cause instanceof UnreadableFailure) || cause.kind === 'later' || context?.type !== 'workflow') throw cause;
    const data = Buffer.from(JSON.stringify(unreadableMark(cause.kind, cause.error)));
    return { metadata: { encoding: Buffer.from('json/plain') }, data };
  }
}

function requireReadable(payload: Payload, owner: string): void {
  const encoding = textOf(payload, 'encoding');
  if (encoding !== undefined && known.has(encoding)) return;
  if (encoding === 'json/plain' && isJson(payload.data ?? new Uint8Array())) return;
  throw unreadable({
    kind: 'foreign',
    owner,
    reason: `a payload is nothing that Waterflow wrote (${encoding ?? 'no encoding named'})`,
    remedy: 'Find out who reaches Temporal and writes there.',
  });
}

function isJson(data: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(data).toString());
    return true;
  } catch {
    return false;
  }
}
