import type { GrantRequest } from '../runtime/grants/api.ts';
import { authorize, computeGrant, type Grant } from '../runtime/grants/index.ts';
import { testGrantRequest } from '../runtime/grants/testing/grant.ts';
import type { HostCall } from '../runtime/host-call.ts';
import type { JsonObject } from '../schemas/index.ts';
import type { Bench, Figure } from './figure.ts';

const rules = 200;
const samples = 200;
/** Of calls in one sample: one alone is shorter than the clock is fine. */
const callsAtATime = 50;
const warmUps = 100;
const mostAuthorizeMs = 0.05;

/** What a capability is asked: its entries by their number, and a call that the entry of that number alone allows. */
interface Question {
  readonly capability: string;
  readonly requested: JsonObject;
  readonly entry: (index: number) => JsonObject;
  readonly call: (name: number | 'nobody') => Omit<HostCall, 'capability'>;
}

const pin = `SHA256:${'A'.repeat(43)}`;

const questions: readonly Question[] = [
  {
    capability: 'net',
    requested: { url: 'https://*/**' },
    entry: (index) => ({ url: `https://h${index}.example.com/repos/*/x` }),
    call: (name) => ({ operation: 'request', args: { url: `https://h${name}.example.com/repos/a/x` } }),
  },
  {
    // The same program in each, so that its arguments tell them apart.
    capability: 'exec',
    requested: { command: '*', args: 'any' },
    entry: (index) => ({
      command: 'git',
      args: ['clone', '--', { enum: [`r${index}`, `s${index}`] }, { type: 'path' }],
    }),
    call: (name) => ({ operation: 'run', args: { command: 'git', args: ['clone', '--', `r${name}`, 'out/x'] } }),
  },
  {
    capability: 'fs',
    requested: { read: '**', write: '**' },
    entry: (index) => ({ read: `in/${index}/**`, write: `out/${index}/*.log` }),
    call: (name) => ({ operation: 'copy', args: { from: `in/${name}/a`, to: `out/${name}/a.log` } }),
  },
  {
    capability: 'docker',
    requested: { images: ['*'], operations: ['run'], network: 'bridge', mounts: ['workspace'] },
    entry: (index) => ({
      images: [`registry.example.com/t${index}/*:1.*`],
      operations: ['run'],
      mounts: ['workspace'],
    }),
    call: (name) => ({
      operation: 'run',
      args: { image: `registry.example.com/t${name}/app:1.2`, mounts: [{ path: 'src', target: '/src' }] },
    }),
  },
  {
    capability: 'secrets',
    requested: { names: Array.from({ length: rules }, (_name, index) => `S${index}`) },
    entry: (index) => ({ names: [`S${index}`] }),
    call: (name) => ({ operation: 'get', args: { name: `S${name}` } }),
  },
  {
    capability: 'store',
    requested: { keys: '*' },
    entry: (index) => ({ keys: `state/${index}/*` }),
    call: (name) => ({ operation: 'get', args: { key: `state/${name}/x` } }),
  },
  {
    capability: 'ssh',
    requested: { host: '*', user: '*', 'host-key': pin, commands: [{ command: '*', args: 'any' }] },
    entry: (index) => ({ host: `h${index}.example.com`, user: 'ci', commands: [{ command: 'ls', args: ['-l'] }] }),
    call: (name) => ({ operation: 'exec', args: { host: `h${name}.example.com`, command: 'ls', args: ['-l'] } }),
  },
  {
    capability: 'mail',
    requested: { host: '*', from: '*', to: '*' },
    entry: (index) => ({ host: 'smtp.example.com', from: `t${index}@example.com`, to: '*@example.com' }),
    call: (name) => ({
      operation: 'send',
      args: { host: 'smtp.example.com', from: `t${name}@example.com`, to: ['a@example.com'], subject: '' },
    }),
  },
];

