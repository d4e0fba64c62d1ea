// Runs in the tests of a copy of the sources whose `computeGrant()` and `decide()` hand on to this (record-calls.ts): for each call that is
// allowed, notes without which permissions it would have been refused, or carried out in another way.
import { appendFileSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { grantableCapabilities } from '../../runtime/capabilities/table.ts';
import type { GrantRequest, RuleReference } from '../../runtime/grants/api.ts';
import type { computeGrant, Grant } from '../../runtime/grants/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { type Narrowing, narrowingsOf } from './narrowings.ts';
import type { NamedTest } from './run-tests.ts';

/** A line of the file of notes. */
export interface CallNote {
  readonly what: string;
  readonly test: NamedTest;
  /** `changed`: it is allowed, with other secrets, another profile or other bounds. */
  readonly how: 'refused' | 'changed';
}

type Decision =
  | { readonly kind: 'allowed'; readonly effective: unknown; readonly decided_by: readonly RuleReference[] }
  | { readonly kind: 'denied' };
type Compute = typeof computeGrant;
/** What is narrowed has been checked by the loader, and what is left has the same form. */
type Asked = NonNullable<GrantRequest['plugin']['manifest']['permissions']>;

/** Names the folder with `permissions.json`, of the plugin whose calls are noted, and `calls.ndjson`. */
export const notesVariable = 'WATERFLOW_NOTED_CALLS';

/** A few tests that a call is refused in are enough, and so are a few tries of one test: each costs a grant. */
const enoughRefused = 3;
const enoughTries = 20;

const expectSymbol = Symbol.for('expect-global');

interface ExpectState {
  readonly testPath?: string;
  readonly currentTestName?: string;
}

const folder = process.env[notesVariable];
const permissions: JsonObject | undefined =
  folder === undefined ? undefined : (JSON.parse(readFileSync(join(folder, 'permissions.json'), 'utf8')) as JsonObject);
const narrowings = permissions === undefined ? [] : narrowingsOf(permissions);
const partlyGiven = partlyGivenOf(permissions ?? {});
const requests = new WeakMap<Grant, { readonly request: GrantRequest; readonly compute: Compute }>();
const refused = new Map<string, number>();
const tries = new Map<string, number>();
const noted = new Set<string>();

/** A grant as it is computed, of which it remembers what it was computed from. */
export function rememberRequest(request: GrantRequest, compute: Compute): ReturnType<Compute> {
  const computed = compute(request);
  const asked = request.plugin.manifest.permissions;
  if ('grant' in computed && isDeepStrictEqual(asked, permissions)) {
    requests.set(computed.grant, { request, compute });
  }
  return computed;
}

/** The decision as it is, noted. */
export function noteDecision<T extends Decision>(grant: Grant, decision: T, decideBy: (grant: Grant) => Decision): T {
  const computed = requests.get(grant);
  if (computed === undefined || decision.kind !== 'allowed') return decision;
  const { request, compute } = computed;
  const test = currentTest();
  const entries = decision.decided_by.filter(({ layer }) => layer === 'manifest').map(({ place }) => entryOf(place));
  for (const narrowing of narrowings) {
    if (!maySpeakOf(narrowing, entries) || isKnown(narrowing, test)) continue;
    const manifest = { ...request.plugin.manifest, permissions: narrowing.permissions as Asked };
    const plugin = { ...request.plugin, manifest };
    const less = compute({ ...request, plugin });
    const other = 'grant' in less ? decideBy(less.grant) : { kind: 'denied' as const };
    if (other.kind === 'denied') note({ what: narrowing.what, test, how: 'refused' });
    else if (shown(other.effective) !== shown(decision.effective)) note({ what: narrowing.what, test, how: 'changed' });
  }
  return decision;
}

/** Whether it is about an entry by which the call was decided, or about one that a policy which allows what is requested may have gone by. */
function maySpeakOf({ what }: Narrowing, entries: readonly string[]): boolean {
  const entry = entryOf(what);
  const capability = capabilityOf(entry);
  const isOfSame = entries.some((decided) => capabilityOf(decided) === capability);
  return entries.includes(entry) || (isOfSame && partlyGiven.has(capability));
}

function isKnown({ what }: Narrowing, test: NamedTest): boolean {
  if ((refused.get(what) ?? 0) >= enoughRefused) return true;
  const key = JSON.stringify([what, test]);
  const count = tries.get(key) ?? 0;
  tries.set(key, count + 1);
  return count >= enoughTries;
}

function note(line: CallNote): void {
  const text = JSON.stringify(line);
  if (noted.has(text) || folder === undefined) return;
  noted.add(text);
  if (line.how === 'refused') refused.set(line.what, (refused.get(line.what) ?? 0) + 1);
  appendFileSync(join(folder, 'calls.ndjson'), `${text}\n`);
}

/** `exec[3]` of `plugin.yaml:40 exec[3]`, and of `exec[3].env[1]`. */
function entryOf(place: string): string {
  return /\w+\[\d+\]/u.exec(place)?.[0] ?? '';
}

function capabilityOf(entry: string): string {
  return entry.replace(/\[\d+\]$/u, '');
}

/** Capabilities of which such a policy gives less than the manifest asks for: there the manifest's widest entry isn't the policy's. */
function partlyGivenOf(asked: JsonObject): ReadonlySet<string> {
  const partly = grantableCapabilities.filter((capability) => {
    const entries = asked[capability.name];
    if (capability.requested === undefined || !Array.isArray(entries)) return false;
    return entries.some(
      (entry: Json) => isJsonObject(entry) && !isDeepStrictEqual(capability.requested?.(entry), entry),
    );
  });
  return new Set(partly.map(({ name }) => name));
}

/** Without the grammar of arguments, which only refuses. */
function shown(effective: unknown): string {
  const counting = typeof effective === 'object' ? { ...effective, args: undefined } : effective;
  return inspect(counting, { depth: 12, maxArrayLength: null, maxStringLength: null });
}

/** Of vitest's `expect`, which it keeps under this symbol, as others do that test with it. */
function currentTest(): NamedTest {
  const holder = globalThis as unknown as Readonly<Record<symbol, { getState(): ExpectState } | undefined>>;
  const { testPath = '', currentTestName = '' } = holder[expectSymbol]?.getState() ?? {};
  return { file: relative(process.cwd(), testPath), name: currentTestName };
}
