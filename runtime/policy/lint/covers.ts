/** Whether one thing of a policy takes in all of another. Where that isn't plain the answer is no: a lint that guesses is none. */
import { isJsonList, type Json, type JsonObject, sameJson } from '../../../schemas/index.ts';
import { parsePathPattern } from '../../capabilities/fs/glob.ts';
import { capabilities } from '../../capabilities/table.ts';
import { holdsExpression } from '../../grants/substitute.ts';
import { selects } from '../selector.ts';

/** Whether every plugin that `narrow` selects is one that `wide` selects. `builtIn` are the names of built-in nodes. */
export function coversSelector(wide: string, narrow: string, builtIn: ReadonlySet<string>): boolean {
  if (wide === narrow || /^\*+$/.test(wide)) return true;
  if (wide === 'built-in') return builtIn.has(narrow);
  // What has no pattern in it is one name, and can be asked for.
  if (!/^[a-z0-9-]+$/.test(narrow) || narrow === 'built-in' || narrow === 'approved') return false;
  const identity = { name: narrow, version: '', digest: '' };
  // Selectors by digest and origin select nothing here, as they should.
  return selects(wide, { identity: identity as never, origin: 'installed' });
}

/** Whether whatever `narrow` allows `wide` allows too, with no fewer powers. */
export function coversEntry(capability: string, wide: JsonObject, narrow: JsonObject): boolean {
  const [left, right] = [withoutReason(wide), withoutReason(narrow)];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => coversPart(capability, key, [left[key], right[key]]));
}

/**
 * Whether one field of an entry takes in all of the same field of another; undefined is a field that is left out. What holds an expression
 * takes in itself alone, and nothing else takes it in: both entries are filled with the same inputs, and hold or fall with them.
 */
export function coversPart(capability: string, key: string, [wide, narrow]: Pair): boolean {
  if (sameField(wide, narrow)) return true;
  if (holdsExpression(JSON.stringify([wide, narrow]))) return false;
  return coversField(capability, key, [wide, narrow]);
}

/** Whether whatever `narrow` allows `deny` forbids. What a deny leaves out stands for anything. */
export function forbidsEntry(capability: string, deny: JsonObject, narrow: JsonObject): boolean {
  const forbidding = withoutReason(deny);
  if (holdsExpression(JSON.stringify(forbidding))) return false;
  if ((conditionsOf[capability] ?? []).some((key) => forbidding[key] !== undefined)) return false;
  const uses = usesOf[capability] ?? [];
  // A deny that names a use forbids that one alone: whatever else the entry is for is left.
  const named = uses.some((key) => forbidding[key] !== undefined)
    ? uses.filter((key) => narrow[key] !== undefined)
    : [];
  const keys = new Set([...Object.keys(forbidding), ...named]);
  return [...keys].every((key) => coversField(capability, key, [forbidding[key], narrow[key]]));
}

/** Keys by which a deny is about the calls that use such a thing, and leaves the others. */
const conditionsOf: Readonly<Record<string, readonly string[]>> = {
  docker: ['network', 'mounts', 'ports', 'user'],
  exec: ['egress'],
};

/** Keys of which each is for calls of its own. */
const usesOf: Readonly<Record<string, readonly string[]>> = {
  fs: ['read', 'write'],
  ssh: ['commands', 'read', 'write'],
};

type Pair = readonly [wide: Json | undefined, narrow: Json | undefined];

function coversField(capability: string, key: string, [wide, narrow]: Pair): boolean {
  if (sameField(wide, narrow)) return true;
  switch (key) {
    case 'methods':
      return coversList(wide ?? ['GET', 'HEAD'], narrow ?? ['GET', 'HEAD']);
    case 'headers':
    case 'secrets':
    case 'url-secrets':
    case 'proxies':
      return narrow === undefined || (wide !== undefined && coversList(wide, narrow));
    case 'names':
      // `*` of `env` is neither PATH nor a variable by which programs load code, and `any` that is requested isn't given.
      if (capability === 'env') return narrow !== undefined && holdsAll(wide, narrow);
      return narrow === undefined || (wide !== undefined && coversList(wide, narrow));
    case 'env':
      // `*` is neither the step's own environment nor a variable by which programs load code.
      return narrow === undefined || wide === 'any' || holdsAll(wide, narrow);
    case 'args':
      return wide === 'any';
    case 'command':
      return wide === '*';
    case 'profile':
      return wide === 'host';
    case 'private':
      return wide === true;
    case 'url':
      return coversUrl(wide, narrow);
    case 'read':
    case 'write':
      return capability === 'fs' && coversPaths(wide, narrow);
    default:
      return false;
  }
}

function sameField(one: Json | undefined, other: Json | undefined): boolean {
  return one === undefined || other === undefined ? one === other : sameJson(one, other);
}

function coversList(wide: Json, narrow: Json): boolean {
  return (isJsonList(wide) && wide.includes('*')) || holdsAll(wide, narrow);
}

function holdsAll(wide: Json | undefined, narrow: Json): boolean {
  return isJsonList(wide) && isJsonList(narrow) && narrow.every((item) => wide.includes(item));
}

/** Asked of the grammar itself, for a URL without patterns in it. */
function coversUrl(wide: Json | undefined, narrow: Json | undefined): boolean {
  if (typeof wide !== 'string' || typeof narrow !== 'string' || narrow.includes('*') || !URL.canParse(narrow))
    return false;
  const net = capabilities.get('net');
  const rule = net?.parse({ url: wide });
  // Without a path it means any, which only another one without can cover.
  if (new URL(narrow).pathname === '/' && !narrow.endsWith('/')) return false;
  if (!narrow.includes('?') && wide.includes('?')) return false;
  return (
    rule !== undefined &&
    'rule' in rule &&
    net?.operations['request']?.check(rule.rule, { url: narrow, method: 'GET', headers: [] }).matches === true
  );
}

function coversPaths(wide: Json | undefined, narrow: Json | undefined): boolean {
  if (narrow === undefined) return true;
  const patterns = textsOf(wide).flatMap((text) => {
    const parsed = parsePathPattern(text);
    return 'pattern' in parsed ? [parsed.pattern] : [];
  });
  return textsOf(narrow).every(
    (text) =>
      patterns.some((pattern) => pattern.text === text || pattern.text === '**') ||
      (!/[*?\\]/.test(text) && patterns.some((pattern) => pattern.matches(text.split('/')))),
  );
}

function textsOf(value: Json | undefined): readonly string[] {
  return (isJsonList(value) ? value : [value]).flatMap((item) => (typeof item === 'string' ? [item] : []));
}

function withoutReason(entry: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'reason'));
}
