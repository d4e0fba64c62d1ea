import { describe, expect, it } from 'vitest';
import { compile, fixSource } from './index.ts';
import { compileMarked, optionsWith } from './testing/mistakes.ts';

/** Mistakes in triggers, calls, fleets, environments, retries and control nodes; before each place stands its code between two marks. */
const file = `
run-name: Deploy \${{ ▸CONTEXT_NOT_AVAILABLE▸needs.call.result }} by \${{ ▸UNKNOWN_CONTEXT▸github.actor }}
on:
  manual:
    inputs: { target: { type: choice, options: [staging, production] }, count: { type: number }, tag: {}, list: { ▸UNKNOWN_KEY▸typ: json } }
  schedule:
    - { cron: ▸INVALID_VALUE▸'61 * * * *', timezone: ▸INVALID_VALUE▸Europe/Berln }
    - { cron: '@daily', overlap: ▸INVALID_VALUE▸skp, ▸UNKNOWN_KEY▸catchup: 6h }
    - ▸MISSING_KEY▸timezone: UTC
    - cron: ▸INVALID_VALUE▸'0 0 31 2 *'
  webhook:
    secret: ▸INVALID_VALUE▸\${{ secrets.HOOK }}
    filter: webhook.▸UNKNOWN_PROPERTY▸header.x == 'y'
    inputs: { ▸UNKNOWN_INPUT▸tga: '\${{ webhook.body.tag }}', tag: '\${{ ▸CONTEXT_NOT_AVAILABLE▸inputs.tag }}' }
  workflow_call:
    inputs: ▸WRONG_TYPE▸[tag]
    secrets: { TOKEN: { required: ▸WRONG_TYPE▸'true' }, ▸INVALID_VALUE▸1ST: {} }
    outputs: { url: '\${{ jobs.▸UNKNOWN_PROPERTY▸deplyo.outputs.url }}', ▸MISSING_KEY▸no-value: { description: x } }
defaults:
  run: { shell: ▸INVALID_VALUE▸pwsh, ▸UNKNOWN_KEY▸working-dir: x }
concurrency: { group: '\${{ ▸CONTEXT_NOT_AVAILABLE▸matrix.os }}', ▸UNKNOWN_KEY▸cancel_in_progress: true }
jobs:
  call:
    uses: ./deploy.yml
    with: { environment: ▸INVALID_VALUE▸stagin, ▸UNKNOWN_INPUT▸cuont: 1, dry: ▸WRONG_TYPE▸'true' }
    secrets: { TOKEN: ▸INVALID_VALUE▸abc, ▸UNKNOWN_INPUT▸TOKN: '\${{ secrets.A }}' }
    ▸INVALID_VALUE▸runs-on: web
  lost: { uses: ▸WORKFLOW_NOT_FOUND▸./deploi.yml }
  remote: { uses: ▸INVALID_VALUE▸org/repo/.github/workflows/x.yml@v1 }
  plain: { uses: ▸INVALID_VALUE▸./plain.yml }
  bare: { uses: ▸MISSING_INPUT▸./deploy.yml, secrets: inherit }
  secretless: { uses: ▸SECRET_MISSING▸./deploy.yml, with: { environment: staging } }
  deploy:
    needs: [call]
    runs-on: { queue: web, hosts: ▸INVALID_VALUE▸150%, batch: ▸WRONG_TYPE▸"2", canary: ▸INVALID_VALUE▸10%, ▸UNKNOWN_KEY▸max-failure: 1 }
    ▸INVALID_VALUE▸strategy: { matrix: { a: [1] } }
    environment: { name: prod, url: ▸INVALID_VALUE▸www.example.com, approval: { approvers: [a, ▸DUPLICATE_ID▸a], timeout: ▸WRONG_TYPE▸30 } }
    queue-timeout: ▸WRONG_TYPE▸5
    lost-after: ▸INVALID_VALUE▸5s
    keep-workspace: ▸WRONG_TYPE▸yes
    retry: { attempts: ▸INVALID_VALUE▸0, on: [▸INVALID_VALUE▸fail], initial-interval: ▸WRONG_TYPE▸5, backoff-coefficient: ▸INVALID_VALUE▸0.5 }
    outputs: { url: '\${{ steps.▸UNKNOWN_PROPERTY▸biuld.outputs.url }}', n: ▸WRONG_TYPE▸[1] }
    steps:
      - id: build
        run: make
        env: { A: '\${{ needs.call.outputs.▸UNKNOWN_PROPERTY▸ulr }}', B: "\${{ ▸SECRET_NOT_READABLE▸secrets.B == 'abc' }}" }
        retry: { ▸UNKNOWN_KEY▸max-attempts: 3, on: ▸EMPTY▸[] }
  quiet:
    ▸MISSING_KEY▸runs-on: { hosts: all }
    ▸MISSING_KEY▸environment: { url: 'https://example.com' }
    ▸MISSING_KEY▸concurrency: { cancel-in-progress: ▸WRONG_TYPE▸yes }
    if: ▸CONTEXT_NOT_AVAILABLE▸steps.build.outcome == 'success'
    env: { T: '\${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.T }}' }
    steps:
      - run: make
        if: inputs.target == ▸NEVER_TRUE▸'prodution'
      - run: make
        if: inputs.count > 3 ▸EXPRESSION_SYNTAX▸and inputs.tag
      - run: make
        name: Tag ▸EXPRESSION_SYNTAX▸\${{ inputs.tag
  control:
    steps:
      - id: gate
        uses: if@v1
        ▸INVALID_VALUE▸retry: { attempts: 2 }
        with:
          condition: ▸CONDITION_TEXT▸\${{ inputs.tag }} == 'v1'
          then: ▸WRONG_TYPE▸{ run: make }
          ▸UNKNOWN_INPUT▸esle: [{ id: other, run: make }]
      - uses: ▸MISSING_INPUT▸if@v1
        with: { condition: inputs.tag }
      - uses: for-each@v1
        with:
          items: \${{ ▸WRONG_TYPE▸inputs.tag }}
          concurrency: ▸INVALID_VALUE▸0
          steps:
            - run: make
              ▸UNKNOWN_KEY▸timeout_minutes: 5
              env: { V: '\${{ each.▸UNKNOWN_PROPERTY▸item }}', O: '\${{ steps.▸UNKNOWN_PROPERTY▸other.outcome }}' }
          outputs: { y: '\${{ steps.▸UNKNOWN_PROPERTY▸none.outputs.y }}' }
      - run: make
        env: { V: '\${{ ▸CONTEXT_NOT_AVAILABLE▸each.value }}' }
      - uses: approval@v1
        with: { approvers: ▸WRONG_TYPE▸3, ▸UNKNOWN_INPUT▸mesage: Go?, timeout: ▸INVALID_VALUE▸1 day }
      - uses: wait-for@v1
        with: { signal: ▸INVALID_VALUE▸payment done, schema: { type: ▸INVALID_VALUE▸objct, ▸UNKNOWN_KEY▸propertys: {} } }
      - uses: ▸MISSING_INPUT▸wait-for@v1
`;

