import { ask, asProblem } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import type { Caller } from '../api/types.ts';
import { words } from '../text/index.ts';
import { credential, sessionEnded, sessionFailed, signedIn, signedOut } from './session.ts';

/** Finds out who one is: by the key of this tab, or without one, where the server asks this machine for none. */
export async function begin(): Promise<void> {
  const key = credential();
  try {
    signedIn(await callerOf(key), key);
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (problem.status !== 401 && problem.status !== 403) sessionFailed(problem);
    else if (key === undefined) signedOut();
    else sessionEnded(problem);
  }
}

/** What can stand in a header, as all keys and tokens do. */
const keyForm = /^[\u0021-\u007e]+$/u;

/** Signs in by a key or a token. Gives what keeps it from that; undefined: it is done. */
export async function signInBy(key: string): Promise<ApiProblem | undefined> {
  if (!keyForm.test(key)) return new ApiProblem(401, { code: 'UNAUTHENTICATED', message: '', remedy: '' });
  try {
    signedIn(await callerOf(key), key);
    return undefined;
  } catch (thrown) {
    return asProblem(thrown);
  }
}

async function callerOf(key: string | undefined): Promise<Caller> {
  const caller = await ask<Caller>('v1/caller', { credential: key });
  if (caller.permissions.includes('runs:read')) return caller;
  const { agentKey, agentKeyRemedy } = words.value.signIn;
  throw new ApiProblem(403, { code: 'FORBIDDEN', message: agentKey, remedy: agentKeyRemedy });
}
