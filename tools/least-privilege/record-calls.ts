import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../schemas/index.ts';
import { type CallNote, notesVariable } from './note-calls.ts';

/** Where the copy's code hands on what it decides; the copy alone is changed, so that no switch has to exist in what is shipped. */
const patches = [
  {
    file: 'runtime/grants/compute-grant.ts',
    find: 'export function computeGrant(request: GrantRequest)',
    replace: `import { rememberRequest } from '../../tools/least-privilege/note-calls.ts';
export function computeGrant(request: GrantRequest): ReturnType<typeof computeGrantItself> {
  return rememberRequest(request, computeGrantItself);
}
function computeGrantItself(request: GrantRequest)`,
  },
  {
    file: 'runtime/grants/authorize.ts',
    find: 'function decide(request: Request, demands: readonly unknown[]): Decision {',
    replace: `import { noteDecision } from '../../tools/least-privilege/note-calls.ts';
function decide(request: Request, demands: readonly unknown[]): Decision {
  return noteDecision(request.grant, decideItself(request, demands), (grant) => decideItself({ ...request, grant }, demands));
}
function decideItself(request: Request, demands: readonly unknown[]): Decision {`,
  },
] as const;

/**
 * Runs tests so that it shows which of them make a call that would be refused, or carried out in another way, without one of the
 * permissions. Each patch has to apply, else it throws.
 */
export async function recordCalls<T>(
  root: string,
  permissions: JsonObject,
  runTests: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<{ readonly ended: T; readonly notes: readonly CallNote[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-noted-'));
  const originals = patches.map(({ file }) => readFileSync(join(root, file), 'utf8'));
  writeFileSync(join(folder, 'permissions.json'), JSON.stringify(permissions));
  try {
    for (const [index, { file, find, replace }] of patches.entries()) {
      const source = originals[index] ?? '';
      if (!source.includes(find)) throw new Error(`${file} no longer has "${find}"`);
      writeFileSync(
        join(root, file),
        source.replace(find, () => replace),
      );
    }
    const ended = await runTests({ [notesVariable]: folder });
    return { ended, notes: notesIn(join(folder, 'calls.ndjson')) };
  } finally {
    for (const [index, { file }] of patches.entries()) writeFileSync(join(root, file), originals[index] ?? '');
    rmSync(folder, { recursive: true });
  }
}

function notesIn(file: string): readonly CallNote[] {
  if (!existsSync(file)) return [];
  // Written by note-calls.ts.
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CallNote);
}
