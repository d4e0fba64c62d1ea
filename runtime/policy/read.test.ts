import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WaterflowError } from '../../schemas/index.ts';
import { choosePolicyFile, loadPolicy } from './load.ts';
import { readPolicy } from './read.ts';

function errorsOf(text: string): readonly WaterflowError[] {
  const read = readPolicy(text, 'policy.yaml');
  return 'errors' in read ? read.errors : [];
}

const places = (text: string): readonly string[] =>
  errorsOf(text).map(({ line, column, message }) => `${line}:${column} ${message}`);

const shipped = (name: string): string => new URL(`../../policies/${name}`, import.meta.url).pathname;

describe('a policy file', () => {
  it('is told what a rule can say, where it says something else', () => {
    expect(errorsOf('version: 1\nrules:\n  - plugin: a\n    permit: requested')).toMatchObject([
      { remedy: 'Known here: plugin, when, allow, deny, profile, limits, deterministic, reason.' },
    ]);
    expect(errorsOf('version: 1\nrules:\n  - plugin: a\n    alow: requested')).toMatchObject([
      { remedy: 'Did you mean `allow`?' },
    ]);
  });

  it('knows the line of each rule', () => {
    const read = readPolicy('version: 1\nrules:\n  - plugin: a\n  -\n    plugin: b\n', 'policy.yaml');
    expect(read).toMatchObject({ policy: { file: 'policy.yaml', lines: [3, 5] } });
  });

  it.each([
    ['version: 2\nrules: []', ['1:10 `version` must be 1']],
    ['version: 1\nrulez: []', ['1:1 `rules` is missing', '2:1 unknown key `rulez`']],
    ['version: 1\nrules:\n  - plugin: a\n    alow: requested', ['4:5 unknown key `alow`']],
    [
      'version: 1\nrules:\n  - plugin: Acme/*',
      ['3:13 plugin: a name has lower-case letters, digits and `-`; `*` and `?` are patterns'],
    ],
    ['version: 1\nrules:\n  - plugin: sha256:12', ['3:13 plugin: a digest is `sha256:` and 64 lower-case hex digits']],
    [
      'version: 1\nrules:\n  - plugin: "signer:"',
      ['3:13 plugin: a signer is a name as trust.yaml has it, or the id of a key'],
    ],
    [
      'version: 1\nrules:\n  - plugin: a\n    when: tennant == "x"',
      [
        '4:11 when: `tennant` is not known: a condition may name tenant, queue, workflow, job, step, plugin, inputs, time',
      ],
    ],
    ['version: 1\nrules:\n  - plugin: a\n    allow: { fz: [] }', ['4:14 unknown capability `fz`']],
    [
      'version: 1\nrules:\n  - plugin: a\n    allow: { clock: [] }',
      ['4:14 `clock` is always there and takes no permission entries'],
    ],
    [
      'version: 1\nrules:\n  - plugin: a\n    deny: { fs: [{ reed: x }] }',
      ['4:18 fs[0]: `read` or `write` is missing', '4:20 fs[0]: unknown key `reed`'],
    ],
    [
      'version: 1\nrules:\n  - plugin: a\n    allow: { fs: [{ read: ../x }] }',
      ['4:19 fs[0]: `../x` leaves the workspace by `..`'],
    ],
    [
      'version: 1\nrules:\n  - plugin: a\n    limits: { timeout: soon, memory: 0MiB }',
      ['4:24 `soon` is no duration', '4:38 `0MiB` is no size'],
    ],
    ['version: 1\nversion: 1\nrules: []', ['2:1 `version` stands here twice']],
    ['version: 1\n__proto__: { a: 1 }\nrules: []', ["2:1 `__proto__` can't be a key"]],
    ['version: !!js/function "x"\nrules: []', ['1:10 Unresolved tag: tag:yaml.org,2002:js/function']],
    [
      'version: 1\nrules: [{ plugin: a, allow: { net: [{ url: "https://a/", secrets: [${{ inputs.x }}] }] } }]',
      ['2:69 `${{ }}` between brackets must be quoted, since `{` begins a mapping there'],
    ],
    [`a: ${'['.repeat(2000)}`, ['1:1 policy.yaml is nested too deeply']],
    ['', ['1:1 policy.yaml is empty']],
    ['a: 1\n---\nb: 2', ['1:1 policy.yaml holds several documents']],
  ])('%j is refused', (text, expected) => {
    expect(places(text).filter((place) => !place.includes('fits none'))).toEqual(expected);
    for (const error of errorsOf(text)) expect(error).toMatchObject({ code: 'POLICY_INVALID', file: 'policy.yaml' });
  });

  it.each(['plugin.name ==', 'upper(plugin.name) == "A"', 'plugin.name|lower == "a"', '', 'a.b', '[1,2][.x > 1]|f'])(
    'refuses the condition %j',
    (when) => {
      expect(errorsOf(`version: 1\nrules: [{ plugin: a, when: ${JSON.stringify(when)} }]`)).toHaveLength(1);
    },
  );

  it('guesses what was meant', () => {
    const [first] = errorsOf('version: 1\nrules: [{ plugin: a, allow: { secret: [] } }]');
    expect(first?.remedy).toBe('Did you mean `secrets`?');
  });

  it('survives nesting, aliases and any text', () => {
    expect(errorsOf(`version: 1\nrules: ${'['.repeat(50_000)}`).length).toBeGreaterThan(0);
    const bomb = Array.from(
      { length: 30 },
      (_, index) => `a${index}: &a${index} [${index === 0 ? 'x' : `*a${index - 1}, *a${index - 1}`}]`,
    ).join('\n');
    expect(errorsOf(bomb).length).toBeGreaterThan(0);
    expect(errorsOf('x'.repeat(300_000)).length).toBeGreaterThan(0);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readPolicy(text, 'x')));
  });
});

describe('the policies that are shipped', () => {
  it('are right', () => {
    expect(loadPolicy(shipped('default.yaml')).content.require?.confinement).toBe(1);
    const lockedDown = loadPolicy(shipped('locked-down.yaml'));
    expect(lockedDown.content.require?.confinement).toBe(3);
    expect(lockedDown.content.rules.map(({ profile }) => profile)).toEqual(['workspace', 'workspace', undefined]);
  });
});

describe('which policy holds', () => {
  const there = (): boolean => true;
  const missing = (): boolean => false;

  it('is the first that somebody names, whether it is there or not', () => {
    const shippedFile = 'default.yaml';
    expect(choosePolicyFile({ flag: 'a', environment: 'b', shipped: shippedFile }, missing)).toBe('a');
    expect(choosePolicyFile({ environment: 'b', shipped: shippedFile }, missing)).toBe('b');
    expect(choosePolicyFile({ environment: '', shipped: shippedFile }, there)).toBe('/etc/waterflow/policy.yaml');
    expect(choosePolicyFile({ shipped: shippedFile }, missing)).toBe('default.yaml');
  });

  it("is none where the file can't be read or is wrong", () => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-policy-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'policy.yaml');
    expect(() => loadPolicy(file)).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'FILE_NOT_READABLE' }) }),
    );
    writeFileSync(file, 'version: 1\nrules:\n  - plug: a\n  - plugin: A');
    expect(() => loadPolicy(file)).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'POLICY_INVALID', line: 3 }) }),
    );
  });
});
