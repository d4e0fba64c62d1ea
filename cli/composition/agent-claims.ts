import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenClaim } from '../../agent/worker/work.ts';
import { createWorkspaces } from '../../agent/workspace/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** A claim as its agent remembers it for the process that comes after. */
export interface RememberedClaim {
  readonly workspace: AbsolutePath;
  readonly task: Pick<GivenClaim['task'], 'workflow_id' | 'job_attempt'>;
}

const fileName = 'claims.json';

/** Keeps the claims that there are. */
export function rememberClaims(stateDir: AbsolutePath, claims: readonly GivenClaim[]): void {
  const remembered: readonly RememberedClaim[] = claims.map(({ claim: { workspace }, task }) => {
    const { workflow_id, job_attempt } = task;
    return { workspace, task: { workflow_id, job_attempt } };
  });
  const file = join(stateDir, fileName);
  writeFileSync(`${file}.new`, JSON.stringify(remembered), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Removes the workspaces of claims that an agent had when it was killed, and gives the claims. Kept workspaces stay. Its processes and
 * containers have ended with it.
 */
export async function cleanUpAfter(stateDir: AbsolutePath): Promise<readonly RememberedClaim[]> {
  const claims = readClaims(stateDir);
  const workspaces = createWorkspaces(stateDir);
  for (const { workspace } of claims) {
    const left = workspaces.left(workspace);
    if (left !== undefined) await workspaces.remove(left);
  }
  return claims;
}

function readClaims(stateDir: AbsolutePath): readonly RememberedClaim[] {
  try {
    // rememberClaims() wrote it, whole or not at all.
    return JSON.parse(readFileSync(join(stateDir, fileName), 'utf8')) as readonly RememberedClaim[];
  } catch {
    return [];
  }
}
