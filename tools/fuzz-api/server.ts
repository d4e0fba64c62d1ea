import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'waterflow');

/** Few runs at a time: some that were submitted have to wait, too. No rate limits, as all requests come from one address. */
const configuration = `active-runs: 8
limits:
  requests-per-minute: 0
  failures-per-minute: 0
`;

/** A server to fuzz. */
export interface FuzzedServer extends AsyncDisposable {
  readonly url: string;
  /** Keys of admins of two tenants, and of an agent of the first. */
  readonly keys: { readonly own: string; readonly agent: string; readonly other: string };
  /** Errors in its log so far, as JSON: requests that failed, and what went wrong beside them. */
  readonly errors: readonly string[];
  /** Whether it still runs. */
  readonly alive: () => boolean;
}

/** Starts a server, a process of its own, whose state is in `folder`. Rejects with what it says where it doesn't start. */
export async function startServer(folder: string): Promise<FuzzedServer> {
  mkdirSync(folder, { recursive: true });
  const [config, state] = [join(folder, 'server.yaml'), join(folder, 'state')];
  writeFileSync(config, configuration);
  // Not a key of the server's records: those the fuzz finds and revokes.
  const own = `wf-fuzz-${randomBytes(24).toString('hex')}`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, API_KEY: own, HOST: '127.0.0.1', PORT: '0' };
  const place = ['--config', config, '--state', state];
  const keyOf = (tenant: string, role: string): string => newKey({ tenant, role, place, env });
  const [agent, other] = [keyOf('default', 'agent'), keyOf('other', 'admin')];
  const child = spawn(launcher, ['server', ...place], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  const url = await listening(child, errors);
  return {
    url,
    keys: { own, agent, other },
    errors,
    alive: () => child.exitCode === null && child.signalCode === null,
    [Symbol.asyncDispose]: () => end(child),
  };
}

interface NewKey {
  readonly tenant: string;
  readonly role: string;
  readonly place: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function newKey({ tenant, role, place, env }: NewKey): string {
  const argv = ['keys', 'new', '--name', 'fuzz', '--tenant', tenant, '--role', role, '--json', ...place];
  const { status, stdout, stderr } = spawnSync(launcher, argv, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`no key could be made: ${stderr}`);
  const { key }: { readonly key: string } = JSON.parse(stdout);
  return key;
}

/** Resolves with the URL when the server takes requests; collects what it logs as an error from then on. */
function listening(child: ChildProcess, errors: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) throw new Error('the server has no stderr');
    let said = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.startsWith('{"level":"error"')) errors.push(line);
      if (said.length < 10_000) said += `${line}\n`;
      const url = /"url":"([^"]+)"/u.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`the server did not start:\n${said}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(late);
}
