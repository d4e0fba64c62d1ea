import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runEscapeProbes } from '../../cli/doctor/escape-probes.ts';
import { readCorpus } from '../../runtime/attacks/corpus.ts';
import { declaredTable } from '../../runtime/attacks/declared.ts';

const attacks = readCorpus();
const declared = attacks.filter((attack) => attack.declared.levels.length > 0);

describe('what is declared not to be held', () => {
  it('is listed in the security model; `npm run attacks -- --declared` prints the table', () => {
    const document = readFileSync(join(import.meta.dirname, '../../docs/security-model.md'), 'utf8');
    expect(document).toContain(declaredTable(attacks));
  });

  it('is shown by doctor at each of these levels', async () => {
    const since = new Map<string, number>();
    for await (const probe of runEscapeProbes(0, () => performance.now())) since.set(probe.name, probe.since);
    const untold = declared.filter(({ declared: { levels, doctor } }) =>
      levels.some((level) => level >= (since.get(doctor) ?? 0)),
    );
    expect(untold.map(({ id }) => id)).toEqual([]);
  });
});
