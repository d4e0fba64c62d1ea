import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { makeTestScope } from '../capabilities/testing/call.ts';
import type { HostCall } from '../host-call.ts';
import type { Authorization, Grant } from './api.ts';
import { authorize } from './authorize.ts';
import { explainCall } from './explain-call.ts';
import { perform } from './perform.ts';
import { type TestGrant, testGrant, testGrantRequest } from './testing/grant.ts';

const read = (grant: Grant, path: string): Authorization =>
  authorize(grant, { capability: 'fs', operation: 'read', args: { path } });

function denial(answer: Authorization): { readonly rule: string; readonly message: string; readonly remedy: string } {
  if (answer.kind !== 'denied') throw new TypeError(`it was ${answer.kind}`);
  return answer.denial;
}

describe('authorize', () => {
  it('allows what every layer allows, and says by which rules', () => {
    const grant = testGrant({
      manifest: { fs: [{ read: 'src/**' }, { read: 'docs/**' }] },
      step: { fs: [{ read: 'docs/*.md' }] },
    });
    const answer = read(grant, 'docs/a.md');
    if (answer.kind !== 'allowed') throw new TypeError(`it was ${answer.kind}`);
    expect(answer.authorized.decided_by).toEqual([
      { layer: 'manifest', place: 'plugin.yaml fs[1]' },
      { layer: 'policy', place: 'policy.yaml:2', line: 2, policy_rule: 0 },
      { layer: 'step', place: 'permissions, ci.yml:7 fs[0]', line: 7 },
    ]);
  });

  it.each<[string, TestGrant, RegExp, RegExp]>([
    ['the manifest', { manifest: {} }, /^manifest plugin\.yaml$/, /author must request/],
    [
      "the manifest's rule",
      { manifest: { fs: [{ read: 'b' }] } },
      /^manifest plugin\.yaml fs\[0\]$/,
      /author must request/,
    ],
    [
      'the policy',
      { manifest: { fs: [{ read: 'a' }] }, policy: 'version: 1\nrules: []' },
      /^policy policy\.yaml$/,
      /operator must allow/,
    ],
    [
      'the policy, for a plugin that nobody approved',
      {
        manifest: { fs: [{ read: 'a' }] },
        policy: 'version: 1\nrules: [{ plugin: approved, allow: requested }]',
        origin: 'local',
      },
      /^policy policy\.yaml$/,
      /--approve/,
    ],
    [
      'a deny rule, whatever allows it',
      {
        manifest: { fs: [{ read: 'a' }] },
        policy:
          'version: 1\nrules: [{ plugin: "*", allow: requested }, { plugin: acme-*, deny: { fs: [{ read: "*" }] } }]',
      },
      /^policy policy\.yaml:2 \(deny\)$/,
      /operator/,
    ],
    [
      'the workflow',
      { manifest: { fs: [{ read: 'a' }] }, workflow: { fs: [{ read: 'b' }] } },
      /^workflow permissions, ci\.yml:7 fs\[0\]$/,
      /Widen the workflow/,
    ],
    [
      'the job, where it names other capabilities only',
      { manifest: { fs: [{ read: 'a' }] }, job: { secrets: [{ names: ['X'] }] } },
      /^job permissions, ci\.yml:7$/,
      /Widen the job/,
    ],
    ['the step', { manifest: { fs: [{ read: 'a' }] }, step: {} }, /^step permissions, ci\.yml:7$/, /Widen the step/],
  ])('names %s as what refused', (_what, test, rule, remedy) => {
    const found = denial(read(testGrant(test), 'a'));
    expect(found.rule).toMatch(rule);
    expect(found.remedy).toMatch(remedy);
    expect(found.message).toContain('acme-tool may not call fs.read');
  });

  it('blames no entry where several refuse, and says what `grants explain` says', () => {
    const several = { manifest: { fs: [{ read: 'b' }, { read: 'c' }] } };
    const found = denial(read(testGrant(several), 'a'));
    expect(found.rule).toBe('manifest plugin.yaml');
    expect(found.message).toContain(
      'the permissions in plugin.yaml: none of its 2 entries allows it; of the nearest: ',
    );
    const one = denial(read(testGrant({ manifest: { fs: [{ read: 'b' }] } }), 'a'));
    expect(one.message).not.toContain('entries');
    const explained = explainCall(testGrantRequest(several), {
      capability: 'fs',
      operation: 'read',
      args: { path: 'a' },
    });
    expect(explained).toMatchObject({
      explanation: { layers: [{ why: found.message.slice(found.message.indexOf('none of its')) }, {}] },
    });
  });

  it.each<[string, TestGrant['manifest'], HostCall, string]>([
    [
      'host before path',
      { net: [{ url: 'https://a.example/x' }, { url: 'https://*.other.example' }] },
      { capability: 'net', operation: 'request', args: { url: 'https://a.example/y' } },
      '`https://a.example/y` is not `https://a.example/x`',
    ],
    [
      'path before method',
      { net: [{ url: 'https://a.example/y' }, { url: 'https://a.example/x', methods: ['PUT'] }] },
      { capability: 'net', operation: 'request', args: { url: 'https://a.example/y', method: 'DELETE' } },
      'DELETE is not one of GET, HEAD',
    ],
    [
      'method before address',
      {
        net: [
          { url: 'http://10.0.0.1', methods: ['PUT'], private: true },
          { url: 'http://10.0.0.1' },
          { url: 'https://*:*/**' },
        ],
      },
      { capability: 'net', operation: 'request', args: { url: 'http://10.0.0.1/' } },
      '10.0.0.1 is a private address, and the entry allows public addresses only',
    ],
    [
      'the first of two that are as near',
      { fs: [{ read: 'b' }, { read: 'c' }] },
      { capability: 'fs', operation: 'read', args: { path: 'a' } },
      '`b`',
    ],
    [
      'command before arguments, and the most of these',
      {
        exec: [
          { command: 'git', args: ['log', '-1'] },
          { command: 'git', args: ['push'] },
          { command: 'ls', args: 'any' },
        ],
      },
      { capability: 'exec', operation: 'run', args: { command: 'git', args: ['log', '-2'] } },
      'argument 2, `-2`',
    ],
    [
      'user before host',
      {
        ssh: [
          { host: 'h.example', user: 'ci', commands: [{ command: 'ls' }] },
          { host: 'i.example', user: 'root', commands: [{ command: 'ls' }] },
        ],
      },
      { capability: 'ssh', operation: 'exec', args: { host: 'h.example', user: 'root', command: 'ls' } },
      'not as `root`',
    ],
    [
      'sender before recipient',
      {
        mail: [
          { host: 'mx', from: 'a@x.example', to: 'b@x.example' },
          { host: 'mx', from: 'c@x.example', to: '*' },
        ],
      },
      {
        capability: 'mail',
        operation: 'send',
        args: { host: 'mx', from: 'a@x.example', to: ['d@x.example'], subject: '' },
      },
      'd@x.example',
    ],
    [
      'image before network',
      {
        docker: [
          { images: ['alpine:3'], operations: ['run'] },
          { images: ['other:3'], operations: ['run'], network: 'bridge' },
        ],
      },
      { capability: 'docker', operation: 'run', args: { image: 'alpine:3', network: 'run' } },
      '`network`',
    ],
  ])('says why the nearest of several entries refuses: %s', (_, manifest, call, why) => {
    const { message } = denial(authorize(testGrant({ manifest }), call));
    expect(message.slice(message.indexOf('of the nearest: '))).toContain(why);
  });

  it("takes an unknown name or arguments that don't fit for invalid, with what was meant", () => {
    const grant = testGrant({ manifest: {} });
    const call = (capability: string, operation: string, args: JsonObject): Authorization =>
      authorize(grant, { capability, operation, args });
    expect(call('sf', 'read', {})).toMatchObject({
      kind: 'invalid',
      code: 'UNKNOWN_CAPABILITY',
      message: expect.stringContaining('`fs`'),
    });
    expect(call('constructor', 'read', {})).toMatchObject({ kind: 'invalid', code: 'UNKNOWN_CAPABILITY' });
    expect(call('fs', 'constructor', {})).toMatchObject({ kind: 'invalid', code: 'UNKNOWN_OPERATION' });
    expect(call('fs', '__proto__', {})).toMatchObject({ kind: 'invalid', code: 'UNKNOWN_OPERATION' });
    expect(call('fs', 'read', { path: 1 })).toMatchObject({ kind: 'invalid', code: 'INVALID_ARGUMENTS' });
    expect(call('fs', 'read', { path: 'a', more: 1 })).toMatchObject({ kind: 'invalid', code: 'INVALID_ARGUMENTS' });
    const polluted: JsonObject = JSON.parse('{ "path": "a", "__proto__": { "encoding": "base64" } }');
    expect(call('fs', 'read', polluted)).toMatchObject({ kind: 'invalid', code: 'INVALID_ARGUMENTS' });
    expect(call('x'.repeat(10_000), 'read', {})).toMatchObject({
      message: expect.not.stringContaining('x'.repeat(100)),
    });
  });

  it('takes no grant but one that computeGrant() made', () => {
    const grant = testGrant({ manifest: {} });
    expect(() => read({ ...grant }, 'a')).toThrow(TypeError);
    expect(() => read(JSON.parse(JSON.stringify(grant)), 'a')).toThrow(TypeError);
    expect(() => Object.assign(grant, { capabilities: new Map() })).toThrow(TypeError);
  });

  it('asks the same grant again for what shows later', () => {
    const grant = testGrant({ manifest: { fs: [{ read: 'a/**', write: 'out/**' }] } });
    const answer = read(grant, 'a/b');
    if (answer.kind !== 'allowed') throw new TypeError(`it was ${answer.kind}`);
    expect(answer.authorized.recheck({ access: 'read', path: 'a/c' }).kind).toBe('allowed');
    expect(answer.authorized.recheck({ access: 'read', path: 'b' }).kind).toBe('denied');
    expect(
      answer.authorized.implied({ capability: 'fs', operation: 'write', args: { path: 'out/x', content: '' } }).kind,
    ).toBe('allowed');
    expect(
      answer.authorized.implied({ capability: 'fs', operation: 'write', args: { path: 'a/x', content: '' } }).kind,
    ).toBe('denied');
  });
});