/** A policy of 200 rules that all have a condition, most of which hold: what it takes before a step, and of each host call. */
export async function policy(bench: Bench): Promise<readonly Figure[]> {
  const request = largeRequest();
  const computing: number[] = [];
  for (let each = 0; each < warmUps; each += 1) grantOf(request);
  while (computing.length < samples) {
    const start = performance.now();
    grantOf(request);
    computing.push(performance.now() - start);
  }
  const asking = questions.flatMap((question) => {
    const grant = grantOf(requestFor(question));
    bench.progress(`calls of ${question.capability}`);
    return [
      authorizing(question, { grant, name: rules - 1, expected: 'allowed' }),
      authorizing(question, { grant, name: 'nobody', expected: 'denied' }),
    ];
  });
  return [
    {
      what: `grant of one invocation, ${rules} rules with conditions`,
      unit: 'ms',
      samples: computing,
      floors: [],
      budgets: [{ statistic: 'p50', most: 1 }],
    },
    ...asking,
  ];
}

/** The last of all rules allows the one call; none allows the other. */
function authorizing(
  { capability, call }: Question,
  asked: { readonly grant: Grant; readonly name: number | 'nobody'; readonly expected: 'allowed' | 'denied' },
): Figure {
  const wanted = { capability, ...call(asked.name) };
  const which = asked.expected === 'allowed' ? `the last of ${rules} rules allows` : 'none allows';
  return {
    what: `authorize() of ${capability}.${wanted.operation} that ${which}`,
    unit: 'ms',
    samples: measureCalls(asked.grant, wanted, asked.expected),
    floors: [],
    budgets: [{ statistic: 'p50', most: mostAuthorizeMs }],
    note: `each sample is the mean of ${callsAtATime} calls`,
  };
}

function measureCalls(grant: Grant, call: HostCall, expected: 'allowed' | 'denied'): readonly number[] {
  const taken: number[] = [];
  // A call has one match budget, so each of these is another.
  const calls = (count: number): readonly HostCall[] => Array.from({ length: count }, () => structuredClone(call));
  const ask = (one: HostCall): void => {
    const { kind } = authorize(grant, one);
    if (kind !== expected) throw new Error(`${JSON.stringify(call)} is ${kind}`);
  };
  for (const one of calls(warmUps)) ask(one);
  while (taken.length < samples) {
    const asked = calls(callsAtATime);
    const start = performance.now();
    for (const one of asked) ask(one);
    taken.push((performance.now() - start) / callsAtATime);
  }
  return taken;
}

function grantOf(request: GrantRequest): Grant {
  const computed = computeGrant(request);
  if ('error' in computed) throw new Error(computed.error.message);
  return computed.grant;
}

/** Every tenth rule forbids, every fourth is for other jobs. */
function largeRequest(): GrantRequest {
  return requestWith({ net: [{ url: 'https://*/**' }], exec: [{ command: '*', args: 'any' }] }, (index) =>
    index % 10 === 0
      ? { deny: { net: [{ url: `https://d${index}.example.com/**` }] } }
      : {
          allow: {
            net: [{ url: `https://h${index}.example.com/repos/*/x` }],
            exec: [{ command: `c${index}`, args: ['clone', { type: 'url' }] }],
          },
        },
  );
}

/** Every tenth rule forbids what nobody asks for. */
function requestFor({ capability, requested, entry }: Question): GrantRequest {
  return requestWith({ [capability]: [requested] }, (index) =>
    index % 10 === 0 ? { deny: { [capability]: [entry(rules + index)] } } : { allow: { [capability]: [entry(index)] } },
  );
}

function requestWith(
  manifest: Readonly<Record<string, readonly JsonObject[]>>,
  ruleOf: (index: number) => JsonObject,
): GrantRequest {
  const written = Array.from({ length: rules }, (_rule, index) => ({
    plugin: index % 2 === 0 ? '*' : 'acme-*',
    when: `tenant == "default" && job == "${index % 4 === 0 ? 'deploy' : 'build'}" && inputs.environment != "production" && plugin.origin in ["built-in", "approved"] && time.hour < 24`,
    ...ruleOf(index),
  }));
  const request = testGrantRequest({
    manifest,
    // JSON is YAML.
    policy: JSON.stringify({ version: 1, rules: written }),
    inputs: { environment: 'test', names: ['a', 'b'] },
  });
  return { ...request, subject: { ...request.subject, queue: 'local', at: Date.UTC(2026, 10, 28) } };
}
