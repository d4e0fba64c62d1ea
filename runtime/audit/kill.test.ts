import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyAudit } from './read.ts';
import { type AuditPlace, auditPlace, recordCalls } from './testing/logs.ts';

/** Processes at a time. */
const lanes = 3;

/** Writes a log in a process that is killed at this point; the sequences that it was told, and whether it came to its end. */
async function killedAt(place: AuditPlace, checkpoints: string, point: number) {
  const program = join(import.meta.dirname, 'testing', 'killed-log.ts');
  const child = spawn(process.execPath, [program, place.file, checkpoints, `${point}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code, signal] = await once(child, 'close');
  const lines = printed.split('\n').slice(0, -1);
  const whole = lines.at(-1) === 'whole';
  expect({ code, signal }).toEqual(whole ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' });
  return { recorded: lines.filter((line) => line !== 'whole').map(Number), whole };
}

it('a log loses nothing and goes on wherever its agent is killed: between lines, within one, at a further file, while signing', async () => {
  const kinds = new Set<string>();
  let next = 1;
  let ended = false;
  const lane = async (): Promise<void> => {
    while (!ended) {
      const point = next;
      next += 1;
      const place = auditPlace();
      const checkpoints = join(place.state, 'heads.ndjson');
      const { recorded, whole } = await killedAt(place, checkpoints, point);
      ended ||= whole;
      const killed = await verifyAudit(place.file, { publicKey: place.key.publicKey }).catch(() => undefined);
      kinds.add(killed?.kind ?? 'no file');
      const log = place.open({ checkpoints });
      recordCalls(log, 1);
      await log[Symbol.asyncDispose]();
      const repaired = await verifyAudit(place.file, { publicKey: place.key.publicKey, checkpoints });
      expect({ point, repaired }).toMatchObject({ repaired: { ok: true } });
      const names = place.files().filter((name) => name.endsWith('.ndjson'));
      const calls = names.flatMap((name) => place.entries(name)).filter(({ kind }) => kind === 'call');
      expect(calls.map(({ sequence }) => sequence)).toEqual(expect.arrayContaining(recorded));
      expect(place.files()).not.toContain('audit.ndjson.reserve');
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  expect(next).toBeGreaterThan(40);
  expect([...kinds].sort()).toEqual(['broken', 'intact', 'no file', 'torn', 'unfinished']);
}, 180_000);
