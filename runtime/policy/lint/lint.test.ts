import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest, JsonObject } from '../../../schemas/index.ts';
import { authorize } from '../../grants/authorize.ts';
import { samples } from '../../grants/testing/arbitraries.ts';
import { testGrant, testPolicy } from '../../grants/testing/grant.ts';
import { coversEntry, forbidsEntry } from './covers.ts';
import { type KnownPlugins, lintPolicy } from './lint.ts';

const builtIn = new Set(['http', 'run']);
const nobody: KnownPlugins = { builtIn, all: undefined };

function findingsOf(rules: string, known: KnownPlugins = nobody): readonly string[] {
  const text = `version: 1\nrules:\n${rules}`;
  return lintPolicy(testPolicy(text), text, known).map(
    ({ line, column, code, severity, message }) => `${line}:${column} ${severity} ${code.slice(7)} ${message}`,
  );
}

describe('a rule that changes nothing', () => {
  it.each([
    [
      '  - { plugin: acme, allow: { fs: [{ read: a }] } }\n  - { plugin: acme, allow: { fs: [{ read: a }] } }',
      '4 warning SHADOWED this entry changes nothing: `allow.fs[0]` of line 3 allows it already',
    ],
    [
      '  - { plugin: "acme-*", allow: { net: [{ url: "https://a.example.com/**" }] } }\n  - { plugin: acme-x, allow: { net: [{ url: "https://a.example.com/y" }] } }',
      '4 warning SHADOWED this entry changes nothing: `allow.net[0]` of line 3 allows it already',
    ],
    [
      '  - plugin: acme\n    allow:\n      fs: [{ read: a/b }, { read: "a/*" }]',
      '5 warning SHADOWED this entry changes nothing: `allow.fs[1]` of line 3 allows it already',
    ],
    [
      '  - { plugin: acme, allow: { exec: [{ command: curl, args: [-x] }] }, deny: { exec: [{ command: curl }] } }',
      '3 warning SHADOWED this entry changes nothing: the deny of line 3 forbids all of it',
    ],
    [
      '  - { plugin: built-in, allow: requested }\n  - { plugin: http, allow: { net: [{ url: "https://a.example.com" }] } }',
      '4 warning SHADOWED this entry changes nothing: line 3 allows all that is requested already',
    ],
    [
      '  - { plugin: built-in, allow: requested }\n  - { plugin: http, allow: requested }',
      '4 warning SHADOWED line 3 allows all that is requested already',
    ],
  ])('%s', (rules, expected) => {
    expect(findingsOf(rules).map((finding) => finding.replace(/:\d+/, ''))).toContain(expected);
  });

  it.each([
    // The one counts only sometimes.
    '  - { plugin: acme, when: job == "a", allow: { fs: [{ read: a }] } }\n  - { plugin: acme, allow: { fs: [{ read: a }] } }',
    // It gives a power that the other one doesn't.
    '  - { plugin: acme, allow: { net: [{ url: "https://a.example.com/**" }] } }\n  - { plugin: acme, allow: { net: [{ url: "https://a.example.com/x", secrets: [T] }] } }',
    // `allow: requested` leaves it off.
    '  - { plugin: built-in, allow: requested }\n  - { plugin: http, allow: { net: [{ url: "http://127.0.0.1:80", private: true }] } }',
    '  - { plugin: built-in, allow: requested }\n  - { plugin: http, allow: { net: [{ url: "https://a.example.com", proxies: ["proxy.example:3128"] }] } }',
    '  - { plugin: built-in, allow: requested }\n  - { plugin: run, allow: { docker: [{ images: [alpine], operations: [run], network: bridge }] } }',
    '  - { plugin: acme, allow: { exec: [{ command: curl }] }, deny: { exec: [{ command: curl, args: [-x] }] } }',
    // It caps what another one allows.
    '  - { plugin: built-in, allow: requested }\n  - { plugin: http, allow: requested, limits: { timeout: 5s } }',
  ])('is none: %s', (rules) => {
    expect(findingsOf(rules).filter((finding) => finding.includes('SHADOWED'))).toEqual([]);
  });

  it.each(samples)(
    'is never said of an entry of $capability that allows a call of its own',
    ({ capability, entry, call }) => {
      const allowed = (
        entries: readonly JsonObject[],
        deny: readonly JsonObject[],
        wanted: Parameters<typeof authorize>[1],
      ): boolean => {
        const policy = JSON.stringify({
          version: 1,
          rules: [{ plugin: '*', allow: 'requested', profile: 'host', deny: { [capability]: deny } }],
        });
        return authorize(testGrant({ manifest: { [capability]: entries }, policy }), wanted).kind === 'allowed';
      };
      fc.assert(
        fc.property(entry, entry, call, (one, other, wanted) => {
          // To deny what is in a folder isn't to deny looking into the folder, which then shows nothing of it.
          fc.pre(wanted.operation !== 'list');
          const isLost =
            coversEntry(capability, one, other) && allowed([other], [], wanted) && !allowed([one], [], wanted);
          const isLeft = forbidsEntry(capability, one, other) && allowed([other], [one], wanted);
          expect({ isLost, isLeft }).toEqual({ isLost: false, isLeft: false });
        }),
        { numRuns: 1000 },
      );
    },
  );
});

