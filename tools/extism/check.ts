import { callExtism } from '../../runtime/testing/extism/call.ts';
import type { ExtismCase, ExtismEnd } from '../../runtime/testing/extism/cases.ts';

/** A case, and what is wrong with what came of it; undefined where nothing is. */
export interface CheckedCase {
  readonly module: string;
  readonly entry: string;
  readonly problem?: string;
}

/** Makes the calls here, and compares with what they must come to, and with what Extism's own runtime said of the same calls. */
export async function checkCases(
  module: Uint8Array,
  cases: readonly ExtismCase[],
  reference: readonly ExtismEnd[] | undefined,
): Promise<readonly CheckedCase[]> {
  const checked: CheckedCase[] = [];
  for (const [index, each] of cases.entries()) {
    const { end, log } = await callExtism(module, each);
    const there = each.elsewhere === undefined ? reference?.[index] : undefined;
    const problem =
      differenceOf(each.end, end) ??
      (each.log === undefined || sameLines(each.log, log) ? undefined : `the log is ${JSON.stringify(log)}`) ??
      (there === undefined ? undefined : differenceFromReference(end, there));
    checked.push({ module: each.module, entry: each.entry, ...(problem === undefined ? {} : { problem }) });
  }
  return checked;
}

function differenceOf(wanted: ExtismEnd, found: ExtismEnd): string | undefined {
  if ('fails' in wanted) return 'fails' in found && found.fails.includes(wanted.fails) ? undefined : shown(found);
  return 'output' in found && sameBytes(wanted.output, found.output) ? undefined : shown(found);
}

/** Messages are each runtime's own. */
function differenceFromReference(here: ExtismEnd, there: ExtismEnd): string | undefined {
  const isSame = 'fails' in here ? 'fails' in there : 'output' in there && sameBytes(here.output, there.output);
  return isSame ? undefined : `in Extism's own runtime it ${shown(there)}, here it ${shown(here)}`;
}

function shown(end: ExtismEnd): string {
  if ('fails' in end) return `fails: ${end.fails}`;
  return `gives ${JSON.stringify(typeof end.output === 'string' ? end.output : Buffer.from(end.output).toString('hex')).slice(0, 200)}`;
}

function sameBytes(one: string | Uint8Array, other: string | Uint8Array): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) === 0;
}

function sameLines(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
