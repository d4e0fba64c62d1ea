import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Why a manifest asks for more than its tests need: something that no test on this machine can show. */
export interface Wider {
  readonly plugin: string;
  /** `exec[3].args[7]`. */
  readonly place: string;
  /** Of several proposals for that place, which one; absent: all. */
  readonly instead?: string;
  readonly reason: string;
}

/** What stands in wider.yaml. */
export function widerReasons(): readonly Wider[] {
  // The repository's own file, which the test of this tool reads, too.
  return (parse(readFileSync(join(import.meta.dirname, 'wider.yaml'), 'utf8')) ?? []) as readonly Wider[];
}
