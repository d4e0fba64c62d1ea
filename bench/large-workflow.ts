/** A workflow file of about so many lines (never more, and less by at most one job): jobs of every sort, each needing the one before. */
export function largeWorkflow(lines: number): {
  readonly source: string;
  readonly lines: number;
  readonly jobs: number;
} {
  const written = [...head];
  let jobs = 0;
  for (;;) {
    const job = jobLines(jobs);
    if (written.length + job.length > lines) break;
    written.push(...job);
    jobs += 1;
  }
  return { source: `${written.join('\n')}\n`, lines: written.length, jobs };
}

const head = [
  'name: Bench',
  'run-name: Bench of ${{ inputs.target }}',
  'on:',
  '  manual:',
  '    inputs:',
  '      target: { type: choice, options: [staging, live], default: staging }',
  '      count: { type: number, default: 3 }',
  '  schedule:',
  "    - cron: '0 3 * * 1-5'",
  '      timezone: Europe/Vienna',
  'env:',
  '  TARGET: ${{ inputs.target }}',
  'concurrency: bench-${{ inputs.target }}',
  'jobs:',
];

function jobLines(number: number): readonly string[] {
  const sort = sorts[number % sorts.length] ?? plain;
  const needs = number === 0 ? [] : [`    needs: [job-${number - 1}]`];
  const earlier = number === 0 ? 'none' : `\${{ needs.job-${number - 1}.outputs.value }}`;
  return [`  job-${number}:`, ...needs, ...sort(number, earlier)];
}

type Sort = (number: number, earlier: string) => readonly string[];

const plain: Sort = (number, earlier) => [
  `    if: \${{ !cancelled() && (vars.only == '' || contains(fromJSON(vars.only), 'job-${number}')) }}`,
  `    env: { EARLIER: "${earlier}", NUMBER: "\${{ format('{0}-${number}', vars.number) }}" }`,
  '    outputs:',
  '      value: ${{ steps.work.outputs.value }}',
  '    steps:',
  '      - id: work',
  '        run: |',
  '          set -eu',
  '          echo "building for $TARGET"',
  '          echo "value=$EARLIER" >> "$WATERFLOW_OUTPUT"',
  '        retry: { attempts: 3, initial-interval: 1s, on: [failure, lost] }',
  "      - if: ${{ steps.work.outcome == 'success' }}",
  '        run: echo ${{ toJSON(steps.work.outcome) }}',
];

const matrix: Sort = (_number, earlier) => [
  '    strategy:',
  '      matrix:',
  '        os: [linux, macos]',
  '        version: [22, 24]',
  '        include:',
  '          - { os: linux, version: 26, fast: true }',
  '      max-parallel: 2',
  '    timeout-minutes: 30',
  '    outputs: { value: "${{ steps.test.outputs.value }}" }',
  '    steps:',
  '      - id: test',
  '        run: ./test.sh "$OS"',
  '        env:',
  '          OS: ${{ matrix.os }}',
  '          VERSION: ${{ matrix.version }}',
  `          EARLIER: "${earlier}"`,
  '        continue-on-error: ${{ matrix.fast == true }}',
];

const bodies: Sort = (_number, earlier) => [
  '    outputs: { value: "${{ steps.loop.outputs.done }}" }',
  '    steps:',
  '      - id: loop',
  '        uses: for-each@v1',
  '        with:',
  '          items: ${{ fromJSON(vars.hosts) }}',
  '          concurrency: 4',
  '          steps:',
  '            - id: visit',
  '              run: ./visit.sh',
  '              env: { HOST: "${{ each.value }}" }',
  '            - uses: if@v1',
  '              with:',
  "                condition: steps.visit.outcome == 'success' && each.index > 0",
  '                then:',
  `                  - run: echo "${earlier}"`,
  '                else:',
  '                  - { uses: sleep@v1, with: { duration: 1s } }',
  '          outputs: { done: "${{ steps.visit.outcome }}" }',
];

const fleet: Sort = (number, earlier) => [
  '    runs-on: { queue: web, hosts: 50%, batch: 2, max-failures: 10%, canary: 1 }',
  `    concurrency: { group: "fleet-${number}", cancel-in-progress: false }`,
  '    environment:',
  '      name: ${{ inputs.target }}',
  '      approval: { approvers: [alice, bob], timeout: 1h }',
  '    permissions:',
  '      net:',
  "        - { url: 'https://example.com/*', methods: [GET] }",
  '    outputs: { value: "${{ steps.check.outputs.status }}" }',
  '    steps:',
  '      - id: check',
  '        uses: http@v1',
  '        with:',
  '          url: https://example.com/health',
  '          headers: { X-Earlier: "' + earlier + '" }',
  '        timeout-minutes: 0.5',
  '      - uses: approval@v1',
  '        with: { approvers: [alice], message: "Go on with ${{ steps.check.outputs.status }}?" }',
];

const sorts: readonly Sort[] = [plain, matrix, bodies, fleet];
