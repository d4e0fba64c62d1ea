import { describe, expect, it } from 'vitest';
import type { Attack } from './attack.ts';
import { renderMatrix } from './matrix.ts';
import type { Observation } from './observation.ts';
import { isFine, verdictOf } from './verdict.ts';

const attack: Attack = {
  id: 'group/name',
  folder: '/nowhere',
  vehicle: 'script',
  title: 'An attack',
  tries: 'Tries.',
  reference: 'CWE-0',
  runtimes: ['isolate'],
  oracle: 'contact',
  protections: ['host-network'],
  ends: ['returned'],
  declared: { levels: [0, 1], doctor: 'escaped: network', why: 'no boundary' },
  control: 'naked',
  rounds: 1,
  policy: undefined,
  with: {},
  permissions: {},
  needs: [],
  beside: [],
};
const held: Observation = {
  ends: ['returned'],
  messages: [''],
  outputs: [{}],
  surfaces: {},
  changes: [],
  contacts: [],
  signalled: false,
  leftovers: [],
  exceeded: [],
  audit: [],
  rendered: [],
};
const tokens = { file: 'file-token', environment: 'environment-token', secret: 'secret-token' };
const verdict = (seen: Partial<Observation>, level: 0 | 1 | 2 | 3, other: Partial<Attack> = {}) =>
  verdictOf({ ...attack, ...other }, level, { observation: { ...held, ...seen }, tokens });

describe('verdictOf', () => {
  it('is held where nothing was seen and it ended as it does where it is held', () => {
    expect(verdict({}, 3)).toEqual({ kind: 'held' });
  });

  it('is declared at the levels that say so, and a success at all others', () => {
    const contacts = ['a connection'];
    expect(verdict({ contacts }, 1).kind).toBe('declared');
    expect(verdict({ contacts }, 2).kind).toBe('succeeded');
  });

  it('takes the success of another kind than the attack is about for one, too', () => {
    expect(verdict({ signalled: true }, 3).kind).toBe('succeeded');
  });

  it('believes no attack that ended otherwise: it may not have been tried', () => {
    const seen = verdict({ ends: ['STEP_FAILED'], messages: ['x is not defined'] }, 3);
    expect(seen).toEqual({
      kind: 'unexpected',
      why: 'it ended with STEP_FAILED, not with returned: x is not defined',
    });
    expect(isFine(seen)).toBe(false);
  });

  it('is a success where the end is what the attack is about', () => {
    const ended = { ends: ['SANDBOX_CRASHED', 'returned'], messages: ['', ''] };
    expect(verdict(ended, 3, { oracle: 'end', ends: ['SANDBOX_CRASHED'] }).kind).toBe('succeeded');
  });
});

describe('renderMatrix', () => {
  it('has a row for each attack and runtime, a column for each level, and the reasons below', () => {
    const cell = (level: 0 | 3, seen: Partial<Observation>) => ({
      attack,
      runtime: 'isolate' as const,
      level,
      verdict: verdict(seen, level),
    });
    const text = renderMatrix([cell(0, { contacts: ['a connection'] }), cell(3, { signalled: true })]);
    expect(text.split('\n')).toEqual([
      'attack      runtime  level 0     level 3',
      'group/name  isolate  declared    SUCCEEDED',
      '',
      'group/name (isolate, level 3) SUCCEEDED [signal]: a process of somebody else got a signal',
      '1 attacks, 2 tries: 0 held, 1 declared, 1 succeeded, 0 unexpected',
    ]);
  });
});
