/** Workflows that are killed wherever they are, one for each kind of waiting, looping and calling. */
import type { Scenario } from './killed-run.ts';

/** A step that was lost runs again: what a process did before it was killed nobody knows. */
export const lost: string = 'retry: { attempts: 50, initial-interval: 1ms, on: [lost] }';

function step(id: string, script = ''): string {
  return `{ id: ${id}, ${lost}, run: 'echo "$AT/${id}" >> "$LEDGER"; sleep 0.03; ${script}' }`;
}

export const env: string = `env: { LEDGER: '\${{ vars.LEDGER }}' }`;

/** Four iterations at once, an \`if@v1\` in each, and a loop in the loop. */
const loop: Scenario = {
  name: 'a for-each',
  files: {
    'w.yml': `
name: loop
on: manual
${env}
jobs:
  loop:
    outputs: { seen: "\${{ toJSON(steps.all.outputs.seen) }}", pairs: "\${{ toJSON(steps.outer.outputs.inner) }}" }
    steps:
      - id: all
        uses: for-each@v1
        with:
          items: \${{ fromJSON('[10, 11, 12, 13, 14, 15, 16, 17]') }}
          concurrency: 4
          steps:
            - id: one
              ${lost}
              env: { N: "\${{ each.index }}", VALUE: "\${{ each.value }}" }
              run: |
                echo "loop/all[$N].one" >> "$LEDGER"
                echo "seen=$VALUE" >> "$WATERFLOW_OUTPUT"
            - id: odd
              uses: if@v1
              with:
                condition: contains(fromJSON('[11, 13, 15, 17]'), each.value)
                then:
                  - id: two
                    ${lost}
                    env: { N: "\${{ each.index }}" }
                    run: echo "loop/all[$N].odd.two" >> "$LEDGER"
          outputs: { seen: "\${{ steps.one.outputs.seen }}" }
      - id: outer
        uses: for-each@v1
        with:
          items: \${{ fromJSON('["a", "b"]') }}
          concurrency: 2
          steps:
            - id: inner
              uses: for-each@v1
              with:
                items: \${{ fromJSON('[1, 2]') }}
                steps:
                  - { id: nap, uses: sleep@v1, with: { duration: 20ms } }
                outputs: { at: "\${{ each.index }}" }
          outputs: { inner: "\${{ toJSON(steps.inner.outputs.at) }}" }
      - id: last
        ${lost}
        run: echo loop/last >> "$LEDGER"
`,
  },
};

/** A step is pushed back to once, then approved; and an outside signal. */
const decisions: Scenario = {
  name: 'an approval that pushes back, and a signal',
  files: {
    'w.yml': `
name: decisions
on: manual
${env}
jobs:
  publish:
    outputs: { text: "\${{ steps.draft.outputs.text }}", by: "\${{ steps.review.outputs.by }}", paid: "\${{ steps.paid.outputs.payload.amount }}" }
    steps:
      - id: draft
        ${lost}
        env: { WHY: "\${{ job.feedback }}" }
        run: |
          echo "publish/draft|$WHY" >> "$LEDGER"
          echo "text=draft $WHY" >> "$WATERFLOW_OUTPUT"
      - id: proof
        ${lost}
        env: { WHY: "\${{ job.feedback }}" }
        run: echo "publish/proof|$WHY" >> "$LEDGER"
      - { id: review, uses: approval@v1, with: { approvers: [ada], timeout: 1h } }
      - { id: paid, uses: wait-for@v1, with: { signal: payment, schema: { type: object, required: [amount] } } }
      - { id: ship, ${lost}, run: 'echo publish/ship >> "$LEDGER"' }
`,
  },
  operator: (notice, ledger) => {
    if (notice.type !== 'awaiting') return undefined;
    if (notice.signal.kind === 'signal')
      return ['signal', 'RUN', 'payment', '--payload', '{"amount":12}', '--by', 'bank'];
    const decided = ledger.includes('publish/draft|shorter') ? [] : ['--push-back', 'draft', '--comment', 'shorter'];
    return ['approve', 'RUN', ...decided, '--by', 'ada'];
  },
};

