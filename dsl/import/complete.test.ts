import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  dictionary,
  jsonValue,
  letrec,
  oneof,
  option,
  property,
  record,
  string,
  tuple,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isJsonObject, type Json } from '../../schemas/index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { type ImportEntry, importWorkflow } from './index.ts';
import { type Path, pathText } from './record.ts';

const value = jsonValue({ maxDepth: 2 }) as Arbitrary<Json>; // fast-check's JSON is JSON.
const text = oneof(
  constantFrom('a', '${{ github.sha }}', '${{ github.run_id }}', 'ubuntu-latest', 'true', '5'),
  string(),
);

/** Objects of some of these keys, with values that are mostly right, and of any other keys. */
function mapping(keys: Readonly<Record<string, Arbitrary<unknown>>>): Arbitrary<unknown> {
  const known = record(
    Object.fromEntries(
      Object.entries(keys).map(([key, right]) => [
        key,
        oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: value }),
      ]),
    ),
    { requiredKeys: [] },
  );
  const keysOfOthers = oneof(string(), constantFrom('constructor', '<<', 'x-y', 'toString'));
  return tuple(known, dictionary(keysOfOthers, value, { maxKeys: 1 })).map(([right, other]) => ({
    ...other,
    ...right,
  }));
}

const { workflow } = letrec((tie) => ({
  env: dictionary(constantFrom('A', 'B', 'GITHUB_TOKEN'), text),
  defaults: mapping({ run: mapping({ shell: constantFrom('bash', 'sh', 'pwsh'), 'working-directory': text }) }),
  concurrency: oneof(text, mapping({ group: text, 'cancel-in-progress': oneof(text, constantFrom(true)) })),
  step: mapping({
    id: text,
    name: text,
    if: text,
    uses: constantFrom('actions/checkout@v4', 'actions/setup-node@v4', './local', 'docker://alpine'),
    with: mapping({
      repository: text,
      ref: text,
      'fetch-depth': text,
      clean: text,
      lfs: text,
      filter: text,
      'ssh-known-hosts': text,
    }),
    run: text,
    shell: constantFrom('bash', 'sh', 'bash -l {0}', 'python'),
    'working-directory': text,
    env: tie('env'),
  }),
  job: mapping({
    name: text,
    needs: text,
    'runs-on': oneof(text, array(text)),
    strategy: mapping({ matrix: mapping({ os: array(text) }), 'fail-fast': text }),
    container: value,
    environment: oneof(text, mapping({ name: text, url: text, deployment: value })),
    concurrency: tie('concurrency'),
    defaults: tie('defaults'),
    permissions: value,
    uses: oneof(text, constantFrom('./.github/workflows/a.yml', './a.yml', 'a/b/.github/workflows/c.yml@v1')),
    with: value,
    secrets: oneof(constantFrom('inherit'), dictionary(constantFrom('A', 'B'), text)),
    env: tie('env'),
    steps: array(tie('step'), { maxLength: 3 }),
  }),
  workflow: mapping({
    name: text,
    'run-name': text,
    on: oneof(
      constantFrom('push', 'workflow_dispatch'),
      array(constantFrom('push', 'workflow_dispatch')),
      mapping({
        push: value,
        schedule: array(mapping({ cron: text, timezone: text }), { maxLength: 2 }),
        workflow_call: option(
          mapping({
            inputs: dictionary(
              constantFrom('a', 'b'),
              mapping({ type: constantFrom('string', 'boolean'), default: text }),
            ),
            outputs: dictionary(constantFrom('a', 'b'), mapping({ value: text, description: text })),
            secrets: dictionary(constantFrom('A', 'B'), option(mapping({ required: text }))),
          }),
        ),
        workflow_dispatch: option(
          mapping({
            inputs: dictionary(
              constantFrom('a', 'repository'),
              mapping({
                type: constantFrom('string', 'number', 'boolean', 'environment'),
                default: text,
                required: text,
                deprecationMessage: text,
              }),
            ),
          }),
        ),
      }),
    ),
    env: tie('env'),
    defaults: tie('defaults'),
    concurrency: tie('concurrency'),
    jobs: dictionary(constantFrom('one', 'two'), tie('job')),
  }),
}));

interface Leaf {
  readonly path: Path;
  readonly value: Json;
}

/** Every scalar, empty list and empty mapping. */
function leavesOf(json: Json, path: Path = []): readonly Leaf[] {
  const children: readonly (readonly [string | number, Json])[] = Array.isArray(json)
    ? json.map((item: Json, index) => [index, item] as const)
    : isJsonObject(json)
      ? Object.entries(json)
      : [];
  return children.length === 0
    ? [{ path, value: json }]
    : children.flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** Whether the list names the place or something around it; that a trigger is renamed says nothing of what is below it. */
function isListed({ path }: Leaf, entries: readonly ImportEntry[]): boolean {
  const around = path.map((_part, index) => pathText(path.slice(0, index + 1)));
  return entries.some(
    (entry) =>
      around.includes(entry.path) &&
      (entry.path !== 'on.workflow_dispatch' || entry.outcome !== 'changed' || path.length === 2),
  );
}

function isThere({ path, value: expected }: Leaf, result: Json): boolean {
  const renamed = path[0] === 'on' && path[1] === 'workflow_dispatch' ? ['on', 'manual', ...path.slice(2)] : path;
  let at: Json | undefined = result;
  for (const part of renamed) {
    if (typeof at !== 'object' || at === null) return false;
    at = Object.entries(at).find(([key]) => key === String(part))?.[1];
  }
  // An empty mapping, or nothing, may have been added to.
  const isEmpty = expected === null || (isJsonObject(expected) && Object.keys(expected).length === 0);
  if (isEmpty && isJsonObject(at)) return true;
  return JSON.stringify(at) === JSON.stringify(expected);
}

describe('the import of any workflow', () => {
  it("drops and changes nothing that it doesn't list", () => {
    assert(
      property(workflow as Arbitrary<Json>, (source) => {
        // JSON is YAML; what its text can't say (-0) is gone in both.
        const written = JSON.stringify(source);
        const result = importWorkflow(written, { file: 'ci.yml', catalogue: testCatalogue });
        if ('unreadable' in result) return;
        // The result is YAML without tags, so JSON.
        const there = parse(result.workflow) as Json;
        // As above.
        const lost = leavesOf(JSON.parse(written) as Json).filter(
          (leaf) => !isThere(leaf, there) && !isListed(leaf, result.entries),
        );
        expect(lost).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('calls complete only what is valid, and says what is to be done about the rest', () => {
    assert(
      property(workflow as Arbitrary<Json>, (source) => {
        const result = importWorkflow(JSON.stringify(source), { file: 'ci.yml', catalogue: testCatalogue });
        if ('unreadable' in result) return;
        const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
        const silent = result.entries.filter(({ outcome, remedy }) => outcome === 'todo' && remedy === '');
        expect({ silent, errors: result.complete ? errors : [] }).toEqual({ silent: [], errors: [] });
      }),
      { numRuns: 200 },
    );
  });
});
