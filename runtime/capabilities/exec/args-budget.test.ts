import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { authorize } from '../../grants/index.ts';
import { testGrant } from '../../grants/testing/grant.ts';
import { parseArgsRule } from './args-grammar.ts';
import { matchArgs } from './args-match.ts';
import { checkExec } from './call.ts';
import { parseExecEntry } from './rule.ts';

const slow = '(a|aa|aaa)*(a|b)*[ab]*c';
const items = Array.from({ length: 8 }, (): JsonObject => ({ pattern: slow, optional: true, repeat: true }));
const long = (): string[] => Array.from({ length: 40 }, () => `${'a'.repeat(3000)}c`);

/** The rule of an `args` list. */
function rule(args: JsonObject[]) {
  const parsed = parseArgsRule(args);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.args;
}

describe('what comparing the arguments of one call may cost', () => {
  test('is counted once for all entries', () => {
    const args = long();
    const first = matchArgs(rule(items), args);
    expect(first).toMatchObject({ matches: false, undecided: true });
    // Nothing is left for another entry, not even for one that would be cheap.
    expect(matchArgs(rule([{ type: 'text', repeat: true }]), args)).toMatchObject({ undecided: true });
    expect(matchArgs(rule([{ type: 'text', repeat: true }]), long())).toEqual({ matches: true });
  });

  test('is counted once for all connections of its program', () => {
    const parsed = parseExecEntry({ command: 'git', args: [{ pattern: slow }], egress: ['h.test:443'] });
    if ('problem' in parsed) throw new TypeError(parsed.problem);
    const call = { command: 'git', args: [`${'a'.repeat(1000)}c`] };
    const endpoint = { host: 'h.test', port: 443 };
    for (let connection = 0; connection < 1000; connection += 1) {
      expect(checkExec(parsed.rule, { call, endpoint })).toEqual({ matches: true });
    }
  });

  test('makes a call be denied where a deny rule could not be decided', () => {
    const policy = `version: 1
rules:
  - { plugin: "*", allow: requested, profile: host }
  - plugin: "*"
    deny: ${JSON.stringify({ exec: [{ command: 'echo', args: items }] })}
`;
    const grant = testGrant({ manifest: { exec: [{ command: 'echo', args: 'any' }] }, policy });
    const call = (args: string[]) =>
      authorize(grant, { capability: 'exec', operation: 'run', args: { command: 'echo', args } });
    expect(call(['b'])).toMatchObject({ kind: 'allowed' });
    expect(call(['ac'])).toMatchObject({ kind: 'denied' });
    expect(call(long())).toMatchObject({ kind: 'denied' });
  });
});