describe('a rule for nobody', () => {
  const identity = { name: 'acme-fetch', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` as Digest };
  const all: KnownPlugins = { builtIn, all: [identity, { ...identity, name: 'http' }] };

  it('is one whose name is almost that of a built-in node', () => {
    expect(findingsOf('  - { plugin: htttp, deny: { exec: [{ command: curl }] } }')).toEqual([
      '3:15 error UNMATCHED `htttp` is almost the name of `http`, so the rule forbids nothing',
    ]);
    expect(findingsOf('  - { plugin: aproved, profile: workspace }')).toHaveLength(1);
    expect(findingsOf('  - { plugin: acme, profile: workspace }')).toEqual([]);
  });

  it('is one that selects none of the plugins that there are', () => {
    const test = (plugin: string): readonly string[] =>
      findingsOf(`  - { plugin: "${plugin}", limits: { timeout: 5s } }`, all);
    expect(test('acme-fetsch')).toEqual(['3:15 warning UNMATCHED no plugin here is called `acme-fetsch`']);
    expect(test(`sha256:${'b'.repeat(64)}`)).toEqual(['3:15 warning UNMATCHED no plugin here has that digest']);
    for (const plugin of ['acme-*', 'http', 'built-in', 'approved', 'signer:acme', identity.digest])
      expect(test(plugin)).toEqual([]);
  });
});

describe('a condition that is always the same', () => {
  it.each([
    ['"a" == "a"', 'about nothing'],
    ['plugin.origin == "builtin"', '`plugin.origin` is never `builtin`'],
    ['"Monday" == time.weekday', '`time.weekday` is never `Monday`'],
    ['time.weekday in ["saturday", "sonday"]', '`time.weekday` is never `sonday`'],
  ])('%s', (when, why) => {
    const finding = (rest: string): string =>
      findingsOf(`  - plugin: acme\n    when: '${when}'\n    ${rest}`).join('\n');
    expect(finding('profile: workspace')).toMatch(/^4:11 warning CONDITION /);
    expect(finding('profile: workspace')).toContain(why);
    expect(finding('deny: { fs: [{ read: a }] }')).toMatch(/^4:11 error CONDITION /);
  });

  it('is none that depends on the step', () => {
    const when = 'plugin.origin == "local" && time.weekday != "sunday" && inputs.x == "builtin"';
    expect(findingsOf(`  - plugin: acme\n    when: '${when}'\n    profile: workspace`)).toEqual([]);
  });
});

describe('a rule that gives much', () => {
  it.each([
    ['{ plugin: "*", allow: requested, profile: workspace }', 'error WIDE every plugin gets whatever it requests'],
    ['{ plugin: "*", allow: { fs: [{ read: a }] } }', 'warning WIDE every plugin gets this'],
    ['{ plugin: acme, allow: requested, profile: host }', "as the agent's user"],
    ['{ plugin: approved, allow: requested }', 'may be `profile: host`'],
    ['{ plugin: acme, allow: { exec: [{ command: "*" }] } }', 'any program'],
    ['{ plugin: acme, allow: { exec: [{ command: git, args: any }] } }', 'it gets any arguments'],
    ['{ plugin: acme, allow: { exec: [{ command: git, env: any }] } }', 'any variable'],
    ['{ plugin: acme, allow: { exec: [{ command: git, profile: host }] } }', "as the agent's user"],
    ['{ plugin: acme, allow: { net: [{ url: "https://*/**" }] } }', 'any host'],
    ['{ plugin: acme, allow: { net: [{ url: "https://a.com", methods: ["*"] }] } }', 'any method'],
    ['{ plugin: acme, allow: { net: [{ url: "https://a.com", secrets: ["*"] }] } }', 'any secret'],
    [
      '{ plugin: acme, allow: { net: [{ url: "http://*.local", private: true }] } }',
      'error WIDE every private address',
    ],
    ['{ plugin: acme, allow: { net: [{ url: "http://127.0.0.1:*", private: true }] } }', 'every port of 127.0.0.1'],
  ])('%s', (rule, expected) => {
    expect(findingsOf(`  - ${rule}`).join('\n')).toContain(expected);
  });

  it('is not the one for the nodes that come with Waterflow, nor what a deny forbids', () => {
    expect(findingsOf('  - { plugin: built-in, allow: requested, profile: host }')).toEqual([]);
    expect(findingsOf('  - { plugin: "*", deny: { exec: [{ command: "*", args: any }] } }')).toEqual([]);
  });
});

it.each(['default.yaml', 'locked-down.yaml'])('says nothing of the shipped %s', (name) => {
  const text = readFileSync(new URL(`../../../policies/${name}`, import.meta.url), 'utf8');
  expect(lintPolicy(testPolicy(text), text, nobody)).toEqual([]);
});
