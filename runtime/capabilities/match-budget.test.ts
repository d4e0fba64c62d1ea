import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { authorize } from '../grants/index.ts';
import { testGrant } from '../grants/testing/grant.ts';
import { isUndecided, matchBudgetOf, maxMatchSteps } from './match-budget.ts';

interface Case {
  readonly capability: string;
  readonly operation: string;
  readonly entries: readonly JsonObject[];
  readonly args: Json;
  /** The same call, small: comparing it takes next to nothing. */
  readonly small: Json;
}

const entries = (make: (index: number) => JsonObject): readonly JsonObject[] =>
  Array.from({ length: 100 }, (_, index) => make(index));
const repeated = { type: 'text', repeat: true, optional: true };
const deep = '**/*a*/'.repeat(16);
const slow = { pattern: '(a|aa|aaa)*(a|b)*[ab]*c', optional: true, repeat: true };

const cases: Readonly<Record<string, Case>> = {
  'repeated texts of exec': {
    capability: 'exec',
    operation: 'run',
    entries: entries(() => ({ command: 'echo', args: [...Array.from({ length: 30 }, () => repeated), 'z'] })),
    args: { command: 'echo', args: Array.from({ length: 4000 }, () => 'a') },
    small: { command: 'echo', args: ['z'] },
  },
  'addresses in arguments of exec': {
    capability: 'exec',
    operation: 'run',
    entries: entries(() => ({ command: 'echo', args: [{ type: 'url', optional: true, repeat: true }, 'z'] })),
    args: { command: 'echo', args: Array.from({ length: 20 }, () => `https://h.test/${'a'.repeat(100_000)}`) },
    small: { command: 'echo', args: ['z'] },
  },
  'names of variables of exec': {
    capability: 'exec',
    operation: 'run',
    entries: entries(() => ({
      command: 'echo',
      args: 'any',
      env: [...Array.from({ length: 198 }, (_, index) => `PREFIX${index}*`), 'AA*', 'step'],
    })),
    args: {
      command: 'echo',
      env: Object.fromEntries([...Array(999).keys(), 'Z'].map((key) => [key === 'Z' ? 'Z' : `AA${key}`, 'v'])),
    },
    small: { command: 'echo', env: { AA1: 'v' } },
  },
  'patterns for arguments of ssh': {
    capability: 'ssh',
    operation: 'exec',
    entries: [
      {
        host: 'h.test',
        user: 'u',
        commands: Array.from({ length: 10 }, () => ({ command: 'echo', args: Array.from({ length: 8 }, () => slow) })),
      },
    ],
    args: { host: 'h.test', command: 'echo', args: Array.from({ length: 40 }, () => 'a'.repeat(3001)) },
    small: { host: 'h.test', command: 'echo', args: ['c'] },
  },
  'paths of ssh': {
    capability: 'ssh',
    operation: 'stat',
    entries: entries((index) => ({ host: 'h.test', user: 'u', read: [`${deep}z${index}`, `${deep}b`] })),
    args: { host: 'h.test', path: `${'aa/'.repeat(1300)}a` },
    small: { host: 'h.test', path: 'a/'.repeat(16) + 'b' },
  },
  'recipients of mail': {
    capability: 'mail',
    operation: 'send',
    entries: Array.from({ length: 60 }, () => ({
      host: 'h.test',
      from: '*',
      to: [...Array.from({ length: 150 }, (_, index) => `*@*.d${index}.test`), '*@h.test'],
    })),
    args: {
      host: 'h.test',
      from: 'a@h.test',
      to: Array.from({ length: 1000 }, (_, index) => `recipient${index}@h.test`),
      subject: 's',
      text: 't',
    },
    small: { host: 'h.test', from: 'a@h.test', to: ['b@h.test'], subject: 's', text: 't' },
  },
  'deep paths of fs': {
    capability: 'fs',
    operation: 'read',
    entries: entries((index) => ({ read: [`${deep}z${index}`, `${deep}b`] })),
    args: { path: `${'aa/'.repeat(1300)}a` },
    small: { path: `${'a/'.repeat(16)}b` },
  },
  'long names of fs': {
    capability: 'fs',
    operation: 'read',
    entries: entries((index) => ({ read: [`*${'a'.repeat(1000)}z${index}`, 'small'] })),
    args: { path: `${'a'.repeat(4000)}b` },
    small: { path: 'small' },
  },
  'deep paths of net': {
    capability: 'net',
    operation: 'request',
    entries: entries((index) => ({ url: `https://h.test/${deep}z${index}` })),
    args: { url: `https://h.test/${'aa/'.repeat(2700)}b` },
    small: { url: `https://h.test/${'a/'.repeat(16)}z1` },
  },
  'long segments of net': {
    capability: 'net',
    operation: 'request',
    entries: entries((index) => ({
      url: index === 9 ? 'https://h.test/small' : `https://h.test/a*${'a'.repeat(2000)}b*${index % 2}`,
    })),
    args: { url: `https://h.test/${'a'.repeat(8000)}0` },
    small: { url: 'https://h.test/small' },
  },
};

const allowAll = `version: 1
rules:
  - { plugin: "*", allow: requested, profile: host }
`;

function answer({ capability, operation, entries }: Case, args: Json, policy = allowAll) {
  const grant = testGrant({ manifest: { [capability]: entries.map((entry) => ({ ...entry })) }, policy });
  return authorize(grant, { capability, operation, args });
}

describe('what comparing one call with patterns may cost', () => {
  test.each(Object.entries(cases))('is bounded for %s', (_, one) => {
    expect(answer(one, one.small)).toMatchObject({ kind: 'allowed' });
    expect(answer(one, one.args)).toMatchObject({
      kind: 'denied',
      denial: { message: expect.stringContaining('takes too long') },
    });
  });

  test.each(Object.entries(cases))('and a deny rule that could not be decided denies: %s', (_, one) => {
    const { capability, operation, entries } = one;
    const widest: Readonly<Record<string, JsonObject>> = {
      exec: { command: 'echo', args: 'any', env: 'any' },
      ssh: { host: 'h.test', user: 'u', commands: [{ command: 'echo', args: 'any' }], read: '**' },
      fs: { read: '**' },
      net: { url: 'https://h.test/**' },
      mail: { host: 'h.test', from: '*', to: '*' },
    };
    const deny = entries.slice(0, 100).map((entry) => ({ ...entry, reason: 'r' }));
    const grant = testGrant({
      manifest: { [capability]: [widest[capability] ?? {}] },
      policy: `${allowAll}  - { plugin: "*", deny: ${JSON.stringify({ [capability]: deny })} }\n`,
    });
    expect(authorize(grant, { capability, operation, args: one.args })).toMatchObject({ kind: 'denied' });
  });

  test('is counted by what is asked about, and never filled up', () => {
    const asked = {};
    expect(isUndecided(asked)).toBe(false);
    matchBudgetOf(asked).steps -= maxMatchSteps;
    expect(isUndecided(asked)).toBe(false);
    matchBudgetOf(asked).steps -= 1;
    expect(isUndecided(asked)).toBe(true);
    expect(isUndecided({})).toBe(false);
  });
});
