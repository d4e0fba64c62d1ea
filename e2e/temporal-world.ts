/** Servers and agents on a Temporal of a test's own, each a process as its operator starts it. */
import type { TestTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { type AgentProcess, startAgentOf } from './agent-world.ts';
import { waterflow } from './command.ts';
import { type ServerPlace, type ServerProcess, type ServerStart, serverPlace } from './server-process.ts';

/** Where servers and agents of a test meet. */
export interface TemporalPlace {
  readonly temporal: TestTemporal;
  /** Of the test's own. */
  readonly namespace: string;
  /** The folder of the first server. */
  readonly place: ServerPlace;
  readonly env: Readonly<Record<string, string>>;
}

/** A place in a namespace; `files` lie in the folder of the first server. */
export function temporalPlace(
  temporal: TestTemporal,
  {
    namespace,
    files,
    env = {},
  }: Pick<TemporalPlace, 'namespace'> & {
    readonly files: Readonly<Record<string, string>>;
    /** For each server. */
    readonly env?: Readonly<Record<string, string>>;
  },
): TemporalPlace {
  const all = { TEMPORAL_HOST: temporal.address, TEMPORAL_NAMESPACE: namespace, ...env };
  return { temporal, namespace, place: serverPlace(files), env: all };
}

/** Starts a server, in the first one's folder or another one, and waits until it is ready. */
export async function beginServer(
  { place: first, env }: TemporalPlace,
  { place = first, ...options }: ServerStart & { readonly place?: ServerPlace } = {},
): Promise<ServerProcess> {
  const server = await place.begin({ ...options, env: { ...env, ...options.env } });
  const lookMs = 100;
  while (!(await fetch(new URL('/readyz', server.url))).ok) await new Promise((resolve) => setTimeout(resolve, lookMs));
  return server;
}

/** Starts an agent on the queue `work`, which ships to a server with a key that is made for it. */
export async function beginAgent(
  { temporal, namespace, place, env }: TemporalPlace,
  { url }: Pick<ServerProcess, 'url'>,
  more: Readonly<Record<string, string>> = {},
  argv: readonly string[] = [],
): Promise<AgentProcess> {
  const name = `agent-of-${namespace}`;
  const made = await waterflow(['keys', 'new', '--name', name, '--role', 'agent', '--state', place.state], { env });
  const key = /wf_\w{8}_[\w-]{43}/u.exec(made.stdout)?.[0] ?? '';
  const shipping = { WATERFLOW_SERVER_URL: url, WATERFLOW_AGENT_KEY: key };
  return startAgentOf({ temporal }, { name, env: { TEMPORAL_NAMESPACE: namespace, ...shipping, ...more }, argv });
}