/** Canary, waves, the approval of an environment, and a group around each host. */
const fleet: Scenario = {
  name: 'a wave of a fleet, after an approval',
  files: {
    'w.yml': `
name: fleet
on: manual
${env}
jobs:
  build:
    steps: [${step('make')}]
    env: { AT: build }
  deploy:
    needs: build
    runs-on: { queue: web, hosts: all, canary: 1, batch: 50%, max-failures: 0 }
    environment: { name: production, url: "https://shop.example/", approval: { approvers: [ada] } }
    concurrency: { group: production }
    env: { AT: deploy }
    outputs: { version: "\${{ steps.install.outputs.version }}" }
    steps:
      - ${step('install', 'echo version=7 >> "$WATERFLOW_OUTPUT"')}
      - ${step('check')}
  report:
    needs: deploy
    env: { AT: report }
    outputs: { versions: "\${{ join(needs.deploy.hosts.*.outputs.version, ' ') }}" }
    steps: [${step('tell')}]
`,
  },
  operator: (notice) => (notice.type === 'awaiting' ? ['approve', 'RUN', '--by', 'ada'] : undefined),
};

const calls: Scenario = {
  name: 'a reusable workflow, called by a matrix',
  files: {
    'w.yml': `
name: calls
on: manual
jobs:
  release:
    strategy: { matrix: { region: [eu, us] } }
    uses: ./b.yml
    with: { region: "\${{ matrix.region }}" }
  after:
    needs: release
    ${env}
    outputs: { where: "\${{ needs.release.outputs.where }}" }
    steps: [{ id: tell, ${lost}, run: 'echo after/tell >> "$LEDGER"' }]
`,
    'b.yml': `
on:
  workflow_call:
    inputs: { region: { type: string, required: true } }
    outputs: { where: "\${{ jobs.install.outputs.where }}" }
concurrency: region-\${{ inputs.region }}
env: { LEDGER: "\${{ vars.LEDGER }}", REGION: "\${{ inputs.region }}" }
jobs:
  install:
    outputs: { where: "\${{ steps.put.outputs.where }}" }
    steps:
      - id: put
        ${lost}
        run: |
          echo "release ($REGION) / install/put" >> "$LEDGER"
          echo "where=everywhere" >> "$WATERFLOW_OUTPUT"
      - { id: nap, uses: sleep@v1, with: { duration: 30ms } }
  check:
    needs: install
    uses: ./c.yml
    with: { region: "\${{ inputs.region }}" }
`,
    'c.yml': `
on: { workflow_call: { inputs: { region: { type: string, required: true } } } }
env: { LEDGER: "\${{ vars.LEDGER }}", REGION: "\${{ inputs.region }}" }
jobs:
  look:
    steps:
      - { id: see, ${lost}, run: 'echo "release ($REGION) / check / look/see" >> "$LEDGER"' }
`,
  },
};

/** Each run notes when it is inside what only one may be in. */
function grouped(scenario: Pick<Scenario, 'name'> & { readonly ofRun: string; readonly ofJob: string }): Scenario {
  const { name, ofRun, ofJob } = scenario;
  return {
    name,
    runs: ['one', 'two', 'three'],
    files: {
      'w.yml': `
name: grouped
on: { manual: { inputs: { name: { type: string, required: true } } } }
concurrency: ${ofRun}
env: { LEDGER: "\${{ vars.LEDGER }}", NAME: "\${{ inputs.name }}", PART: "\${{ matrix.part }}" }
jobs:
  run:
    strategy: { matrix: { part: [a, b] } }
    concurrency: ${ofJob}
    steps:
      - id: inside
        ${lost}
        run: |
          echo "$NAME:run ($PART)/inside" >> "$LEDGER"
          echo "enter $NAME-$PART-$PPID-$$" >> "$LEDGER"
          sleep 0.1
          echo "leave $NAME-$PART-$PPID-$$" >> "$LEDGER"
`,
    },
    problems: (ledger) => ledger.flatMap((entry, index) => intruders(ledger, { entry, index })),
  };
}

