import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, noticesOf, root, start, summaryOf, waterflow } from './command.ts';

describe('a workflow that calls another', () => {
  it('hands over inputs and secrets, and reads outputs: the example', async () => {
    const example = join(root, 'examples', 'reusable.yml');
    const secret = 'PRODUCTION_TOKEN=a-token-for-production';
    const ended = await waterflow(['run', example, '--secret', secret, '--state', folderWith({}), '--json']);
    expect(ended.code).toBe(0);
    const { jobs } = summaryOf(ended);
    expect(Object.keys(jobs).filter((key) => !key.includes('check'))).toEqual([
      'staging (eu)',
      'staging (eu) / install',
      'staging (us)',
      'staging (us) / install',
      'production',
      'production / install',
      'announce',
    ]);
    expect(jobs['production']?.outputs).toEqual({
      released: 'v1',
      address: 'https://production.example.com/v1',
    });
    const said = noticesOf(ended).flatMap((notice) => (notice.type === 'log' ? [`${notice.job}: ${notice.text}`] : []));
    expect(said).toContain('staging (us) / install: installing v1 on staging-us, in earnest\n');
    expect(said).toContain('production / install: installing v1 on production, only in words, with a token\n');
    expect(said).toContain('announce: released at https://production.example.com/v1\n');
    expect(ended.stdout).not.toContain('a-token-for-production');
  });

  it('lets the caller narrow what the called steps may do, and shows a denial at its line', async () => {
    const called = `on: workflow_call
jobs:
  inner:
    permissions: { exec: [{ command: bash, args: any, env: any, profile: host }] }
    steps: [{ run: echo never }]
`;
    const caller = (permissions: string): string => `jobs: { call: { uses: ./b.yml, permissions: ${permissions} } }\n`;
    const run = (permissions: string): ReturnType<typeof waterflow> =>
      waterflow(['run', 'w.yml', '--state', 'state'], {
        cwd: folderWith({ 'w.yml': caller(permissions), 'b.yml': called }),
      });
    const denied = await run('{}');
    expect(denied.code).toBe(1);
    expect(denied.stdout).not.toContain('] never');
    expect(denied.stdout).toMatch(/call \/ inner \/ 0.* DENIED: [^\n]*\n {2}at b\.yml:5:13\n {2}5 \| {5}steps: /);
    expect((await run('{ exec: [{ command: bash, args: any, env: any, profile: host }] }')).stdout).toContain(
      '] never',
    );
  });

  it('goes on after its process was killed in the middle of a call, even without its files', async () => {
    const folder = folderWith({
      'w.yml': `jobs:
  call:
    uses: ./ci/b.yml
    with: { ledger: '\${{ vars.LEDGER }}' }
    secrets: { INNER: '\${{ secrets.OUTER }}' }
  after:
    needs: call
    steps: [{ run: 'echo "after $SUM" >> "$LEDGER"', env: { SUM: '\${{ needs.call.outputs.sum }}', LEDGER: '\${{ vars.LEDGER }}' } }]
`,
      'ci/b.yml': `on:
  workflow_call:
    inputs: { ledger: { required: true } }
    secrets: { INNER: { required: true } }
    outputs: { sum: '\${{ jobs.one.outputs.n }}\${{ jobs.two.outputs.n }}' }
env: { LEDGER: '\${{ inputs.ledger }}' }
jobs:
  one:
    outputs: { n: '\${{ steps.s.outputs.n }}' }
    steps: [{ id: s, run: 'echo one >> "$LEDGER"; echo n=1 >> "$WATERFLOW_OUTPUT"' }]
  two:
    needs: one
    outputs: { n: '\${{ steps.s.outputs.n }}' }
    steps:
      - id: waits
        retry: { attempts: 2, initial-interval: 1ms, on: lost }
        run: |
          echo waiting
          until test -e "$LEDGER.go"; do sleep 0.05; done
      - id: s
        run: |
          echo "two \${#TOKEN}" >> "$LEDGER"
          echo n=2 >> "$WATERFLOW_OUTPUT"
        env: { TOKEN: '\${{ secrets.INNER }}' }
`,
    });
    const ledger = join(folder, 'ledger');
    const shared = ['--secret', 'OUTER=twelve-chars', '--state', 'state', '--json'];
    const first = start(['run', 'w.yml', '--var', `LEDGER=${ledger}`, ...shared], { cwd: folder });
    await first.saying('"text":"waiting\\n"');
    first.kill('SIGKILL');
    await first.ended;
    const [begun] = noticesOf({ stdout: first.stdout.slice(0, first.stdout.indexOf('\n')) });
    rmSync(join(folder, 'w.yml'));
    rmSync(join(folder, 'ci'), { recursive: true });
    writeFileSync(`${ledger}.go`, '');
    const ended = await waterflow(['run', '--resume', begun?.run ?? '', ...shared], { cwd: folder });
    expect(ended.code).toBe(0);
    expect(readFileSync(ledger, 'utf8')).toBe('one\ntwo 12\nafter 12\n');
    expect(summaryOf(ended).jobs['call']).toMatchObject({ status: 'success', outputs: { sum: '12' } });
  });
});
