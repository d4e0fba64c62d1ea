/**
 * A site as an operator has it in production, on one machine: PostgreSQL, two nodes of Temporal, two servers behind nginx, three agents. Nobody
 * speaks to anybody without certificates on both sides.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fetchBy } from '../../cli/client/tls-fetch.ts';
import { newQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { type Authority, authority } from '../before-temporal.ts';
import { folderWith, type RunningCommand, start } from '../command.ts';
import { freePort } from '../nginx-servers.ts';
import type { SiteNode } from './node.ts';
import { sitePostgres } from './postgres.ts';
import { siteProxy, waterflowName } from './proxy.ts';
import { connectTemporal, frontends, siteTemporal, temporalName } from './temporal.ts';

/** What is asked of a server. */
export interface SiteRequest {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a test has. */
export interface Site {
  readonly folder: string;
  readonly by: Authority;
  /** Of nginx, before the servers. */
  readonly url: string;
  readonly temporalHost: string;
  /** Of the servers themselves. */
  readonly serverUrls: readonly string[];
  /** Each by what it is: `server 1`, `agent 3`. */
  readonly nodes: ReadonlyMap<string, SiteNode>;
  readonly agentStates: readonly string[];
  /** Asks a server as an operator with a certificate and a key. */
  readonly ask: (path: string, options?: SiteRequest, url?: string) => Promise<Response>;
  /** Why somebody is refused who trusts the site's authority, and has no certificate. */
  readonly trusting: (url: string) => Promise<string>;
  readonly databaseUrl: string;
}

const namespace = 'site';
const adminKey = randomBytes(32).toString('hex');

/** Brings all of it up. */
export async function openSite(tell: (what: string) => void): Promise<Site> {
  const folder = folderWith({});
  const by = authority();
  const nodes = new Map<string, SiteNode>();
  const bringUp = async (name: string, node: SiteNode): Promise<void> => {
    await node.start();
    nodes.set(name, node);
    tell(`${name} is there`);
  };

  const postgres = await sitePostgres(folder, by);
  await bringUp('postgresql', postgres);
  await postgres.create('waterflow', ['waterflow']);

  const [first, second] = await siteTemporal(folder, { by, postgres });
  if (first === undefined || second === undefined) throw new Error('there are two nodes');
  await bringUp('temporal 1', first);
  await bringUp('temporal 2', second);
  await registerNamespace(by);

  for (const name of ['server', 'operator', 'agent-1', 'agent-2', 'agent-3'])
    by.issue(name, `IP:127.0.0.1,DNS:${waterflowName}`);
  const file = (name: string): string => join(by.folder, name);
  const own = { ca: file('ca.pem'), cert: file('operator.pem'), key: file('operator.key') };
  const fetchIt = fetchBy(own);
  const ask = (path: string, options: SiteRequest, at: string): Promise<Response> => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...options.headers };
    return fetchIt(new URL(path, at), { ...options, headers });
  };
  const isReady = async (url: string): Promise<boolean> => (await ask('/readyz', {}, url)).ok;

  const serverPorts = [await freePort(), await freePort()];
  const serverUrls = serverPorts.map((port) => `https://127.0.0.1:${port}`);
  const proxy = await siteProxy(folder, {
    by,
    servers: serverPorts.map((port) => `127.0.0.1:${port}`),
    frontends,
    // Servers come later: that it answers at all is enough.
    answers: async (url) => (await ask('/healthz', {}, url)).status > 0,
  });
  await bringUp('nginx', proxy);

  const keys = await newQueueKey();
  const shared = writeShared(folder, keys.privateKey);
  const temporalFor = (name: string) => ({
    host: proxy.temporalHost,
    namespace,
    'payload-keys-file': shared.payloadKeys,
    tls: { ca: own.ca, cert: file(`${name}.pem`), key: file(`${name}.key`), 'server-name': temporalName },
  });
  for (const [index, port] of serverPorts.entries()) {
    const at = join(folder, `server-${index + 1}`);
    mkdirSync(at);
    const config = {
      port,
      state: join(at, 'state'),
      'api-key-file': shared.adminKey,
      'database-url': postgres.url('waterflow'),
      'public-url': proxy.waterflowUrl,
      'trusted-proxies': ['127.0.0.1'],
      tls: { cert: file('server.pem'), key: file('server.key'), 'client-ca': own.ca },
      temporal: { ...temporalFor('server'), 'queue-keys': { work: keys.publicKey } },
    };
    writeFileSync(join(at, 'server.yaml'), stringify(config), { mode: 0o600 });
    const url = String(serverUrls[index]);
    await bringUp(
      `server ${index + 1}`,
      ofCommand(['server', '--config', join(at, 'server.yaml')], async () => isReady(url)),
    );
  }

  const body = JSON.stringify({ name: 'agents', role: 'agent' });
  const made = await (await ask('/v1/keys', { method: 'POST', body }, proxy.waterflowUrl)).text();
  const [agentKey] = /wf_\w{8}_[\w-]{43}/u.exec(made) ?? [];
  if (agentKey === undefined) throw new Error(`no key was made: ${made}`);
  const agentStates: string[] = [];
  for (const index of [1, 2, 3]) {
    const name = `agent-${index}`;
    const at = join(folder, name);
    mkdirSync(at);
    const config = {
      name,
      'task-queues': { work: 2 },
      'state-dir': join(at, 'state'),
      'queue-keys-file': shared.queueKeys,
      temporal: temporalFor(name),
      server: {
        url: proxy.waterflowUrl,
        key: agentKey,
        tls: { ca: own.ca, cert: file(`${name}.pem`), key: file(`${name}.key`) },
      },
    };
    writeFileSync(join(at, 'agent.yaml'), stringify(config), { mode: 0o600 });
    agentStates.push(join(at, 'state'));
    await bringUp(`agent ${index}`, ofCommand(['agent', '--config', join(at, 'agent.yaml')], 'takes jobs'));
  }
  return {
    folder,
    by,
    url: proxy.waterflowUrl,
    temporalHost: proxy.temporalHost,
    serverUrls,
    nodes,
    agentStates,
    ask: (path, options = {}, at = proxy.waterflowUrl) => ask(path, options, at),
    trusting: async (at) => {
      try {
        const answer = await fetchBy({ ca: own.ca })(at);
        return answer.ok ? 'let in' : await answer.text();
      } catch (thrown) {
        return String(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown);
      }
    },
    databaseUrl: postgres.url('waterflow'),
  };
}

/** A command of Waterflow as a node, which is there when it says so, or when it answers. */
function ofCommand(argv: readonly string[], ready: string | (() => Promise<boolean>)): SiteNode {
  let running: RunningCommand | undefined;
  return {
    async start() {
      running = start(argv);
      if (typeof ready === 'string') return await running.complaining(ready);
      const pollMs = 200;
      let ended = false;
      void running.ended.then(() => (ended = true));
      while (!(await ready().catch(() => false))) {
        if (ended) throw new Error(`it ended:\n${running.stderr}`);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async kill(signal = 'SIGKILL') {
      running?.kill(signal);
      await running?.ended;
    },
  };
}

function writeShared(folder: string, privateKey: string) {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  return {
    adminKey: write('admin-key', adminKey),
    payloadKeys: write('payload-keys', `wfpayload1_${randomBytes(32).toString('base64url')}`),
    queueKeys: write('queue-keys', privateKey),
  };
}

async function registerNamespace(by: Authority): Promise<void> {
  const connection = await connectTemporal(String(frontends[0]), by);
  const day = 86_400;
  try {
    const retention = { seconds: day as never }; // A Long, or a number that is small enough.
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  } finally {
    await connection.close();
  }
}
