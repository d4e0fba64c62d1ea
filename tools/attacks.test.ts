import { describe, expect, it } from 'vitest';
import type { Attack } from '../runtime/attacks/attack.ts';
import { readCorpus } from '../runtime/attacks/corpus.ts';
import { sharedSupervisor } from '../runtime/testing/supervisors.ts';
import { tryControls } from './attacks/controls.ts';
import { tryAttack } from './attacks/stage.ts';

// A sample, one for each oracle and most groups; `npm run attacks` tries them all, at every level.
const sample = [
  'exec/daemon',
  'exec/option-for-text',
  'exec/reads-outside',
  'exhaustion/endless-loop',
  'exhaustion/typed-arrays',
  'fs/reads-links',
  'fs/writes-above',
  'grants/input-dots',
  'grants/unrequested-exec',
  'host/connects',
  'isolate/code-from-strings',
  'isolate/constructors-of-host',
  'isolate/keeps-calls',
  'isolate/keeps-state',
  'isolate/polluted-prototypes',
  'mail/smuggled-recipients',
  'net/loopback-ipv6',
  'net/redirect',
  'protocol/forged-denial',
  'protocol/garbage',
  'protocol/never-takes-answers',
  'protocol/oversized-frame',
  'protocol/same-id',
  'protocol/two-results',
  'secrets/log',
  'secrets/program-log',
  'ssh/changed-host-key',
  'ssh/hostile-names',
  'store/others-values',
  'supply/linked-source',
  'terminal/escape-sequences',
  'wasm/endless-start',
  'wasm/malformed-frames',
];
const attacks = readCorpus(undefined, `{${sample.join(',')}}`);
const supervisor = sharedSupervisor();

describe('the attack corpus', () => {
  it('has the whole sample', () => {
    expect(attacks.map(({ id }) => id)).toEqual(sample);
  });

  const places = attacks.flatMap((attack) => attack.runtimes.map((runtime) => [attack.id, runtime, attack] as const));
  it.each(places)('%s is held in %s', async (_, runtime, attack) => {
    const { level } = supervisor();
    const { verdict } = await tryAttack(attack, { runtime, level }, supervisor());
    expect(verdict.kind, JSON.stringify(verdict)).toBe(attack.declared.levels.includes(level) ? 'declared' : 'held');
  });

  it.each(['fs/writes-above', 'isolate/code-from-strings', 'secrets/log', 'terminal/escape-sequences'])(
    '%s works where nothing holds it',
    async (id) => {
      const found: readonly Attack[] = attacks.filter((attack) => attack.id === id);
      expect(await tryControls(found, () => {})).toMatchObject([{ fine: true }]);
    },
  );
});
