import { hash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { Digest } from '../../schemas/index.ts';
import { newRun } from '../logs/testing/samples.ts';
import { errorOf } from '../records/contract/store.ts';
import type { RecordsPlace } from '../records/session-at.ts';
import { startPostgres } from '../records/testing/postgres.ts';
import { type KeptPayloads, openPayloads } from './index.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

// The digest of what it is.
const digestOf = (bytes: Uint8Array): Digest => `sha256:${hash('sha256', bytes, 'hex')}` as Digest;

function describePayloads(name: string, makePlace: () => Promise<RecordsPlace>): void {
  const open = async (place: RecordsPlace): Promise<KeptPayloads> => {
    const payloads = await openPayloads(place);
    onTestFinished(() => payloads[Symbol.asyncDispose]());
    return payloads;
  };

  describe(`payloads of runs: ${name}`, () => {
    it('are given back as they were, to their run alone, by every handle', async () => {
      const place = await makePlace();
      const [mine, theirs] = [await open(place), await open(place)];
      const [run, other] = [newRun(), newRun()];
      const bytes = randomBytes(3 * 1024 * 1024);
      const digest = digestOf(bytes);
      await Promise.all([mine.put(run, digest, bytes), theirs.put(run, digest, bytes)]);
      expect(bytes.equals((await theirs.get(run, digest)) ?? Buffer.alloc(0))).toBe(true);
      expect(await mine.get(other, digest)).toBeUndefined();
      expect(await mine.get(run, digestOf(Buffer.from('another')))).toBeUndefined();
    });

    it('are not kept where they are not what was announced', async () => {
      const payloads = await open(await makePlace());
      const run = newRun();
      const digest = digestOf(Buffer.from('announced'));
      expect(await errorOf(payloads.put(run, digest, Buffer.from('sent')))).toMatchObject({ code: 'INVALID_INPUT' });
      expect(await payloads.get(run, digest)).toBeUndefined();
    });

    it('go with their run, however many they are', async () => {
      const payloads = await open(await makePlace());
      const [run, other] = [newRun(), newRun()];
      const all = Array.from({ length: 120 }, (_, index) => Buffer.from(`payload ${index}`));
      for (const bytes of all) await payloads.put(run, digestOf(bytes), bytes);
      const [first = Buffer.alloc(0)] = all;
      await payloads.put(other, digestOf(first), first);
      await payloads.remove(run);
      await payloads.remove(run);
      for (const bytes of all) expect(await payloads.get(run, digestOf(bytes))).toBeUndefined();
      expect(await payloads.get(other, digestOf(first))).toEqual(first);
    });
  });
}

describePayloads('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-payloads-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { file: join(folder, 'server.sqlite') };
});

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describePayloads('PostgreSQL', async () => ({ url: (await postgres?.createDatabase()) ?? '' }));
});
