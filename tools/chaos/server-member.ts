import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';
import { RestartedProcess } from './process.ts';
import type { Victim } from './world.ts';

/** A server that is to be killed. */
export interface ServerMember {
  readonly url: string;
  readonly state: string;
  readonly victim: Victim;
  readonly process: RestartedProcess;
}

const lookMs = 50;
/** All requests come from one address. */
const configuration = 'limits: { requests-per-minute: 0, failures-per-minute: 0 }\n';

/** Starts a server, which keeps its things in `folder`; resolves when it is ready. */
export async function startServer(folder: string, env: Readonly<Record<string, string>>): Promise<ServerMember> {
  const config = join(folder, 'server.yaml');
  const state = join(folder, 'server');
  writeFileSync(config, configuration);
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const process = new RestartedProcess({
    argv: ['server', '--config', config, '--state', state, '--port', port],
    env: { HOME: folder, ...env },
    ready: '"message":"listening on ',
    log: join(folder, 'server.log'),
  });
  await process.start();
  while (!(await fetch(`${url}/readyz`)).ok) await sleep(lookMs);
  return {
    url,
    state,
    process,
    victim: { kind: 'server', name: 'server', kill: () => process.kill(), start: () => process.start() },
  };
}
