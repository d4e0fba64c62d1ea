import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import type { Owner } from './folder.ts';
import type { Profile } from './rule.ts';

/**
 * A folder of the workspace with every link followed, which must lie in it. What is swapped after this look does no harm: in
 * profile workspace nothing else is there, and in profile host the program may go anywhere by itself.
 */
export function realFolder(workspace: AbsolutePath, names: readonly string[]): AbsolutePath {
  const root = realpathSync.native(workspace);
  const shown = names.join('/') || '.';
  const real = realPathIfThere(join(root, ...names));
  if (real === undefined) throw new CallFailure('NOT_FOUND', `the folder \`${shown}\` does not exist`);
  if (real !== root && !real.startsWith(`${root}/`)) {
    throw new CallFailure('DENIED', `the folder \`${shown}\` lies outside the workspace`, {
      rule: 'exec cwd: links are not followed out of the workspace',
      remedy: 'Name a folder of the workspace.',
    });
  }
  if (!statSync(real).isDirectory()) throw new CallFailure('FAILED', `\`${shown}\` is not a folder`);
  // realpath's result is absolute and normalized.
  return real as AbsolutePath;
}

function realPathIfThere(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/**
 * The user of a confined exec where the agent is root: only where the workspace is that user's, who could do nothing in it
 * otherwise.
 */
export function ownerOf(workspace: AbsolutePath, profile: Profile, user: CallScope['sandbox']['user']): Owner {
  if (user === undefined || profile === 'host') return undefined;
  return statSync(workspace).uid === user.uid ? user : undefined;
}
