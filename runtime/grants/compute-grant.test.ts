import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import type { Grant } from './api.ts';
import { authorize } from './authorize.ts';
import { computeGrant } from './compute-grant.ts';
import { explain, renderExplanation } from './explain.ts';
import { testGrant, testGrantRequest } from './testing/grant.ts';

const reads = (grant: Grant, path: string): boolean =>
  authorize(grant, { capability: 'fs', operation: 'read', args: { path } }).kind === 'allowed';

const dist = { fs: [{ read: 'dist/${{ inputs.name }}/**' }] };

describe('an input in an entry', () => {
  it('stands for itself', () => {
    const grant = testGrant({ manifest: dist, inputs: { name: 'web' } });
    expect(reads(grant, 'dist/web/x')).toBe(true);
    expect(reads(grant, 'dist/api/x')).toBe(false);
  });

  it('is never a pattern', () => {
    const grant = testGrant({ manifest: dist, inputs: { name: '*' } });
    expect(reads(grant, 'dist/*/x')).toBe(true);
    expect(reads(grant, 'dist/api/x')).toBe(false);
  });

  it('is a list where a list or a single value may stand', () => {
    const manifest = { fs: [{ read: '${{ inputs.paths }}' }, { read: ['a', '${{ inputs.paths }}'] }] };
    const grant = testGrant({ manifest, inputs: { paths: ['x/*', 'y'] } });
    expect(reads(grant, 'y')).toBe(true);
    expect(reads(grant, 'x/*')).toBe(true);
    expect(reads(grant, 'x/z')).toBe(false);
  });

  it('leaves the workspace by no value', () => {
    for (const name of ['..', '../..', 'a/../..', '\\..']) {
      const computed = computeGrant(testGrantRequest({ manifest: dist, inputs: { name } }));
      const outcome = 'error' in computed ? computed.error.code : reads(computed.grant, 'x');
      expect(['INVALID_INPUT', false]).toContain(outcome);
    }
    const computed = computeGrant(
      testGrantRequest({ manifest: { fs: [{ read: '${{ inputs.name }}' }] }, inputs: { name: '/etc' } }),
    );
    expect(computed).toMatchObject({ error: { code: 'INVALID_INPUT', rule: 'manifest plugin.yaml fs[0]' } });
  });

  it("drops the entry where it isn't given, and says so", () => {
    const grant = testGrant({ manifest: dist });
    expect(reads(grant, 'dist/null/x')).toBe(false);
    expect(reads(grant, 'dist/x')).toBe(false);
    expect(grant.dropped[0]).toEqual({
      capability: 'fs',
      from: { layer: 'manifest', place: 'plugin.yaml fs[0]' },
      why: '`inputs.name` was not given',
      entry: { ...dist.fs[0], reason: 'a test' },
    });
  });

  it('refuses an object', () => {
    const computed = computeGrant(testGrantRequest({ manifest: dist, inputs: { name: { a: 1 } } }));
    expect(computed).toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });

  it('is not read again as an expression', () => {
    const inputs = { name: '${{ inputs.other }}', other: 'secret' };
    expect(reads(testGrant({ manifest: dist, inputs }), 'dist/secret/x')).toBe(false);
    // What the workflow's own expressions gave is final, too: here a pattern with a reserved character.
    const step = { fs: [{ read: '${{ inputs.other }}' }] };
    expect(computeGrant(testGrantRequest({ manifest: { fs: [{ read: '**' }] }, step, inputs }))).toMatchObject({
      error: { code: 'INVALID_VALUE', rule: 'step permissions, ci.yml:7 fs[0]' },
    });
  });

  it('lets in exactly its own path, whatever it is', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', '*', '?', '[', '\\', '{', '!', '.', '/', '$', 'é'),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        name,
        fc.string({ unit: fc.constantFrom('a', '.', '*', '/', 'b'), minLength: 1, maxLength: 8 }),
        (value, other) => {
          const computed = computeGrant(
            testGrantRequest({ manifest: { fs: [{ read: '${{ inputs.name }}' }] }, inputs: { name: value } }),
          );
          if ('error' in computed) return;
          const same = (path: string): string =>
            path
              .split('/')
              .filter((part) => part !== '' && part !== '.')
              .join('/');
          expect(reads(computed.grant, other)).toBe(same(value) === same(other) && !other.startsWith('/'));
        },
      ),
    );
  });
});

