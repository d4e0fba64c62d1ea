import { type ReadonlySignal, signal } from '@preact/signals';
import type { ApiProblem } from '../api/problem.ts';
import type { Caller } from '../api/types.ts';

/** Whether somebody is signed in, and who. */
export type Session =
  | { readonly state: 'unknown' }
  | { readonly state: 'out'; readonly why?: ApiProblem }
  | { readonly state: 'in'; readonly caller: Caller }
  | { readonly state: 'failed'; readonly why: ApiProblem };

const storageName = 'waterflow-credential';
const current = signal<Session>({ state: 'unknown' });

export const session: ReadonlySignal<Session> = current;

/**
 * The API key or token. It is kept for this tab alone and until that is closed: in memory only, each reload would ask for it anew, and in
 * localStorage the next person at this machine would find it. It is no cookie, so no other page can have a browser send it along.
 */
export function credential(): string | undefined {
  return sessionStorage.getItem(storageName) ?? undefined;
}

export function signedIn(caller: Caller, key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(storageName);
  else sessionStorage.setItem(storageName, key);
  current.value = { state: 'in', caller };
}

const forgetting: (() => void)[] = [];

/** Has something of who was signed in forgotten once they sign out: the next person at this tab is to find nothing of theirs. */
export function onSignOut(forget: () => void): void {
  forgetting.push(forget);
}

export function signOut(): void {
  sessionStorage.removeItem(storageName);
  current.value = { state: 'out' };
  for (const forget of forgetting) forget();
}

/** Nobody is signed in. */
export function signedOut(): void {
  current.value = { state: 'out' };
}

/** The server knows the key or token no longer, or never did. */
export function sessionEnded(why: ApiProblem): void {
  sessionStorage.removeItem(storageName);
  current.value = { state: 'out', why };
}

/** Nobody can be asked who one is. */
export function sessionFailed(why: ApiProblem): void {
  current.value = { state: 'failed', why };
}

/** Whether who is signed in may do something. The server decides; the console only offers what will be let through. */
export function may(permission: string): boolean {
  const { value } = current;
  return value.state === 'in' && value.caller.permissions.includes(permission);
}

/** Whether who is signed in sees the runs of all tenants. */
export function isOfAllTenants(): boolean {
  const { value } = current;
  return value.state === 'in' && value.caller.tenant_id === '*';
}