/** Who entered while another was inside who left later. */
function intruders(
  ledger: readonly string[],
  { entry, index }: { readonly entry: string; readonly index: number },
): readonly string[] {
  if (!entry.startsWith('enter ')) return [];
  const left = ledger.indexOf(entry.replace('enter', 'leave'), index);
  const inside = ledger.slice(index + 1, Math.max(left, index + 1));
  return inside.filter((other) => other.startsWith('enter ')).map((other) => `${other} during ${entry}`);
}

const paused: Scenario = {
  name: 'a pause',
  files: {
    'w.yml': `
name: paused
on: manual
${env}
jobs:
  work:
    env: { AT: work }
    steps:
      - ${step('first')}
      - ${step('second')}
      - { id: nap, uses: sleep@v1, with: { duration: 50ms } }
      - ${step('third')}
  later:
    needs: work
    env: { AT: later }
    steps: [${step('only')}]
`,
  },
  operator: (notice) => {
    if (notice.type === 'run_paused') return ['resume', 'RUN'];
    return notice.type === 'step_started' && notice.step === 'second' ? ['pause', 'RUN'] : undefined;
  },
};

const rerun: Scenario = {
  name: 'a rerun from a step, in the workspace that was kept',
  rerun: ['rerun', 'RUN', '--from', 'build/test'],
  files: {
    'w.yml': `
name: again
on: manual
env: { LEDGER: "\${{ vars.LEDGER }}", ATTEMPT: "\${{ workflow.run_attempt }}" }
jobs:
  build:
    keep-workspace: true
    outputs: { made: "\${{ steps.test.outputs.made }}" }
    steps:
      - id: make
        ${lost}
        run: |
          echo "build/make|$ATTEMPT" >> "$LEDGER"
          echo "made in $ATTEMPT" > made
      - id: test
        ${lost}
        run: |
          echo "build/test|$ATTEMPT" >> "$LEDGER"
          echo "made=$(cat made)" >> "$WATERFLOW_OUTPUT"
          test "$ATTEMPT" = 2
      - { id: pack, ${lost}, run: 'echo "build/pack|$ATTEMPT" >> "$LEDGER"; sleep 0.03; test -e made' }
  other:
    steps: [{ id: only, ${lost}, run: 'echo "other/only|$ATTEMPT" >> "$LEDGER"' }]
  end:
    needs: build
    steps: [{ id: only, ${lost}, run: 'echo "end/only|$ATTEMPT" >> "$LEDGER"' }]
`,
  },
};

/** A run that is ended by somebody while it waits: in order, so that it tidies up, or at once. */
function ended(verb: 'cancel' | 'terminate'): Scenario {
  return {
    name: `being ended: ${verb}`,
    files: {
      'w.yml': `
name: ended
on: manual
${env}
concurrency: shop
jobs:
  work:
    env: { AT: work }
    steps:
      - ${step('first')}
      - { id: review, uses: approval@v1 }
      - ${step('never')}
      - { id: tidy, if: always(), ${lost}, run: 'echo work/tidy >> "$LEDGER"; sleep 0.1' }
`,
    },
    operator: (notice) => (notice.type === 'awaiting' ? [verb, 'RUN'] : undefined),
  };
}

/** Everything that a process can be killed in the middle of. */
export const scenarios: readonly Scenario[] = [
  loop,
  decisions,
  fleet,
  calls,
  grouped({ name: 'a concurrency group of runs', ofRun: 'shop', ofJob: 'db-${{ inputs.name }}' }),
  grouped({ name: 'a concurrency group of jobs, in several runs', ofRun: '${{ inputs.name }}', ofJob: 'database' }),
  paused,
  rerun,
  ended('cancel'),
  ended('terminate'),
];
