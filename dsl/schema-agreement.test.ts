import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { WorkflowFile } from '../schemas/generated/workflow.ts';
import { type ErrorCode, isJsonObject, type Json, type JsonObject } from '../schemas/index.ts';
import { compile } from './index.ts';
import { concurrencyKeys } from './read/concurrency.ts';
import { defaultsKeys, runDefaultsKeys } from './read/defaults.ts';
import { approvalKeys, environmentKeys } from './read/environment.ts';
import { fleetKeys } from './read/fleet.ts';
import { inputKeys } from './read/inputs.ts';
import { jobKeys } from './read/job.ts';
import { retryClasses, retryKeys } from './read/retry.ts';
import { scheduleKeys } from './read/schedule.ts';
import { stepKeys } from './read/step-action.ts';
import { strategyKeys } from './read/strategy.ts';
import { workflowKeys } from './read/workflow.ts';
import { testCatalogue } from './testing/catalogue.ts';

// The file is a JSON Schema; its shape is what the tests below look at.
const schema = JSON.parse(
  readFileSync(new URL('../schemas/workflow.schema.json', import.meta.url), 'utf8'),
) as JsonObject;
const validate: ValidateFunction = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  schema,
);

/** Keys of the `properties` of a definition; of the whole where none is named. */
function propertiesOf(definition?: string): readonly string[] {
  const definitions = schema['definitions'];
  const part = definition === undefined ? schema : isJsonObject(definitions) ? definitions[definition] : undefined;
  const properties = isJsonObject(part) ? part['properties'] : undefined;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function valueAtPath(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((at, key) => {
    if (Array.isArray(at)) return typeof key === 'number' ? at[key] : undefined;
    return isJsonObject(at) ? at[key] : undefined;
  }, value);
}

function codesOf(workflow: Json): readonly ErrorCode[] {
  const { diagnostics } = compile(JSON.stringify(workflow), {
    file: 'w.yml',
    catalogue: testCatalogue,
    readWorkflow: (path) => (path === 'called.yml' ? { source: called } : { missing: 'there is no such file' }),
  });
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

const called = `on: { workflow_call: { inputs: { a: { type: json } }, secrets: { A: } } }
jobs: { a: { steps: [{ run: make }] } }`;

const workflow = {
  name: 'w',
  'run-name': 'w by ${{ tenant.id }}',
  on: {
    manual: {
      inputs: {
        a: { type: 'choice', options: ['x', 'y'], default: 'x', required: false },
        b: null,
        c: { type: 'json' },
      },
    },
    schedule: [
      { cron: '30 6 * * mon-fri', timezone: 'Europe/Berlin', overlap: 'queue', 'catch-up': '1h' },
      { cron: '@daily', 'catch-up': false },
    ],
    webhook: { secret: 'HOOK_SECRET', filter: 'webhook.body.a', inputs: { c: '${{ webhook.body }}' } },
    workflow_call: {
      inputs: { d: { type: 'boolean' } },
      outputs: { x: '${{ jobs.one.outputs.x }}', y: { value: '${{ jobs.one.result }}', description: 'how it went' } },
      secrets: { A: null, B: { required: true, description: 'what for' } },
    },
  },
  env: { A: 'a', B: 1, C: true, D: null },
  defaults: { run: { shell: 'bash', 'working-directory': 'a' } },
  concurrency: 'one at a time',
  permissions: { net: [{ url: 'https://example.com' }] },
  jobs: {
    one: {
      name: 'One',
      'runs-on': 'local',
      strategy: {
        matrix: { os: ['a', 'b'], include: [{ os: 'a' }], exclude: [] },
        'fail-fast': false,
        'max-parallel': 2,
      },
      'timeout-minutes': 5,
      'lost-after': '1m',
      retry: {
        attempts: 2,
        'initial-interval': '1s',
        'backoff-coefficient': 2,
        'maximum-interval': '1m',
        on: ['lost'],
      },
      env: {},
      permissions: {},
      outputs: { x: '${{ steps.s.outputs.x }}' },
      steps: [
        {
          id: 's',
          name: 'Step',
          run: 'make',
          shell: 'sh',
          'working-directory': 'a',
          if: true,
          'timeout-minutes': '${{ 1 }}',
        },
        {
          uses: 'checkout@v1',
          with: { repository: 'x' },
          'continue-on-error': true,
          env: {},
          retry: {},
          permissions: {},
        },
      ],
    },
    two: { needs: ['one'], if: 'always()', steps: [{ run: 'x' }] },
    calling: {
      needs: 'two',
      strategy: { matrix: { os: ['a', 'b'] } },
      concurrency: 'calls',
      permissions: {},
      uses: './called.yml',
      with: { a: '${{ matrix.os }}' },
      secrets: { A: '${{ secrets.B }}' },
    },
    'calling-again': { uses: './called.yml', secrets: 'inherit' },
    three: {
      'runs-on': { queue: 'web', hosts: 'all', batch: '25%', 'max-failures': 1, canary: 1 },
      'queue-timeout': '1h',
      'keep-workspace': true,
      defaults: { run: { shell: 'sh' } },
      concurrency: { group: 'deploy', 'cancel-in-progress': false },
      environment: {
        name: 'production',
        url: 'https://example.com',
        approval: { approvers: ['alice', 'bob'], timeout: '1h' },
      },
      steps: [{ run: 'x' }],
    },
  },
} as const satisfies WorkflowFile;

/** Every path in a JSON value, the value itself first. */
function pathsIn(value: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const children = Array.isArray(value) ? [...value.entries()] : isJsonObject(value) ? Object.entries(value) : [];
  return [path, ...children.flatMap(([key, child]) => pathsIn(child, [...path, key]))];
}

/** The value with what stands at the path changed; `undefined` removes it. */
function changed(value: Json, path: readonly (string | number)[], change: (value: Json) => Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  const step = (child: Json): Json | undefined => (rest.length === 0 ? change(child) : changed(child, rest, change));
  if (Array.isArray(value)) return value.flatMap((item, index) => (index === key ? (step(item) ?? []) : [item]));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]): [string, Json][] => {
      if (name !== key) return [[name, child]];
      const next = step(child);
      return next === undefined ? [] : [[name, next]];
    }),
  );
}

