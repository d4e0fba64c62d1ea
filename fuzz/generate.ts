import { stringify } from 'yaml';
import type { Random } from './random.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** A workflow that means something, of parts of every feature; most of them compile. */
export function generateWorkflow(random: Random): string {
  const jobs = random.times(1 + random.below(4), (index) => [`j${index}`, job(random, index)] as const);
  const workflow = {
    ...maybe(random, { name: 'Generated' }),
    ...maybe(random, { 'run-name': 'Run ${{ inputs.text }}' }),
    on: { manual: { inputs }, ...triggers(random) },
    ...maybe(random, { env: { A: 'x', B: '${{ inputs.text }}' } }),
    ...maybe(random, { defaults: { run: { shell: 'sh', 'working-directory': 'a' } } }),
    ...maybe(random, {
      concurrency: random.pick<unknown>(['g', { group: 'g-${{ inputs.text }}', 'cancel-in-progress': true }]),
    }),
    ...maybe(random, {
      permissions: { net: [{ url: 'https://example.com/*', methods: ['GET'] }], fs: [{ read: '**' }] },
    }),
    jobs: Object.fromEntries(jobs),
  };
  return stringify(workflow, { lineWidth: 0, collectionStyle: random.pick(['block', 'block', 'any']) });
}

const inputs: Mapping = {
  text: { type: 'string', default: 'a', pattern: '^[a-z]+$', description: 'a text' },
  count: { type: 'number', default: 3 },
  flag: { type: 'boolean', default: true },
  kind: { type: 'choice', options: ['red', 'green'], default: 'red' },
  data: { type: 'json', default: { list: [1, 2], deep: { x: [{ y: 1 }] } } },
};

function triggers(random: Random): Mapping {
  return {
    ...maybe(random, {
      schedule: [{ cron: '0 3 * * 1-5', timezone: 'Europe/Vienna', overlap: 'queue', 'catch-up': '1h' }],
    }),
    ...maybe(random, { webhook: { secret: 'HOOK', filter: "webhook.body.ref == 'main'" } }),
    ...maybe(random, {
      workflow_call: {
        inputs: { text: { type: 'string', default: 'x' } },
        outputs: { x: { value: '${{ jobs.j0.result }}' } },
        secrets: { TOKEN: { required: false } },
      },
    }),
  };
}

function job(random: Random, index: number): Mapping {
  const needs = random.times(index, (need) => `j${need}`).filter(() => random.oneIn(2));
  const common = {
    ...maybe(random, { name: 'Job ${{ inputs.kind }}' }),
    ...(needs.length === 0 ? {} : { needs }),
    ...maybe(random, {
      if: random.pick([
        'always()',
        "inputs.kind == 'red'",
        '${{ !cancelled() && inputs.flag }}',
        'failure()',
        'vars.on',
      ]),
    }),
    ...maybe(random, { concurrency: `job-${random.below(2)}` }),
  };
  if (random.oneIn(6))
    return { ...common, uses: './called.yml', with: { text: '${{ inputs.text }}' }, secrets: 'inherit' };
  const kind = random.below(4);
  const first = needs[0];
  return {
    ...common,
    ...(kind === 0 ? { 'runs-on': fleet(random) } : kind === 1 ? { strategy: strategy(random) } : {}),
    ...maybe(random, {
      environment: {
        name: 'live',
        url: 'https://${{ inputs.text }}',
        approval: { approvers: ['alice'], timeout: '1h' },
      },
    }),
    ...maybe(random, { 'timeout-minutes': random.pick<unknown>([5, 0.5, '${{ inputs.count }}']) }),
    ...maybe(random, { retry: { attempts: 2, on: ['failure', 'lost'], 'initial-interval': '10ms' } }),
    ...maybe(random, { 'keep-workspace': true, 'queue-timeout': '1h', 'lost-after': '1m' }),
    ...(first === undefined ? {} : { env: { BEFORE: `\${{ needs.${first}.result }} \${{ toJSON(needs) }}` } }),
    ...maybe(random, { outputs: { x: '${{ steps.s0.outcome }}', all: '${{ toJSON(steps) }}' } }),
    steps: steps(random, { levels: 2, most: 4, prefix: 's' }),
  };
}

function fleet(random: Random): Mapping {
  return {
    queue: 'web',
    hosts: random.pick<unknown>(['all', 2, '50%']),
    ...maybe(random, { batch: '25%', canary: 1, 'max-failures': 1 }),
  };
}

