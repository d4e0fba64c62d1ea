import { authorize, computeGrant, type Grant } from '../runtime/grants/index.ts';
import type { GrantRequest } from '../runtime/grants/api.ts';
import { testGrantRequest } from '../runtime/grants/testing/grant.ts';
import type { Bench, Figure } from './figure.ts';

const rules = 200;
const samples = 200;
/** Of calls in one sample: one alone is shorter than the clock is fine. */
const callsAtATime = 50;
const warmUps = 100;

/** A policy of 200 rules that all have a condition, most of which hold: what it takes before a step, and of each host call. */
export async function policy(bench: Bench): Promise<readonly Figure[]> {
  const request = largeRequest();
  const grant = grantOf(request);
  const computing: number[] = [];
  for (let each = 0; each < warmUps; each += 1) grantOf(request);
  while (computing.length < samples) {
    const start = performance.now();
    grantOf(request);
    computing.push(performance.now() - start);
  }
  // The last of all rules allows the one; none allows the other.
  const allowed = measureCalls(grant, `https://h${rules - 1}.example.com/repos/a/x`, 'allowed');
  const denied = measureCalls(grant, 'https://nobody.example.com/', 'denied');
  bench.progress(`${samples} grants, ${2 * samples * callsAtATime} calls`);
  return [
    {
      what: `grant of one invocation, ${rules} rules with conditions`,
      unit: 'ms',
      samples: computing,
      floors: [],
      budgets: [{ statistic: 'p50', most: 1 }],
    },
    {
      what: `authorize() of a request that the last of ${rules} rules allows`,
      unit: 'ms',
      samples: allowed,
      floors: [],
      budgets: [{ statistic: 'p50', most: 0.05 }],
      note: `each sample is the mean of ${callsAtATime} calls`,
    },
    {
      what: 'authorize() of a request that none allows',
      unit: 'ms',
      samples: denied,
      floors: [],
      budgets: [{ statistic: 'p50', most: 0.05 }],
      note: `each sample is the mean of ${callsAtATime} calls`,
    },
  ];
}

function measureCalls(grant: Grant, url: string, expected: 'allowed' | 'denied'): readonly number[] {
  const taken: number[] = [];
  const ask = (): void => {
    const { kind } = authorize(grant, { capability: 'net', operation: 'request', args: { url } });
    if (kind !== expected) throw new Error(`${url} is ${kind}`);
  };
  for (let each = 0; each < warmUps; each += 1) ask();
  while (taken.length < samples) {
    const start = performance.now();
    for (let each = 0; each < callsAtATime; each += 1) ask();
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
  const written = Array.from({ length: rules }, (_rule, index) => {
    const job = index % 4 === 0 ? 'deploy' : 'build';
    const entry =
      index % 10 === 0
        ? `deny: { net: [{ url: "https://d${index}.example.com/**" }] }`
        : `allow: { net: [{ url: "https://h${index}.example.com/repos/*/x" }], exec: [{ command: c${index}, args: [clone, { type: url }] }] }`;
    return `  - plugin: "${index % 2 === 0 ? '*' : 'acme-*'}"
    when: tenant == "default" && job == "${job}" && inputs.environment != "production" && plugin.origin in ["built-in", "approved"] && time.hour < 24
    ${entry}`;
  });
  const request = testGrantRequest({
    manifest: { net: [{ url: 'https://*/**' }], exec: [{ command: '*', args: 'any' }] },
    policy: `version: 1\nrules:\n${written.join('\n')}\n`,
    inputs: { environment: 'test', names: ['a', 'b'] },
  });
  return { ...request, subject: { ...request.subject, queue: 'local', at: Date.UTC(2026, 10, 28) } };
}
