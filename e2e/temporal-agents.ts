/** A server on Temporal with agents on several queues, each a process of its own; secrets are sealed to one key, which they all have. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newQueueKey } from '../engine/temporal/payloads/queue-keys.ts';
import type { TestTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { type AgentProcess, startAgentOf } from './agent-world.ts';
import { folderWith, waterflow } from './command.ts';
import type { ServerPlace, ServerProcess } from './server-process.ts';
import { beginServer, type TemporalPlace, temporalPlace } from './temporal-world.ts';

/** What is started. */
export interface AgentsWanted {
  readonly namespace: string;
  /** The queues of each agent, as TASK_QUEUES has them, by the agent's name. */
  readonly agents: Readonly<Record<string, string>>;
  /** Files in the server's folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** What the agents' operator allows, instead of what is shipped. */
  readonly policy?: string;
}

/** A server and agents that take its jobs. */
export interface ServerWithAgents {
  readonly at: TemporalPlace;
  readonly server: ServerProcess;
  readonly agents: ReadonlyMap<string, AgentProcess>;
}

/** Resolves when the server is ready and all agents take jobs. */
export async function beginWithAgents(
  temporal: TestTemporal,
  { namespace, agents: wanted, files = {}, policy }: AgentsWanted,
): Promise<ServerWithAgents> {
  const { publicKey, privateKey } = await newQueueKey();
  const queues = new Set(Object.values(wanted).flatMap((names) => names.split(',').map((name) => name.split('=')[0])));
  const keys = [...queues].map((queue) => `${queue}: ${publicKey}`).join(', ');
  const config = `temporal: { queue-keys: { ${keys} } }\n`;
  const at = temporalPlace(temporal, { namespace, files: { ...files, 'server.yaml': config } });
  const server = await beginServer(at, { argv: ['--config', join(at.place.folder, 'server.yaml')] });
  const keyFile = join(folderWith({}), 'queue-keys');
  const allowed =
    policy === undefined ? {} : { WATERFLOW_POLICY: join(folderWith({ 'policy.yaml': policy }), 'policy.yaml') };
  writeFileSync(keyFile, `${privateKey}\n`, { mode: 0o600 });
  const env = {
    TEMPORAL_NAMESPACE: namespace,
    WATERFLOW_SERVER_URL: server.url,
    WATERFLOW_AGENT_KEY: await newApiKey(at, { name: 'agents', role: 'agent' }),
    WATERFLOW_QUEUE_KEYS_FILE: keyFile,
    ...allowed,
  };
  const started = Object.entries(wanted).map(async ([name, names]) => {
    return [name, await startAgentOf({ temporal }, { name, env, argv: ['--task-queues', names] })] as const;
  });
  return { at, server, agents: new Map(await Promise.all(started)) };
}

/** Makes a key of the API of servers in a place. */
export async function newApiKey(
  { place, env = {} }: { readonly place: ServerPlace; readonly env?: Readonly<Record<string, string>> },
  { name, role }: { readonly name: string; readonly role: string },
): Promise<string> {
  const made = await waterflow(['keys', 'new', '--name', name, '--role', role, '--state', place.state], { env });
  const [key] = /wf_\w{8}_[\w-]{43}/u.exec(made.stdout) ?? [];
  if (key === undefined) throw new Error(`no key was made: ${made.stderr}`);
  return key;
}
