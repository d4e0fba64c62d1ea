import { describe, expect, it } from 'vitest';
import type { HostCall } from '../host-call.ts';
import { type CallExplanation, explainCall } from './explain-call.ts';
import { type TestGrant, testGrantRequest } from './testing/grant.ts';

const get = (url: string): HostCall => ({ capability: 'net', operation: 'request', args: { url } });

function explained(test: TestGrant, call: HostCall): CallExplanation {
  const answer = explainCall(testGrantRequest(test), call);
  if ('error' in answer) throw new TypeError(answer.error.message);
  return answer.explanation;
}

const verdicts = ({ layers }: CallExplanation): readonly string[] =>
  layers.map(({ layer, verdict, place }) => `${layer} ${verdict} ${place}`);

const policy = `version: 1
rules:
  - plugin: approved
    allow: requested
  - plugin: "*"
    allow:
      net:
        - url: https://a.example.com
        - url: https://b.example.com
    deny:
      net: [{ url: "https://b.example.com/secret" }]
`;
const manifest = { net: [{ url: 'https://a.example.com' }, { url: 'https://b.example.com' }] };
const test: TestGrant = { manifest, policy, origin: 'local' };

describe('what each layer says to a call', () => {
  it('names the entry that allows it, each by its place', () => {
    const explanation = explained(
      { ...test, step: { net: [{ url: 'https://b.example.com/**' }] } },
      get('https://b.example.com/x'),
    );
    expect(explanation.decision).toBe('allowed');
    expect(explanation.layers).toMatchObject([
      { layer: 'manifest', verdict: 'allows', rules: [{ place: 'plugin.yaml net[1]' }] },
      { layer: 'policy', verdict: 'allows', rules: [{ place: 'policy.yaml:9', policy_rule: 1 }] },
      { layer: 'step', verdict: 'allows', rules: [{ place: 'permissions, ci.yml:7 net[0]' }] },
    ]);
    expect(explanation.changes).toEqual([]);
  });

  it('tells all that refuse, not only the first', () => {
    const explanation = explained({ ...test, job: {}, step: { net: [] } }, get('https://c.example.com/'));
    expect(verdicts(explanation)).toEqual([
      'manifest refuses plugin.yaml',
      'policy refuses policy.yaml',
      'job refuses permissions, ci.yml:7',
      'step refuses permissions, ci.yml:7',
    ]);
  });

  it('names the rule that forbids it, which no entry outweighs', () => {
    const explanation = explained(test, get('https://b.example.com/secret'));
    expect(explanation.decision).toBe('denied');
    expect(explanation.changes).toMatchObject([{ kind: 'remove deny', rule: { place: 'policy.yaml:11' } }]);
  });

  it.each([
    ['http://127.0.0.1/', '127.0.0.1 is a private address, and the entry allows public addresses only'],
    ['http://2130706433/', '127.0.0.1 is a private address'],
    ['http://[::ffff:10.0.0.1]/', 'is a private address'],
    ['http://169.254.169.254/', 'link-local or gives out the credentials'],
    ['http://224.0.0.1/', 'is no address of one machine'],
  ])('looks at an address in the call as a run does: %s', (url, why) => {
    const requested = { url: new URL(url).origin, private: true };
    const { decision, layers } = explained({ manifest: { net: [requested] }, origin: 'approved', policy }, get(url));
    expect(decision).toBe('denied');
    expect(JSON.stringify(layers)).toContain(why);
  });

  it('has nothing to say of what is always there', () => {
    expect(explained(test, { capability: 'clock', operation: 'now', args: {} })).toMatchObject({
      decision: 'allowed',
      layers: [],
    });
  });
});

describe('the least that would allow a call', () => {
  const entry = { url: 'https://c.example.com/*?'.replace('*', '%2A'), methods: ['GET'] };

  it('is an entry for exactly that call in each layer that refuses', () => {
    const explanation = explained({ ...test, workflow: { net: [] } }, get('https://c.example.com/*'));
    expect(explanation.changes).toEqual([
      { layer: 'manifest', place: 'plugin.yaml', kind: 'add entry', capability: 'net', entry, approving: false },
      { layer: 'policy', place: 'policy.yaml', kind: 'add entry', capability: 'net', entry, approving: true },
      {
        layer: 'workflow',
        place: 'permissions, ci.yml:7',
        kind: 'add entry',
        capability: 'net',
        entry,
        approving: false,
      },
    ]);
  });

  it('needs no change of a policy that allows what is requested', () => {
    const explanation = explained({ ...test, origin: 'approved' }, get('https://c.example.com/'));
    expect(explanation.changes.map(({ layer }) => layer)).toEqual(['manifest']);
  });

  it('makes it allowed', () => {
    const url = 'https://c.example.com/a?b=*';
    const [change] = explained({ ...test, origin: 'approved' }, get(url)).changes;
    if (change?.kind !== 'add entry') throw new TypeError('no entry was proposed');
    const wider: TestGrant = { ...test, origin: 'approved', manifest: { net: [...manifest.net, change.entry] } };
    expect(explained(wider, get(url)).decision).toBe('allowed');
    expect(explained(wider, get(`${url}c`)).decision).toBe('denied');
  });

  it('says `private: true` in each layer where the call names such an address', () => {
    const call = get('http://169.254.169.254/x');
    const { changes } = explained({ ...test, origin: 'approved', step: { net: [] } }, call);
    const least = { url: 'http://169.254.169.254/x?', methods: ['GET'], private: true };
    expect(changes).toMatchObject([
      { layer: 'manifest', entry: least },
      { layer: 'policy', entry: least },
      { layer: 'step', entry: least },
    ]);
    const written = `version: 1
rules:
  - { plugin: "*", allow: { net: [{ url: "http://169.254.169.254/x?", methods: [GET], private: true }] } }
`;
    const all = { manifest: { net: [least] }, policy: written, step: { net: [least] } };
    expect(explained(all, call).decision).toBe('allowed');
  });

  it('is to use another node, where this one comes with Waterflow', () => {
    expect(explained({ ...test, origin: 'built-in' }, get('https://c.example.com/')).changes).toMatchObject([
      { layer: 'manifest', kind: 'by hand' },
    ]);
  });

  it('lets the login that is asked for happen, of ssh and of mail', () => {
    const host = { host: 'h.example.com', user: 'ci', 'host-key': `SHA256:${'A'.repeat(43)}`, key: 'KEY' };
    const ssh = explained(
      { manifest: { ssh: [{ ...host, commands: [{ command: 'ls' }] }] }, step: {} },
      { capability: 'ssh', operation: 'exec', args: { host: 'h.example.com', command: 'ls' } },
    );
    expect(ssh.changes).toMatchObject([
      { layer: 'step', entry: { host: 'h.example.com', user: 'ci', secrets: ['KEY'], commands: [{ command: 'ls' }] } },
    ]);
    const sender = { host: 'mx', from: 'a@x.example', to: '*', user: 'robot', password: 'P' };
    const mail = explained(
      { manifest: { mail: [sender] }, step: {} },
      {
        capability: 'mail',
        operation: 'send',
        args: { host: 'mx', from: 'a@x.example', to: ['b@x.example'], subject: '' },
      },
    );
    expect(mail.changes).toMatchObject([{ entry: { from: 'a@x.example', to: ['b@x.example'], secrets: ['P'] } }]);
  });
});