function strategy(random: Random): Mapping {
  const matrix = random.pick<unknown>([
    { os: ['linux', 'macos'], n: [1, 2, 3] },
    { os: ['linux'], include: [{ os: 'linux', fast: true }, { os: 'other' }], exclude: [{ os: 'macos' }] },
    { item: '${{ inputs.data.list }}' },
    '${{ fromJSON(\'{"a":[1,2],"include":[{"a":3}]}\') }}',
  ]);
  return { matrix, ...maybe(random, { 'fail-fast': random.oneIn(2), 'max-parallel': 1 + random.below(3) }) };
}

interface StepsOptions {
  /** How deep bodies may go on. */
  readonly levels: number;
  readonly most: number;
  readonly prefix: string;
}

function steps(random: Random, { levels, most, prefix }: StepsOptions): readonly Mapping[] {
  return random.times(1 + random.below(most), (index) => ({
    id: `${prefix}${index}`,
    ...step(random, {
      levels,
      prefix: `${prefix}${index}x`,
      earlier: index === 0 ? undefined : `${prefix}${index - 1}`,
    }),
  }));
}

interface StepOptions {
  readonly levels: number;
  readonly prefix: string;
  readonly earlier: string | undefined;
}

function step(random: Random, { levels, prefix, earlier }: StepOptions): Mapping {
  const done = action(random, { levels, prefix, earlier });
  return {
    ...maybe(random, { name: 'Step of ${{ job.status }}' }),
    ...maybe(random, { if: earlier === undefined ? 'always()' : `steps.${earlier}.outcome == 'success' || failure()` }),
    ...maybe(random, { 'continue-on-error': random.pick<unknown>([true, '${{ inputs.flag }}']) }),
    ...maybe(random, { 'timeout-minutes': random.pick<unknown>([1, 0.01, '${{ inputs.count }}']) }),
    ...done,
    ...('run' in done || done['uses'] === 'http@v1' ? maybe(random, { retry: retry(random) }) : {}),
  };
}

function retry(random: Random): Mapping {
  return {
    attempts: random.pick<unknown>([2, 3, '${{ inputs.count }}']),
    'initial-interval': '1ms',
    'backoff-coefficient': 1.5,
  };
}

function action(random: Random, { levels, prefix, earlier }: StepOptions): Mapping {
  const body = { levels: levels - 1, most: 2, prefix };
  switch (random.below(levels > 0 ? 9 : 5)) {
    case 0:
      return { uses: 'sleep@v1', with: { duration: random.pick(['1ms', '1h30m', '${{ inputs.count }}s']) } };
    case 1:
      return {
        uses: 'wait-for@v1',
        with: {
          signal: `go-${prefix}`,
          timeout: '1h',
          schema: { type: 'object', properties: { a: { type: 'number' } } },
        },
      };
    case 2:
      return {
        uses: 'approval@v1',
        with: { approvers: ['alice', 'bob'], message: 'Go on with ${{ inputs.text }}?', timeout: '1h' },
      };
    case 3:
      return {
        uses: 'http@v1',
        with: { url: 'https://example.com/${{ inputs.text }}' },
        env: { TOKEN: '${{ secrets.TOKEN }}' },
      };
    case 5:
    case 6:
      return {
        uses: 'for-each@v1',
        with: {
          items: random.pick<unknown>(['${{ inputs.data.list }}', [1, { a: 2 }], '${{ fromJSON(vars.items) }}']),
          steps: steps(random, body),
          ...maybe(random, { concurrency: 2, 'fail-fast': random.oneIn(2) }),
          ...maybe(random, { outputs: { gathered: `\${{ each.index }} \${{ steps.${prefix}0.outcome }}` } }),
        },
      };
    case 7:
      return {
        uses: 'if@v1',
        with: {
          condition: random.pick(['inputs.flag', "vars.a == 'b'", 'failure()']),
          then: steps(random, body),
          else: steps(random, { ...body, prefix: `${prefix}e` }),
        },
      };
    default:
      return { run: earlier === undefined ? 'echo "$A"' : `echo "\${{ steps.${earlier}.outcome }}"\nexit 0\n` };
  }
}

function maybe(random: Random, part: Mapping): Mapping {
  return random.oneIn(3) ? part : {};
}
