/** What an operator asks of a site's server, by curl on one of its machines. */
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from './machine.ts';

/** Where the server is, and what it is asked with. */
export interface SiteServer {
  readonly machine: Machine;
  readonly url: string;
  /** Words for curl: who vouches for the server, and who asks. */
  readonly curl: string;
}

/** What the API says of a run, in so far as it is looked at here. */
export interface ShownRun {
  readonly status: string;
  readonly jobs: Readonly<Record<string, { readonly status?: string; readonly agent?: string }>>;
}

const ended: ReadonlySet<string> = new Set(['success', 'failure', 'cancelled']);
const pollMs = 500;
const patienceMs = 240_000;

/** Asks something. Gives the answer's body; throws for anything but success. */
export async function ask(server: SiteServer, path: string, body?: unknown): Promise<unknown> {
  const { machine, url, curl } = server;
  const name = `${randomUUID()}.json`;
  const file = join(machine.folder, 'srv', name);
  const words = body === undefined ? '' : `--header 'content-type: application/json' --data-binary @/srv/${name}`;
  if (body !== undefined) writeFileSync(file, JSON.stringify(body));
  try {
    const text = await machine.run(`curl --silent --show-error --fail-with-body ${curl} ${words} '${url}${path}'`);
    return JSON.parse(text) as unknown;
  } finally {
    rmSync(file, { force: true });
  }
}

/** Resolves when the server takes requests, and its engine has begun. */
export async function ready(server: SiteServer): Promise<void> {
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    const { code } = await server.machine.try(`curl --silent --fail ${server.curl} ${server.url}/readyz`);
    if (code === 0) return;
    await sleep(pollMs);
  }
  const log = await server.machine.try('journalctl --no-pager --lines 40');
  throw new Error(`the server is not ready:\n${log.stdout}`);
}

/** Hands a workflow in; gives the run's id. */
export async function submit(server: SiteServer, workflow: string, more: object = {}): Promise<string> {
  const { id } = (await ask(server, '/v1/workflows', { workflow, ...more })) as { readonly id: string }; // As the API says.
  return id;
}

/** What a run is at. */
export async function shown(server: SiteServer, run: string): Promise<ShownRun> {
  return (await ask(server, `/v1/workflows/${run}`)) as ShownRun; // As the API says.
}

/** Resolves with what a run is at when that is one of `wanted`, or the end. */
export async function reaches(server: SiteServer, run: string, wanted: readonly string[] = []): Promise<ShownRun> {
  for (let waited = 0; ; waited += pollMs) {
    const now = await shown(server, run);
    if (wanted.includes(now.status) || ended.has(now.status)) return now;
    if (waited > patienceMs) throw new Error(`${run} stays ${now.status}: ${JSON.stringify(now.jobs)}`);
    await sleep(pollMs);
  }
}
