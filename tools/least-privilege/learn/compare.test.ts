import { expect, it } from 'vitest';
import { capabilities } from '../../../runtime/capabilities/table.ts';
import { demandsOf } from '../../../runtime/grants/match.ts';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { compare } from './compare.ts';
import type { Given, Use } from './uses.ts';

type Call = readonly [capability: string, operation: string, args: Json];

/** What a call asks for before it is carried out. */
function usesOf([capability, operation, args]: Call, inputs: JsonObject, given: Given = {}): readonly Use[] {
  const found = capabilities.get(capability)?.operations[operation];
  const call = { capability, operation, args };
  const demands = found === undefined ? [] : demandsOf(found, call);
  return demands.map((demand) => ({ capability, operation, demand, call, inputs, given }));
}

/** What is narrower than these permissions, for a plugin whose source says `quiet` and nothing else. */
function narrower(permissions: JsonObject, uses: readonly Use[], inputs: JsonObject = {}): readonly string[] {
  const entries = compare({ permissions, inputs, isOwn: (text) => text === 'quiet' }, uses);
  return entries.flatMap((entry) => entry.narrower.map(({ place, instead }) => `${place}: ${instead}`));
}

const read = (path: string): Call => ['fs', 'read', { path }];
const git = (...args: readonly string[]): Call => ['exec', 'run', { command: 'git', args: [...args] }];

it('needs an entry that nothing else stands in for, and no other', () => {
  const permissions = { fs: [{ read: 'a' }, { read: 'b' }, { read: '${{ inputs.path }}' }] };
  expect(narrower(permissions, [...usesOf(read('a'), {}), ...usesOf(read('b'), { path: 'b' })])).toEqual([
    'fs[1]: nothing',
    'fs[2]: nothing',
  ]);
});

it('needs no more of a folder than was read or written there', () => {
  const within = (path: string) => usesOf(read(path), { path: 'in' });
  const entry = { read: '${{ inputs.path }}/**', write: 'out/**' };
  expect(narrower({ fs: [entry] }, within('in/a'))).toEqual([
    'fs[0].write: nothing',
    'fs[0].read: ${{ inputs.path }}/*',
    'fs[0].read: ${{ inputs.path }} and ${{ inputs.path }}/*',
  ]);
  expect(narrower({ fs: [{ read: '${{ inputs.path }}/**' }] }, within('in/a/b'))).toEqual([]);
});

it('needs no pattern for what comes from inputs', () => {
  const cloned = (depth: number) => usesOf(git('clone', `--depth=${depth}`), { depth });
  const permissions = (item: JsonObject) => ({ exec: [{ command: 'git', args: ['clone', item] }] });
  expect(narrower(permissions({ prefix: '--depth=', type: 'integer' }), [...cloned(1), ...cloned(20)])).toEqual([
    'exec[0].args[1]: --depth=${{ inputs.depth }}',
  ]);
  const listed = [{ items: ['a', 'b'] }, { items: ['c'] }].flatMap((inputs) =>
    usesOf(git('clone', inputs.items.join(',')), inputs),
  );
  expect(narrower(permissions({ type: 'text' }), listed)).toEqual(["exec[0].args[1]: ${{ join(inputs.items, ',') }}"]);
});

it('needs a pattern for what comes from elsewhere, or from the name of a property', () => {
  const permissions = { exec: [{ command: 'git', args: ['show', { type: 'text' }] }] };
  expect(narrower(permissions, usesOf(git('show', '4711'), { ref: 'main' }))).toEqual([]);
  expect(narrower(permissions, usesOf(git('show', 'quiet'), {}))).toEqual(['exec[0].args[1]: quiet']);
  const headers = { 'X-Own': 'a' };
  const request: Call = ['net', 'request', { url: 'https://example.com/', headers }];
  const net = [{ url: 'https://example.com/', headers: ['*'] }];
  expect(narrower({ net }, usesOf(request, { headers }))).toEqual([]);
});

it('needs what a call was given, and tells an argument that is always there from one that may be left out', () => {
  const entry = { command: 'git', args: ['fetch', { enum: ['--quiet'], optional: true }], secrets: ['*'] };
  const fetched = usesOf(git('fetch', '--quiet'), {}, { secrets: ['TOKEN'], secret_in: { url: false, rest: true } });
  expect(narrower({ exec: [entry] }, fetched)).toEqual(['exec[0].args[1]: never left out']);
  expect(narrower({ exec: [entry] }, [...usesOf(git('fetch', '--quiet'), {}), ...usesOf(git('fetch'), {})])).toEqual([
    'exec[0].secrets: nothing',
  ]);
});

it('needs in each mode what is needed there', () => {
  const inputs = { mode: { enum: ['save', 'restore'], required: true } };
  const saved = usesOf(read('a'), { mode: 'save' });
  const restored = usesOf(['fs', 'write', { path: 'a', content: '' }], { mode: 'restore' });
  const uses = [...saved, ...restored];
  expect(narrower({ fs: [{ read: 'a', write: 'a' }] }, uses, inputs)).toEqual([
    'fs[0].write: nothing where mode is save',
    'fs[0].read: nothing where mode is restore',
  ]);
  const apart = { fs: [{ read: "${{ inputs.mode == 'save' && 'a' || null }}" }, { write: 'a' }] };
  expect(narrower(apart, uses, inputs)).toEqual(['fs[1]: nothing where mode is save']);
});