describe('perform', () => {
  it("takes nothing that authorize() didn't make, and nothing twice", async () => {
    await using scope = makeTestScope();
    const answer = authorize(testGrant({ manifest: {} }), { capability: 'clock', operation: 'now', args: {} });
    if (answer.kind !== 'allowed') throw new TypeError(`it was ${answer.kind}`);
    await expect(perform({ ...answer.authorized }, scope)).rejects.toThrow('not let through');
    expect(await perform(answer.authorized, scope)).toBeTypeOf('number');
    await expect(perform(answer.authorized, scope)).rejects.toThrow('before');
  });
});

describe('the intersection', () => {
  const pattern = fc.constantFrom('**', 'a', 'a/**', '*', 'b', '*/x', 'a/b/c');
  const entry = fc.record({ read: pattern });
  const layer = fc.array(entry, { maxLength: 3 });
  const path = fc.constantFrom('a', 'b', 'a/x', 'a/b', 'a/b/c', 'c/x');

  it('never allows what one layer alone refuses', () => {
    fc.assert(
      fc.property(
        layer,
        layer,
        fc.option(layer),
        fc.option(layer),
        layer,
        path,
        (manifest, policy, workflow, step, deny, wanted) => {
          const rules = (entries: readonly JsonObject[]): string => JSON.stringify({ fs: entries });
          const grant = testGrant({
            manifest: { fs: manifest },
            policy: `version: 1\nrules: [{ plugin: "*", allow: ${rules(policy)}, deny: ${rules(deny)} }]`,
            ...(workflow === null ? {} : { workflow: { fs: workflow } }),
            ...(step === null ? {} : { step: { fs: step } }),
          });
          const alone = (entries: readonly JsonObject[]): boolean =>
            read(testGrant({ manifest: { fs: entries } }), wanted).kind === 'allowed';
          const expected =
            [manifest, policy, workflow ?? [{ read: '**' }], step ?? [{ read: '**' }]].every(alone) && !alone(deny);
          expect(read(grant, wanted).kind === 'allowed').toBe(expected);
        },
      ),
    );
  });
});
