import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createPluginCatalogue } from '../runtime/manifest/index.ts';
import { type AbsolutePath, isJsonObject, type Json, type JsonObject } from '../schemas/index.ts';
import { compile, editorSchema } from './index.ts';

const root = new URL('../', import.meta.url);
const builtIn = new URL('plugins', root).pathname as AbsolutePath; // The path of a file URL is absolute.
const examples = new URL('examples', root).pathname as AbsolutePath; // As above.
const catalogue = createPluginCatalogue({ builtIn }).nodes(examples);
// The file is a JSON Schema, which an object is.
const base = JSON.parse(readFileSync(new URL('schemas/workflow.schema.json', root), 'utf8')) as JsonObject;
const schema = editorSchema(base, catalogue);
const validate: ValidateFunction = new Ajv({
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
}).compile(schema);

function withStep(step: JsonObject): JsonObject {
  return { jobs: { one: { steps: [step] } } };
}

describe('the schema for editors', () => {
  it.each(readdirSync(examples).filter((name) => name.endsWith('.yml')))('takes the example %s', (file) => {
    validate(parse(readFileSync(`${examples}/${file}`, 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('takes every workflow of the page on the syntax', () => {
    const page = readFileSync(new URL('docs/workflow-syntax.md', root), 'utf8');
    const readWorkflow = (path: string): { readonly source: string } | { readonly missing: string } => {
      const source = page.split('```yaml\n').find((example) => example.startsWith(`# ${path}\n`));
      return source === undefined ? { missing: 'no example has that name' } : { source: source.split('```')[0] ?? '' };
    };
    const workflows = [...page.matchAll(/```yaml\n(.*?)```/gs)]
      .map(([, text = '']) => text)
      .filter(
        (text) => /^jobs:/m.test(text) && compile(text, { file: 'w.yml', catalogue, readWorkflow }).plan !== undefined,
      )
      .map((text): unknown => parse(text, { merge: true }));
    expect(workflows.length).toBeGreaterThan(3);
    for (const workflow of workflows) {
      validate(workflow);
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it.each<[string, JsonObject]>([
    ['an input of the node', { uses: 'http@v1', with: { url: 'https://example.com', expect: [200, '2xx'] } }],
    ['an expression for a number', { uses: 'checkout@v1', with: { repository: 'a', depth: '${{ inputs.depth }}' } }],
    ['an expression within a list', { uses: 'http@v1', with: { url: 'a', expect: ['${{ inputs.status }}'] } }],
    ['exactly one version', { uses: 'http@1.0.0', with: { url: 'a' } }],
    ['exact bytes, whose inputs are not known', { uses: `http@sha256:${'0'.repeat(64)}`, with: { other: 1 } }],
    ['a folder, whose inputs are not known', { uses: './anything', with: { other: 1 } }],
    ['a control node', { uses: 'sleep@v1', with: { duration: '5m' } }],
    [
      'steps inside of steps',
      {
        uses: 'if@v1',
        with: {
          condition: "inputs.a == 'b'",
          then: [
            {
              id: 'loop',
              uses: 'for-each@v1',
              with: { items: '${{ fromJSON(inputs.list) }}', concurrency: 2, steps: [{ run: 'ls' }] },
            },
          ],
          outputs: { urls: '${{ steps.loop.outputs.url }}' },
        },
      },
    ],
    ['who approves', { uses: 'approval@v1', with: { approvers: ['alice'], message: 'Go?', timeout: '24h' } }],
    ['what is waited for', { uses: 'wait-for@v1', with: { signal: 'paid', schema: { type: 'object' } } }],
    [
      'an entry of a capability',
      { run: 'ls', permissions: { exec: [{ command: 'bash', args: 'any', reason: 'why' }] } },
    ],
  ])('takes %s', (_what, step) => {
    validate(withStep(step));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['an input that the node lacks', { uses: 'http@v1', with: { url: 'a', methd: 'GET' } }],
    ['an input that the exact version lacks', { uses: 'http@1.0.0', with: { url: 'a', methd: 'GET' } }],
    ['a missing input', { uses: 'http@v1', with: { method: 'GET' } }],
    ['inputs that are missing altogether', { uses: 'http@v1' }],
    ['a value of the wrong type', { uses: 'checkout@v1', with: { repository: 'a', depth: 'all' } }],
    ['a value that is not in the list', { uses: 'http@v1', with: { url: 'a', method: 'BREW' } }],
    ['a node that is not there', { uses: 'htpp@v1' }],
    ['an action of GitHub', { uses: 'actions/checkout@v4' }],
    ['a capability that is not there', { run: 'ls', permissions: { network: [] } }],
    [
      'an unknown key inside of a step',
      { uses: 'if@v1', with: { condition: true, then: [{ run: 'ls', shel: 'sh' }] } },
    ],
    [
      'a wrong input deep inside',
      {
        uses: 'for-each@v1',
        with: {
          items: ['a'],
          steps: [{ uses: 'if@v1', with: { condition: 'a', then: [{ uses: 'http@v1', with: { methd: 'GET' } }] } }],
        },
      },
    ],
    ['a loop without steps', { uses: 'for-each@v1', with: { items: ['a'] } }],
    ['steps by an expression', { uses: 'for-each@v1', with: { items: ['a'], steps: '${{ inputs.steps }}' } }],
    [
      'more at once than there may be',
      { uses: 'for-each@v1', with: { items: ['a'], steps: [{ run: 'ls' }], concurrency: 101 } },
    ],
    ['an entry that the capability does not have', { run: 'ls', permissions: { net: [{ address: 'a' }] } }],
  ])('refuses %s', (_what, step) => {
    expect(validate(withStep(step))).toBe(false);
  });

  it('describes every key, every node and every input', () => {
    expect(undescribed(schema, { path: '', root: schema })).toEqual([]);
  });

  it('without a node allows folders alone', () => {
    const empty = { ...catalogue, names: (): readonly string[] => [], permissionSchemas: () => ({}) };
    const check = new Ajv({ strict: false }).compile(editorSchema(base, empty));
    expect([check(withStep({ uses: './mine' })), check(withStep({ uses: 'http@v1' }))]).toEqual([true, false]);
  });
});

/** Paths of properties that neither have a description nor refer to something that has one. */
function undescribed(value: Json, at: { readonly path: string; readonly root: JsonObject }): readonly string[] {
  if (Array.isArray(value))
    return value.flatMap((item: Json, index) => undescribed(item, { ...at, path: `${at.path}/${index}` }));
  if (!isJsonObject(value)) return [];
  const properties = isJsonObject(value['properties']) ? value['properties'] : {};
  const isCondition = at.path.endsWith('/if');
  const bare = isCondition
    ? []
    : Object.entries(properties).flatMap(([name, property]) =>
        isDescribed(property, at.root) || (name === 'with' && at.path.endsWith('/then')) ? [] : [`${at.path}/${name}`],
      );
  return [
    ...bare,
    ...Object.entries(value).flatMap(([key, part]) => undescribed(part, { ...at, path: `${at.path}/${key}` })),
  ];
}

function isDescribed(property: Json, whole: JsonObject): boolean {
  if (!isJsonObject(property)) return false;
  if (typeof property['description'] === 'string' || property['if'] !== undefined) return true;
  const name = typeof property['$ref'] === 'string' ? (property['$ref'].split('/').at(-1) ?? '') : '';
  const definitions = whole['definitions'];
  const target = isJsonObject(definitions) ? definitions[name] : undefined;
  return isJsonObject(target) && typeof target['description'] === 'string';
}
