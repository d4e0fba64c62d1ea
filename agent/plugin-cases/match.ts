import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** One place at which a value isn't what it should be; `path` is as `outputs.items[2].name`. */
export interface Difference {
  readonly path: string;
  /** Undefined: nothing should be there. */
  readonly expected?: Json;
  /** Undefined: nothing is there. */
  readonly actual?: Json;
}

/** What is wrong with a pattern of an expectation; undefined for one that is right, and for any other value. */
export function patternProblem(value: Json): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const [key, ...others] = Object.keys(value);
  if (key === undefined || !Object.keys(value).some((name) => name.startsWith('$'))) return undefined;
  if (others.length > 0) return '`$matches` and `$any` stand alone';
  if (key === '$any') return value['$any'] === true ? undefined : '`$any` is `true`';
  if (key !== '$matches') return `there is no \`${key}\`; there are \`$matches\` and \`$any\``;
  const pattern = value['$matches'];
  if (typeof pattern !== 'string') return '`$matches` is a regular expression';
  try {
    return new RegExp(pattern, 'u') instanceof RegExp ? undefined : 'it is no pattern';
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Whether a value is a pattern or has one in it. */
export function holdsPattern(value: Json): boolean {
  if (isJsonList(value)) return value.some(holdsPattern);
  return isJsonObject(value) && (isPattern(value) || Object.values(value).some(holdsPattern));
}

/** Where `actual` isn't what `expected` says, in the order of `expected`. */
export function differences(path: string, expected: Json, actual: Json | undefined): readonly Difference[] {
  if (actual === undefined) return [{ path, expected }];
  if (isJsonObject(expected)) {
    if (isPattern(expected)) return matches(expected, actual) ? [] : [{ path, expected, actual }];
    if (isJsonObject(actual)) return ofObjects(path, expected, actual);
  } else if (isJsonList(expected) && isJsonList(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) => {
      const at = `${path}[${index}]`;
      const [wanted, found] = [expected[index], actual[index]];
      return wanted === undefined ? [extra(at, found)] : differences(at, wanted, found);
    });
  }
  return expected === actual ? [] : [{ path, expected, actual }];
}

function ofObjects(path: string, expected: JsonObject, actual: JsonObject): readonly Difference[] {
  const own = (object: JsonObject, key: string): Json | undefined =>
    Object.hasOwn(object, key) ? object[key] : undefined;
  return [
    ...Object.entries(expected).flatMap(([key, value]) => differences(`${path}.${key}`, value, own(actual, key))),
    ...Object.entries(actual).flatMap(([key, value]) =>
      Object.hasOwn(expected, key) ? [] : [extra(`${path}.${key}`, value)],
    ),
  ];
}

function extra(path: string, actual: Json | undefined): Difference {
  return { path, ...(actual === undefined ? {} : { actual }) };
}

/** Whether an object stands for values of which it says something. */
export function isPattern(value: JsonObject): boolean {
  return Object.hasOwn(value, '$matches') || Object.hasOwn(value, '$any');
}

function matches(pattern: JsonObject, actual: Json): boolean {
  const text = pattern['$matches'];
  if (typeof text !== 'string') return true;
  return typeof actual === 'string' && new RegExp(text, 'u').test(actual);
}