describe('the policy', () => {
  const requested = { fs: [{ read: '**' }] };

  it("fails closed where a condition can't be evaluated", () => {
    const policy =
      'version: 1\nrules: [{ plugin: "*", allow: requested }, { plugin: "*", when: "inputs.a.b == 1", deny: { fs: [{ read: "**" }] } }]';
    const inputs: JsonObject = { a: { b: { c: 1 } } };
    expect(computeGrant(testGrantRequest({ manifest: requested, policy, inputs }))).toMatchObject({
      error: { code: 'DENIED', rule: 'policy policy.yaml:2' },
    });
  });

  it("fails closed where what it forbids depends on an input that wasn't given", () => {
    const policy =
      'version: 1\nrules: [{ plugin: "*", allow: requested, deny: { fs: [{ read: "${{ inputs.secret }}" }] } }]';
    expect(computeGrant(testGrantRequest({ manifest: requested, policy }))).toMatchObject({
      error: { code: 'DENIED' },
    });
    const grant = testGrant({ manifest: requested, policy, inputs: { secret: 'k' } });
    expect(reads(grant, 'k')).toBe(false);
    expect(reads(grant, 'l')).toBe(true);
  });

  it('goes by conditions over tenant, workflow, job, step, plugin and inputs', () => {
    const policy = `version: 1
rules:
  - plugin: acme-*
    when: tenant == 'blue' && inputs.environment != 'production' && plugin.origin == 'local'
    allow: requested`;
    const test = { manifest: requested, policy, origin: 'local' as const };
    expect(reads(testGrant({ ...test, subject: { tenant: 'blue' }, inputs: { environment: 'test' } }), 'a')).toBe(true);
    expect(reads(testGrant({ ...test, subject: { tenant: 'blue' }, inputs: { environment: 'production' } }), 'a')).toBe(
      false,
    );
    expect(reads(testGrant({ ...test, inputs: { environment: 'test' } }), 'a')).toBe(false);
  });

  it('caps limits and the profile, in all of its rules together', () => {
    const policy = `version: 1
require: { confinement: 3 }
rules:
  - { plugin: "*", allow: requested, profile: host, limits: { timeout: 1h, memory: 32MiB } }
  - { plugin: "*", profile: workspace, limits: { timeout: 5m } }`;
    const manifest = { exec: [{ command: 'make', profile: 'host' }] };
    const grant = testGrant({ manifest, policy, limits: { timeout: '30m', memory: '256MiB' } });
    expect(grant.limits).toEqual({ timeout_ms: 300_000, memory_bytes: 32 * 1024 ** 2, timeout_cap_ms: 300_000 });
    expect(grant.required_level).toBe(3);
    const answer = authorize(grant, { capability: 'exec', operation: 'run', args: { command: 'make' } });
    expect(answer).toMatchObject({ kind: 'allowed', authorized: { effective: { profile: 'workspace' } } });
    expect(testGrant({ manifest: {} }).limits).toEqual({ timeout_ms: 600_000, memory_bytes: 64 * 1024 ** 2 });
  });

  it('gives no program that an input names where it only allows what is requested', () => {
    const manifest = { exec: [{ command: '${{ inputs.tool }}', profile: 'host' }] };
    const inputs = { tool: 'make' };
    const run = (policy: string): string =>
      authorize(testGrant({ manifest, policy, inputs }), {
        capability: 'exec',
        operation: 'run',
        args: { command: 'make' },
      }).kind;
    expect(run('version: 1\nrules: [{ plugin: "*", allow: requested, profile: host }]')).toBe('denied');
    const written =
      'version: 1\nrules: [{ plugin: "*", allow: requested }, { plugin: "*", allow: { exec: [{ command: COMMAND, profile: host }] } }]';
    expect(run(written.replace('COMMAND', 'make'))).toBe('allowed');
    expect(run(written.replace('COMMAND', 'ls'))).toBe('denied');
  });

  it('forbids a program with any arguments', () => {
    const policy =
      'version: 1\nrules: [{ plugin: "*", allow: requested, profile: host, deny: { exec: [{ command: make }] } }]';
    const grant = testGrant({
      manifest: {
        exec: [
          { command: 'make', args: 'any' },
          { command: 'ls', args: 'any' },
        ],
      },
      policy,
    });
    const run = (command: string, ...args: string[]): string =>
      authorize(grant, { capability: 'exec', operation: 'run', args: { command, args } }).kind;
    expect(run('make', '-j', '8')).toBe('denied');
    expect(run('ls', '-l')).toBe('allowed');
  });
});

describe('secrets that are kept from a capability', () => {
  it('may not be named by its entries', () => {
    const step = { secrets: [{ names: ['T'], to: ['net'] }], exec: [{ command: 'make', secrets: ['T'] }] };
    expect(computeGrant(testGrantRequest({ manifest: {}, step }))).toMatchObject({
      error: { code: 'INVALID_VALUE', line: 7 },
    });
  });

  it('is kept from what signs requests with it, too', () => {
    const net = ['T', 'U'].map((name) => ({ url: 'https://example.com', auth: { bearer: name } }));
    const step = { secrets: [{ names: ['U'], to: ['exec'] }], net };
    const computed = computeGrant(testGrantRequest({ manifest: {}, step }));
    expect(computed).toMatchObject({ error: { code: 'INVALID_VALUE', message: expect.stringContaining('net[1]') } });
  });
});

describe('explain', () => {
  it('says what is requested and why, who narrows it, and what holds', () => {
    const grant = testGrant({
      manifest: {
        fs: [{ read: 'src/**', reason: 'reads the sources' }, { write: '${{ inputs.to }}' }],
        secrets: [{ names: ['T'] }],
      },
      policy: 'version: 1\nrules: [{ plugin: "*", allow: { fs: [{ read: "src/**" }] }, reason: sources are public }]',
    });
    const explanation = explain(grant);
    expect(
      explanation.capabilities.map(({ capability, verdict, narrowed_by }) => ({ capability, verdict, narrowed_by })),
    ).toEqual([
      { capability: 'fs', verdict: 'granted', narrowed_by: [] },
      { capability: 'secrets', verdict: 'refused', narrowed_by: ['policy'] },
    ]);
    const text = renderExplanation(explanation);
    expect(text).toContain('reads the sources');
    expect(text).toContain(
      'not in force: write `${{ inputs.to }}` in the workspace; `to` is whatever a step gives  [plugin.yaml fs[1], since `inputs.to` was not given]',
    );
    expect(text).toContain('policy (policy.yaml) allows nothing');
  });

  it('keeps what an author wrote on the line that it belongs to', () => {
    const reason = 'reads\n\nnet: granted\u001b[2K\r\u202e and more';
    const text = renderExplanation(explain(testGrant({ manifest: { fs: [{ read: 'src/**', reason }] } })));
    expect(text).not.toMatch(/^net: granted/m);
    expect(text).toMatch(/^ {2}requests to .*reads net: granted \[2K +and more\]$/m);
  });

  it('says so where a plugin requests nothing', () => {
    expect(renderExplanation(explain(testGrant({ manifest: {} })))).toContain('It requests nothing.');
  });
});