/** What only the structure of a file decides, wherever names and nodes have no say. */
const structural: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNKNOWN_KEY', 'WRONG_TYPE', 'MISSING_KEY']);

const nodeKeys: ReadonlySet<string> = new Set([
  'with',
  'permissions',
  'run',
  'shell',
  'working-directory',
  'default',
  'type',
]);

describe('workflow.schema.json and the reader', () => {
  it.each([
    ['a workflow', undefined, workflowKeys.keys],
    ['a job', 'job', jobKeys.keys],
    ['a step', 'step', stepKeys.keys],
    ['a strategy', 'strategy', strategyKeys.keys],
    ['a schedule', 'schedule', scheduleKeys.keys],
    ['a retry', 'retry', retryKeys.keys],
  ] as const)('have the same keys for %s', (_what, definition, keys) => {
    expect([...propertiesOf(definition)].sort()).toEqual([...keys].sort());
  });

  it.each([
    ['a concurrency', ['concurrency', 'oneOf', 1], concurrencyKeys.keys],
    ['an environment', ['environment', 'oneOf', 1], environmentKeys.keys],
    ['an approval', ['environment', 'oneOf', 1, 'properties', 'approval', 'oneOf', 1], approvalKeys.keys],
    ['a fleet', ['fleet'], fleetKeys.keys],
    ['the defaults', ['defaults'], defaultsKeys.keys],
    ['the defaults of scripts', ['defaults', 'properties', 'run'], runDefaultsKeys.keys],
  ] as const)('have the same keys for %s', (_what, path, keys) => {
    expect(Object.keys(valueAtPath(schema['definitions'], [...path, 'properties']) ?? {}).sort()).toEqual(
      [...keys].sort(),
    );
  });

  it('have the same keys for an input, and the same classes for a retry', () => {
    const text = JSON.stringify(schema);
    for (const key of inputKeys.keys) expect(text).toContain(`"${key}":`);
    expect(text).toContain(`"enum":${JSON.stringify(retryClasses)}`);
  });

  it('agree that a file is right', () => {
    expect(codesOf(workflow)).toEqual([]);
    expect(validate(workflow)).toBe(true);
  });

  it('agree on what is wrong with the structure of a file, whatever in it is replaced by whatever', () => {
    const values = [undefined, null, 5, 0, 'text', '', true, [], ['a'], {}, { a: 'b' }, [{}], '${{ vars.x }}'] as const;
    const disagreements = pathsIn(workflow)
      .slice(1)
      .flatMap((path) => values.flatMap((value) => disagreement(path, () => value)));
    expect(disagreements).toEqual([]);
  });

  it("agree on keys that don't exist", () => {
    const withUnknownKey = (value: Json): Json => (isJsonObject(value) ? { ...value, 'not-a.key': 1 } : value);
    expect(pathsIn(workflow).flatMap((path) => disagreement(path, withUnknownKey))).toEqual([]);
  });
});

/** What the schema and the reader say of a changed file, where they don't say the same. */
function disagreement(
  path: readonly (string | number)[],
  change: (value: Json) => Json | undefined,
): readonly unknown[] {
  const mutant = changed(workflow, path, change);
  const isValid = validate(mutant);
  const codes = codesOf(mutant);
  // What nodes, capabilities and an input's type say of these, the schema can't know.
  const isOfNode = path.some((key) => nodeKeys.has(String(key)));
  const isWrong = !isOfNode && codes.some((code) => structural.has(code));
  // Whatever the schema refuses, so does the reader; and what is wrong with the structure, the schema refuses.
  return (!isValid && codes.length === 0) || (isWrong && isValid) ? [{ path, mutant, isValid, codes }] : [];
}
