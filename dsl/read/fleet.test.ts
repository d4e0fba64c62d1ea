import { assert, constantFrom, integer, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, fixSource } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, steps } from '../testing/mistakes.ts';

const fleet = (text: string): string => job(`runs-on: ${text}\n${steps}`);
const read = (source: string): ReturnType<typeof compile> =>
  compile(source, { file: 'w.yml', catalogue: testCatalogue });

describe('a fleet', () => {
  it.each([
    ['no queue', job(`▸MISSING_KEY▸runs-on: { hosts: all }\n${steps}`)],
    ['an empty mapping', job(`▸MISSING_KEY▸runs-on: {}\n${steps}`)],
    ['a misspelt queue once', fleet('{ ▸UNKNOWN_KEY▸qeue: web }')],
    ["a group of GitHub's runners", fleet('{ ▸UNKNOWN_KEY▸group: large, ▸UNKNOWN_KEY▸labels: [linux] }')],
    ['a queue with a space', fleet('{ queue: ▸INVALID_VALUE▸my web }')],
    ['a list of queues', fleet('{ queue: ▸WRONG_TYPE▸[a, b] }')],
    ['no hosts', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸0 }')],
    ['fewer hosts than none', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸-1 }')],
    ['half a host', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸0.5 }')],
    ['more than all hosts', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸150% }')],
    ['a share of nothing', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸0% }')],
    ['a share with a fraction', fleet('{ queue: web, batch: ▸INVALID_VALUE▸12.5% }')],
    ['a word', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸abc }')],
    ['a count in quotes', fleet('{ queue: web, hosts: ▸WRONG_TYPE▸"3" }')],
    ['more hosts than there can be', fleet('{ queue: web, hosts: ▸INVALID_VALUE▸100001 }')],
    ['hosts that are a list', fleet('{ queue: web, hosts: ▸WRONG_TYPE▸[a] }')],
    ['hosts that are nothing', fleet('{ queue: web, ▸WRONG_TYPE▸hosts: }')],
    ['a batch of all', fleet('{ queue: web, batch: ▸INVALID_VALUE▸all }')],
    ['a batch of none', fleet('{ queue: web, batch: ▸INVALID_VALUE▸0 }')],
    ['a share of failures that is none', fleet('{ queue: web, max-failures: ▸INVALID_VALUE▸101% }')],
    ['a canary that is a share', fleet('{ queue: web, canary: ▸INVALID_VALUE▸10% }')],
    ['a canary with text around an expression', fleet("{ queue: web, canary: ▸INVALID_VALUE▸'${{ vars.a }}%' }")],
    ['more canaries than hosts', fleet('{ queue: web, hosts: 2, canary: ▸INVALID_VALUE▸3 }')],
    [
      'a fleet with a matrix',
      job(`runs-on: { queue: web }\n▸INVALID_VALUE▸strategy: { matrix: { a: [1] } }\n${steps}`),
    ],
    ['a step in a size', fleet("{ queue: web, hosts: '${{ ▸CONTEXT_NOT_AVAILABLE▸steps.a }}' }")],
    ['a list of labels', fleet('▸WRONG_TYPE▸[self-hosted, linux]')],
    [
      'hosts of a job that has none',
      `jobs:\n  a: { ${steps} }\n  b: { needs: a, if: needs.a.▸UNKNOWN_PROPERTY▸hosts != null, ${steps} }`,
    ],
    [
      'an output that no host has',
      `jobs:
  a: { runs-on: { queue: web }, outputs: { x: y }, ${steps} }
  b: { needs: a, if: "needs.a.hosts['web-1'].outputs.▸UNKNOWN_PROPERTY▸z == 'y'", ${steps} }`,
    ],
    [
      'a property that no host has',
      `jobs:
  a: { runs-on: { queue: web }, ${steps} }
  b: { needs: a, if: "contains(needs.a.hosts.*.▸UNKNOWN_PROPERTY▸status, 'failure')", ${steps} }`,
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['the hosts of a job that it needs', "needs.a.hosts['web-1'].outputs.x == 'y'"],
    ['every host of it', "contains(needs.a.hosts.*.result, 'failure')"],
    ['outputs of all of them', "needs.a.outputs.x == 'y'"],
  ])('lets a job read %s', (_what, condition) => {
    const source = `jobs:
  a: { runs-on: { queue: web }, outputs: { x: y }, ${steps} }
  b: { needs: a, if: "${condition}", ${steps} }`;
    expect(read(source).diagnostics).toEqual([]);
  });

  it('is all hosts of its queue, unless it says otherwise', () => {
    expect(read(fleet('{ queue: web }')).plan?.jobs[0]).toMatchObject({
      runs_on: { kind: 'literal', value: 'web' },
      fleet: { hosts: { kind: 'literal', value: 'all' }, at: { line: 3, column: 5 } },
    });
  });

  it('plans counts, shares and what expressions will give', () => {
    const source = fleet(
      "{ queue: '${{ vars.q }}', hosts: 100%, batch: '${{ vars.b }}%', max-failures: 0%, canary: 0 }",
    );
    expect(read(source).plan?.jobs[0]).toMatchObject({
      runs_on: { kind: 'expression' },
      fleet: {
        hosts: { kind: 'literal', value: '100%' },
        batch: { kind: 'text' },
        max_failures: { kind: 'literal', value: '0%' },
        canary: { kind: 'literal', value: 0 },
      },
    });
  });

  it.each([
    ['hosts: "3"', 'hosts: 3'],
    ['hosts: ALL', 'hosts: all'],
    ['hosts: "50 %"', 'hosts: "50%"'],
    ['serial: 2', 'batch: 2'],
    ['max_failures: 2', 'max-failures: 2'],
  ])('corrects `%s`', (slip, meant) => {
    expect(fixSource(fleet(`{ queue: web, ${slip} }`), read).text).toBe(fleet(`{ queue: web, ${meant} }`));
  });

  it('has a size for every text that is a share, and for no other', () => {
    const text = oneof(
      string({ unit: constantFrom('0', '1', '9', '%', '.', '-', ' ') }),
      integer().map((n) => `${n}%`),
    );
    assert(
      property(text, (share) => {
        const { plan, diagnostics } = read(fleet(`{ queue: web, max-failures: ${JSON.stringify(share)} }`));
        const isShare = /^\d{1,3}%$/.test(share) && String(Number.parseInt(share, 10)) === share.slice(0, -1);
        const isRight = isShare && Number.parseInt(share, 10) <= 100;
        expect({ planned: plan !== undefined, clean: diagnostics.length === 0 }).toEqual({
          planned: isRight,
          clean: isRight,
        });
      }),
      { numRuns: 200 },
    );
  });
});
