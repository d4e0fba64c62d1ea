import type { Json } from 'waterflow/plugin';
import { parsePath, sameJson, valueAt } from './json-path.ts';
import { checkStatuses, type Statuses } from './status.ts';

/** What an answer has to be. */
export interface Expectation {
  readonly status?: Statuses;
  /** Paths, and the value that is there. */
  readonly json?: Readonly<Record<string, Json>>;
  /** A pattern that is found in the body. */
  readonly body?: string;
}

const shownCharacters = 200;

/** Reads what can be read before anything is sent. Throws on a status, a path or a pattern that is none. */
export function checkExpectation({ status, json = {}, body }: Expectation): void {
  if (status !== undefined) checkStatuses(status);
  for (const path of Object.keys(json)) parsePath(path);
  patternOf(body);
}

/** What the answer isn't, for people; undefined where it is all that it should be. */
export function misfitOf(
  { json = {}, body }: Expectation,
  answer: { readonly body: string; readonly json: Json | undefined },
): string | undefined {
  for (const [path, expected] of Object.entries(json)) {
    if (answer.json === undefined) return `the body is no JSON, expected ${path} to be ${shown(expected)}`;
    const found = valueAt(answer.json, parsePath(path));
    if (!sameJson(found, expected)) return `${path} is ${shown(found)}, expected ${shown(expected)}`;
  }
  const pattern = patternOf(body);
  if (pattern === undefined || pattern.test(answer.body)) return undefined;
  return `the body does not match ${pattern}: ${answer.body.slice(0, shownCharacters)}`;
}

function patternOf(body: string | undefined): RegExp | undefined {
  if (body === undefined) return undefined;
  try {
    return new RegExp(body, 'u');
  } catch (cause) {
    throw new Error(`expect.body: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value);
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters - 1)}…`;
}
