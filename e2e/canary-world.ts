/** A server and an agent on Temporal with keys for payloads and for their queue, and everything that they leave behind. */

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPayloadKey } from '../engine/temporal/payloads/payload-keys.ts';
import { newQueueKey } from '../engine/temporal/payloads/queue-keys.ts';
import type { TestTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { type AgentProcess, startAgentOf } from './agent-world.ts';
import { answersAbout } from './canary-answers.ts';
import { dumpOf, filesIn, keptByTemporal, type Place, processesBelow } from './canary-places.ts';
import { folderWith, type RunningCommand, waterflow } from './command.ts';
import { askServer, portOf, type ServerProcess } from './server-process.ts';
import { beginServer, type TemporalPlace, temporalPlace } from './temporal-world.ts';

/** Where a canary may be. */
export interface CanaryWorld {
  readonly at: TemporalPlace;
  readonly server: ServerProcess;
  readonly agent: AgentProcess;
  /** Starts server and agent again, where the ones before were. */
  readonly restart: () => Promise<CanaryWorld>;
  /** Ends both, and writes another payload key: as the second one, as the first, and at last alone. */
  readonly changeKeys: (place: 'second' | 'first' | 'only') => Promise<void>;
  /** Submits a workflow; gives the run's id. */
  readonly submit: (request: object) => Promise<string>;
  /** All that is written, shown and answered, about a run in particular. */
  readonly places: (run: string) => Promise<readonly Place[]>;
}

/** What an agent's policy has beside the shipped one: the built-in nodes reach this machine, and no third party's plugin does. */
const policy = `
version: 1
require: { confinement: 1 }
rules:
  - plugin: built-in
    allow: requested
    profile: host
    reason: a test of its own
  - plugin: built-in
    allow:
      net: [{ url: "http://127.0.0.1:*", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }]
    reason: a server of the test
`;

/** Brings it up in a namespace. `payloads`: whether they are encrypted. `databaseUrl`: of PostgreSQL, where the server is to use that. */
export async function openCanaryWorld(
  temporal: TestTemporal,
  {
    namespace,
    payloads,
    databaseUrl,
  }: { readonly namespace: string; readonly payloads: 'encrypted' | 'clear'; readonly databaseUrl?: string },
): Promise<CanaryWorld> {
  const { publicKey, privateKey } = await newQueueKey();
  const [key, nextKey] = [newPayloadKey(), newPayloadKey()];
  const keys = folderWith({ payloads: `${key}\n`, queue: `${privateKey}\n`, 'policy.yaml': policy });
  for (const file of ['payloads', 'queue']) chmodSync(join(keys, file), 0o600);
  const encryption = payloads === 'encrypted' ? { WATERFLOW_PAYLOAD_KEYS_FILE: join(keys, 'payloads') } : {};
  const files = { 'server.yaml': `temporal: { queue-keys: { work: ${publicKey} } }\n` };
  const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const at = temporalPlace(temporal, { namespace, files, env: { ...encryption, ...database } });
  const ownEnv = {
    ...encryption,
    TEMPORAL_NAMESPACE: namespace,
    WATERFLOW_QUEUE_KEYS_FILE: join(keys, 'queue'),
    WATERFLOW_POLICY: join(keys, 'policy.yaml'),
  };
  const processes: { readonly name: string; readonly process: RunningCommand }[] = [];
  const begin = async (port: string, state: string, agentsKey?: string): Promise<CanaryWorld> => {
    const server = await beginServer(at, { port, argv: ['--config', join(at.place.folder, 'server.yaml')] });
    const shipping = { WATERFLOW_SERVER_URL: server.url, WATERFLOW_AGENT_KEY: agentsKey ?? (await agentKey(at)) };
    const agent = await startAgentOf({ temporal }, { name: 'keyed', state, env: { ...ownEnv, ...shipping } });
    processes.push({ name: 'the server', process: server.process }, { name: 'the agent', process: agent.process });
    return {
      at,
      server,
      agent,
      restart: () => begin(portOf(server), state, shipping.WATERFLOW_AGENT_KEY),
      async changeKeys(place) {
        for (const { process } of [agent, server]) {
          process.kill('SIGTERM');
          await process.ended;
        }
        const lines = { second: [key, nextKey], first: [nextKey, key], only: [nextKey] }[place];
        writeFileSync(join(keys, 'payloads'), `${lines.join('\n')}\n`);
      },
      async submit(request) {
        const { status, body } = await askServer(server, '/v1/workflows', request);
        if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
        return String(body['id']);
      },
      places: async (run) => [
        ...keptByTemporal(temporal, namespace),
        ...filesIn('server', at.place.state),
        ...filesIn('agent', state),
        ...(databaseUrl === undefined ? [] : dumpOf(databaseUrl)),
        ...(await answersAbout(run, server)),
        ...processes.flatMap(({ name, process }) => written(name, process)),
      ],
    };
  };
  return await begin('0', folderWith({}));
}

/** A new key of an agent that ships to the server of that place. */
async function agentKey({ place, env }: TemporalPlace): Promise<string> {
  const made = await waterflow(['keys', 'new', '--name', 'keyed', '--role', 'agent', '--state', place.state], { env });
  const [key] = /wf_\w{8}_[\w-]{43}/u.exec(made.stdout) ?? [];
  if (key === undefined) throw new Error(`no key: ${made.stdout}${made.stderr}`);
  return key;
}

/** What a process said, and what others on its machine see of it. */
function written(name: string, { child, stdout, stderr }: RunningCommand): readonly Place[] {
  return [
    { where: `stdout of ${name}`, bytes: Buffer.from(stdout) },
    { where: `stderr of ${name}`, bytes: Buffer.from(stderr) },
    ...(child.pid === undefined ? [] : processesBelow(name, child.pid)),
  ];
}
