import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { summaryOf } from './command.ts';
import { placeWith } from './place.ts';

const grouped = (inProgress: string): string => `
name: grouped
on: manual
concurrency: { group: production, cancel-in-progress: ${inProgress} }
jobs:
  work:
    steps:
      - id: works
        run: |
          echo "begin $NAME" >> "$LEDGER"
          until [ -e "$LEDGER.$NAME" ]; do sleep 0.05; done
          echo "end $NAME" >> "$LEDGER"
        env: { NAME: "\${{ vars.NAME }}", LEDGER: "\${{ vars.LEDGER }}" }
`;

describe('runs of one concurrency group in processes of their own', () => {
  function begin(inProgress: string) {
    const place = placeWith(grouped(inProgress));
    const ledger = join(place.folder, 'ledger');
    return {
      ledger,
      run: (name: string) => place.run('--var', `NAME=${name}`, '--var', `LEDGER=${ledger}`),
      letGo: (name: string) => writeFileSync(`${ledger}.${name}`, ''),
    };
  }

  it('take turns in the order in which they asked', async () => {
    const { ledger, run, letGo } = begin('false');
    const first = run('first');
    await first.making(ledger);
    const second = run('second');
    await second.saying('"group_waiting"');
    const third = run('third');
    await third.saying('"group_waiting"');
    for (const name of ['third', 'second', 'first']) letGo(name);
    const codes = await Promise.all([first, second, third].map(async ({ ended }) => (await ended).code));
    expect(codes).toEqual([0, 0, 0]);
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toEqual([
      'begin first',
      'end first',
      'begin second',
      'end second',
      'begin third',
      'end third',
    ]);
  });

  it('end the one that runs where they say so', async () => {
    const { ledger, run, letGo } = begin('true');
    const first = run('first');
    await first.making(ledger);
    const second = run('second');
    letGo('second');
    const [old, young] = [await first.ended, await second.ended];
    expect([old.code, summaryOf(old).status, young.code]).toEqual([1, 'cancelled', 0]);
    expect(readFileSync(ledger, 'utf8')).toBe('begin first\nbegin second\nend second\n');
    expect(existsSync(`${ledger}.first`)).toBe(false);
  });
});
