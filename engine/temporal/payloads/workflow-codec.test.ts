import type { ActivitySerializationContext, Payload, WorkflowSerializationContext } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createPayloadCodec } from './codec.ts';
import { newPayloadKey, parsePayloadKeys } from './payload-keys.ts';
import { markIn } from './unreadable-mark.ts';
import { inWorkflows } from './workflow-codec.ts';

const namespace = 'team';
const key = newPayloadKey();
const run: WorkflowSerializationContext = { type: 'workflow', namespace, workflowId: 'run-1' };
const other: WorkflowSerializationContext = { ...run, workflowId: 'run-2' };
const step: ActivitySerializationContext = {
  type: 'activity',
  namespace,
  workflowId: 'run-1',
  activityId: '7',
  isLocal: false,
};
const plain: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"type":"resumed"}') };

function codecWith(...lines: readonly string[]) {
  const payloadCodecs =
    lines.length === 0
      ? []
      : [createPayloadCodec({ keys: parsePayloadKeys(lines, 'here'), namespace, unencrypted: 'refused' })];
  const [codec] = inWorkflows({ payloadCodecs }, namespace).payloadCodecs ?? [];
  if (codec === undefined) throw new Error('it gives a codec');
  return codec;
}

function markOf(payload: Payload | undefined) {
  return markIn(JSON.parse(Buffer.from(payload?.data ?? []).toString()));
}

describe('inWorkflows', () => {
  it('gives back what was encrypted for the workflow', async () => {
    const codec = codecWith(key);
    const [decoded] = await codec.decode(await codec.encode([plain], run), run);
    expect(Buffer.from(decoded?.data ?? []).toString()).toBe('{"type":"resumed"}');
  });

  it('marks what a stranger wrote, what is of another run, and what was changed', async () => {
    const codec = codecWith(key);
    const [moved = {}] = await codec.encode([plain], other);
    const [ours = {}] = await codec.encode([plain], run);
    const changed = {
      ...ours,
      data: Uint8Array.from(ours.data ?? [], (byte, index) => (index === 40 ? byte ^ 1 : byte)),
    };
    const marks = (await codec.decode([plain, moved, changed], run)).map(markOf);
    expect(marks.map((mark) => mark?.kind)).toEqual(['foreign', 'foreign', 'damaged']);
    for (const mark of marks) expect(mark?.error).toMatchObject({ code: 'JOURNAL_BROKEN' });
  });

  it('fails on what can be read with a key that is missing, so that the workflow waits for it', async () => {
    const encoded = await codecWith(newPayloadKey()).encode([plain], run);
    await expect(codecWith(key).decode(encoded, run)).rejects.toMatchObject({ kind: 'later' });
  });

  it('fails where an activity gets it, which fails then', async () => {
    await expect(codecWith(key).decode([plain], step)).rejects.toMatchObject({ error: { code: 'JOURNAL_BROKEN' } });
  });

  it('marks without keys what no converter takes, and nothing else', async () => {
    const codec = codecWith();
    const text = { ...plain, data: Buffer.from('no JSON') };
    const strange = { metadata: { encoding: Buffer.from('of/ours') }, data: Buffer.from('x') };
    const marks = (await codec.decode([plain, text, strange], run)).map(markOf);
    expect(marks.map((mark) => mark?.kind)).toEqual([undefined, 'foreign', 'foreign']);
  });
});