const files = {
  'deploy.yml': `
on:
  workflow_call:
    inputs:
      environment: { type: choice, options: [staging, production], required: true }
      count: { type: number }
      dry: { type: boolean }
    secrets: { TOKEN: { required: true } }
    outputs: { url: '\${{ jobs.a.outputs.url }}' }
jobs:
  a:
    outputs: { url: '\${{ steps.s.outputs.url }}' }
    steps: [{ id: s, run: make }]
`,
  'plain.yml': 'jobs: { a: { steps: [{ run: make }] } }',
};

describe('a file of mistakes in everything beyond a plain job', () => {
  const { marked, reported, diagnostics } = compileMarked(file, files);

  it('gets each of them at its line and column, and nothing else', () => {
    expect(reported).toEqual(marked);
    expect(marked.length).toBeGreaterThanOrEqual(80);
  });

  it('gets a remedy for each that says what to write, in sentences', () => {
    expect(diagnostics.filter(({ remedy }) => !/^[A-Z].* .*[.?]$/s.test(remedy))).toEqual([]);
  });

  it('is corrected where it is plain what was meant, without a new mistake', () => {
    const source = file.replaceAll(/▸[A-Z_]+▸/g, '');
    const { fixed, result } = fixSource(source, (text) => compile(text, { ...optionsWith(files), file: 'test.yml' }));
    expect(fixed.length).toBeGreaterThanOrEqual(25);
    const messages = new Set(diagnostics.map(({ message }) => message));
    const isNew = (message: string): boolean => !messages.has(message);
    expect(result.diagnostics.map(({ message }) => message).filter(isNew)).toEqual([
      // It was misspelt as well, and only now it is there.
      expect.stringContaining('the step `other` is inside of `gate`'),
    ]);
  });
});
