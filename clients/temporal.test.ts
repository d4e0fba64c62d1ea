/** The clients with a server on Temporal: a sample of the scenarios, all of them in `npm run test:clients`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { needs } from '../e2e/require.ts';
import { newQueueKey } from '../engine/temporal/payloads/queue-keys.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { borrowPython } from './testing/clients.ts';
import { type Started, startWaterflow } from './testing/process.ts';
import type { Scenario } from './testing/scenario.ts';
import { startWorld, type World } from './testing/stage.ts';
import { isWhole, scenariosWith } from './testing/suite.ts';

const isThere = (await needs('temporal')) && (await needs('python'));
const python = isThere ? borrowPython() : '';
const temporal = isThere ? await startTemporal() : undefined;
const queue = await newQueueKey();
const folder = mkdtempSync(join(tmpdir(), 'waterflow-clients-agent-'));
let shared: World | undefined;
let agent: Started | undefined;

const env = { TEMPORAL_HOST: temporal?.address ?? '', TEMPORAL_NAMESPACE: 'default' };
beforeAll(async () => {
  if (!isThere) return;
  shared = await startWorld({ config: { temporal: { 'queue-keys': { local: queue.publicKey } } }, env });
  const queueKeys = join(folder, 'queue-keys');
  writeFileSync(queueKeys, `${queue.privateKey}\n`, { mode: 0o600 });
  agent = await startWaterflow(
    ['agent', '--name', 'one', '--task-queues', 'local=4', '--state', join(folder, 'state')],
    {
      text: 'takes jobs',
      env: {
        ...env,
        WATERFLOW_SERVER_URL: shared.agentUrl,
        WATERFLOW_AGENT_KEY: shared.keys['agent'] ?? '',
        WATERFLOW_QUEUE_KEYS_FILE: queueKeys,
      },
    },
  );
});
afterAll(async () => {
  await agent?.end('SIGTERM');
  await shared?.[Symbol.asyncDispose]();
  await temporal?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
  if (isThere) rmSync(dirname(python), { recursive: true });
});

/** The same for both clients; it ends with the file. */
const world = async (): Promise<World> => {
  if (shared === undefined) throw new Error('there is no world');
  return { ...shared, [Symbol.asyncDispose]: async () => {} };
};
const only = ({ sample, engine }: Scenario): boolean => engine !== 'embedded' && (isWhole || sample === true);

describe.skipIf(!isThere)('the client in TypeScript, on Temporal', () => {
  scenariosWith({ client: 'node', world, only });
});

describe.skipIf(!isThere)('the client in Python, on Temporal', () => {
  scenariosWith({ client: 'python', program: () => python, world, only });
});
