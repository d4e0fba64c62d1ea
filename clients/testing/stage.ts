/** A server of a suite's own, with a key of each role, and clients that reach it through a proxy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Driver, Values } from './driver.ts';
import type { Stage } from './play.ts';
import { firstKey, type Started, startWaterflow } from './process.ts';
import { startProxy } from './proxy.ts';

/** A server that is there for several scenarios. */
export interface World extends AsyncDisposable {
  readonly url: string;
  /** The same for its agents: what is done to connections of clients happens to none of theirs. */
  readonly agentUrl: string;
  readonly folder: string;
  readonly keys: Readonly<Record<string, string>>;
  /** A stage on it for one client. */
  readonly stageFor: (driver: Driver) => Stage;
}

/** What its server has that others don't. */
export interface WorldOptions {
  /** Its configuration, as YAML has it. */
  readonly config?: Values;
  readonly env?: Readonly<Record<string, string>>;
}

const withoutLimits = { limits: { 'requests-per-minute': 0, 'failures-per-minute': 0 } };
const roles = ['admin', 'operator', 'approver', 'viewer', 'agent'];

/** Starts a server. */
export async function startWorld({ config = {}, env = {} }: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-clients-'));
  const file = join(folder, 'server.yaml');
  writeFileSync(file, stringify({ ...withoutLimits, ...config }));
  const begin = (): Promise<Started> =>
    startWaterflow(['server', '--config', file, '--state', join(folder, 'state'), '--port', '0'], {
      text: '"message":"listening on ',
      env: { API_KEY: firstKey, ...env },
    });
  const proxy = await startProxy();
  const agentProxy = await startProxy();
  const lead = ({ url }: Started): void => [proxy, agentProxy].forEach(({ leadTo }) => leadTo(url));
  let server = await begin();
  lead(server);
  const keys: Record<string, string> = { wrong: `wf_notthere_${'x'.repeat(43)}` };
  for (const role of roles) keys[role] = await newKey(server, role);
  return {
    url: proxy.url,
    agentUrl: agentProxy.url,
    folder,
    keys,
    stageFor: (driver) => ({
      driver,
      kill: () => server.end('SIGKILL'),
      async start() {
        server = await begin();
        lead(server);
      },
      loseNextAnswer: proxy.loseNextAnswer,
      cut: proxy.cut,
      hidden: [...Object.values(keys), 's3cret-of-the-scenario'],
    }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await agentProxy[Symbol.asyncDispose]();
      await server.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function newKey({ url }: Started, role: string): Promise<string> {
  const response = await fetch(new URL('/v1/keys', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${firstKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: role, role }),
  });
  const { key } = (await response.json()) as { readonly key: string }; // As the API says.
  return key;
}
