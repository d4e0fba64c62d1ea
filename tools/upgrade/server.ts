import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server of one release, and what it is asked. */
export interface UpgradedServer {
  readonly submit: (workflow: string) => Promise<string>;
  readonly run: (run: string) => Promise<{ readonly status: string; readonly error?: { readonly code: string } }>;
  readonly approve: (run: string) => Promise<number>;
  /** Ends it in order; rejects where it doesn't end by itself. */
  readonly stop: () => Promise<void>;
}

/** Starts the server of a checkout, and resolves when it takes requests. */
export async function startServer(checkout: string, state: string): Promise<UpgradedServer> {
  const argv = [join(checkout, 'bin', 'waterflow'), 'server', '--state', state, '--port', '0', '--json'];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await urlOf(child);
  const ask = async (path: string, request: RequestInit = {}) => {
    const response = await fetch(new URL(path, url), request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }; // As the API says.
  };
  const headers = { 'content-type': 'application/json' };
  return {
    async submit(workflow) {
      const yaml = { 'content-type': 'application/yaml' };
      const { status, body } = await ask('/v1/workflows', { method: 'POST', headers: yaml, body: workflow });
      if (status !== 201) throw new Error(`a run was refused: ${JSON.stringify(body)}`);
      return String(body['id']);
    },
    // As above.
    run: async (run) => (await ask(`/v1/workflows/${run}`)).body as Awaited<ReturnType<UpgradedServer['run']>>,
    approve: async (run) => {
      const request = { method: 'POST', headers, body: JSON.stringify({ decision: 'approve' }) };
      return (await ask(`/v1/workflows/${run}/approvals`, request)).status;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`the server ended with ${String(code)}`);
    },
  };
}

async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new TypeError('its log is piped');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const url = /"url":"([^"]+)"/u.exec(line)?.[1];
    if (url !== undefined) {
      child.stderr.resume();
      return url;
    }
  }
  throw new Error(`the server did not start:\n${said.join('\n')}`);
}
