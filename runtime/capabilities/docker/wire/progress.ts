import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { objectOf } from './answers.ts';
import { chunksOf, EngineError } from './errors.ts';

/** Of one message, in UTF-16 units: a line of a build's output is at most this. */
const maxMessageLength: number = 4 * 1024 * 1024;

/**
 * The messages of a pull, a push or a build, as they come: one JSON object a line. One that tells of an error is thrown: the daemon
 * began its answer with status 200 long before.
 */
export async function* messagesOf(source: Readable): AsyncGenerator<JsonObject, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  for await (const chunk of chunksOf(source)) {
    pending += decoder.write(chunk);
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield readMessage(line);
    if (pending.length > maxMessageLength) throw new EngineError(0, 'the daemon sent a message that has no end');
  }
  pending += decoder.end();
  if (pending.trim() !== '') yield readMessage(pending);
}

function readMessage(line: string): JsonObject {
  let parsed: Json;
  try {
    // JSON.parse gives nothing else.
    parsed = JSON.parse(line) as Json;
  } catch {
    throw new EngineError(0, 'the daemon sent a message that is not JSON');
  }
  const message = objectOf(parsed, 'message');
  const error = message['error'];
  if (error === undefined) return message;
  throw new EngineError(0, typeof error === 'string' ? error.trim() : 'it failed, and the daemon does not say why');
}
