import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { exampleRun } from '../../storage/records/contract/samples.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { type AuthTestParts, openAuthParts } from '../auth/testing/auth-parts.ts';
import { HeldSecrets } from './held-secrets.ts';
import { type ReturningParts, supplySecrets, takeRepeated } from './returned-secrets.ts';

let opened: AuthTestParts;
beforeEach(async () => {
  opened = await openAuthParts();
});
afterEach(() => opened[Symbol.asyncDispose]());

const given = { TOKEN: 'a-long-value' };
const overForEngine = { code: 'RUN_STATE', message: 'no engine has it', remedy: 'Look at it again.' } as const;

/** A run that has ended since its row was read; `isDriven`: but for what is written of its end. */
async function endedMeanwhile({ isDriven }: { readonly isDriven: boolean }) {
  const { runs: rows } = opened.records;
  const row = exampleRun({ status: 'waiting' });
  const lacking: RunRow = { ...row, request: { ...row.request, secrets: ['TOKEN'] } };
  await rows.putPlan(row.request.plan, {});
  await rows.submit(lacking);
  if (!isDriven) await rows.update(row.run, { status: 'cancelled', ended_at: opened.clock.now() });
  const secrets = new HeldSecrets(randomBytes);
  const parts = {
    rows,
    secrets,
    dispatcher: { taken: () => Promise.resolve(), isDriven: () => isDriven },
    engine: { giveSecrets: () => Promise.reject(new WaterflowFailure(overForEngine)) },
    secretsProblem: () => undefined,
  };
  // Nothing else of the two is asked for.
  return { row: lacking, secrets, parts: parts as unknown as ReturningParts };
}

describe('values for a run that has just ended', () => {
  it('are not kept', async () => {
    const { row, secrets, parts } = await endedMeanwhile({ isDriven: false });
    await supplySecrets(row, given, parts);
    expect(secrets.of(row.run)).toEqual({});
    expect(await takeRepeated(row, given, parts)).toBe(true);
    expect(secrets.of(row.run)).toEqual({});
  });

  it('are refused, but not with the request that started it', async () => {
    const { row, parts } = await endedMeanwhile({ isDriven: true });
    expect(await takeRepeated(row, given, parts)).toBe(true);
    parts.secrets.forget(row.run);
    await expect(supplySecrets(row, given, parts)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
  });
});
