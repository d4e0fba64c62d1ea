/** Temporal as a site has it: two nodes with all four services on one PostgreSQL, with certificates for whom they speak to. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import type { Authority } from '../before-temporal.ts';
import { temporalServerFolder } from '../require.ts';
import { type SiteNode, siteNode } from './node.ts';
import type { SitePostgres } from './postgres.ts';

/** Made for all who are to know whom they speak to. */
export const temporalName = 'temporal.test';
/** The machine's own addresses, one for each node, so that both have the usual ports. */
const addresses = ['127.77.0.1', '127.77.0.2'] as const;
/** Of the frontends. */
export const frontends: readonly string[] = addresses.map((address) => `${address}:7233`);
const ports = { frontend: [7233, 6933], history: [7234, 6934], matching: [7235, 6935], worker: [7239, 6939] } as const;

/** Makes the databases and both nodes, which aren't started yet. */
export async function siteTemporal(
  folder: string,
  { by, postgres }: { readonly by: Authority; readonly postgres: SitePostgres },
): Promise<readonly SiteNode[]> {
  by.issue('node', `DNS:${temporalName}`);
  await postgres.create('temporal', ['temporal', 'temporal_visibility']);
  for (const [database, schema] of [
    ['temporal', 'postgresql/v12/temporal'],
    ['temporal_visibility', 'postgresql/v12/visibility'],
  ] as const) {
    const tool = (...argv: readonly string[]): void => {
      const at = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', String(postgres.port), '-u', 'temporal'];
      const file = (name: string): string => join(by.folder, name);
      const files = ['--tls-cert-file', file('temporal.pem'), '--tls-key-file', file('temporal.key')];
      const tls = ['--tls', ...files, '--tls-ca-file', file('ca.pem')];
      const words = [...at, ...tls, '--db', database, ...argv];
      execFileSync(join(temporalServerFolder(), 'temporal-sql-tool'), words, { stdio: 'ignore', cwd: '/' });
    };
    tool('setup-schema', '-v', '0.0');
    tool('update-schema', '--schema-name', schema);
  }
  return addresses.map((address, index) => {
    const own = join(folder, `temporal-${index + 1}`);
    mkdirSync(own);
    const [dynamic, config] = [join(own, 'dynamic.yaml'), join(own, 'temporal.yaml')];
    writeFileSync(dynamic, '{}\n');
    writeFileSync(config, stringify(configuration({ address, by, postgres, dynamic })));
    return siteNode({
      command: join(temporalServerFolder(), 'temporal-server'),
      argv: ['--config-file', config, 'start'],
      logFile: join(folder, `temporal-${index + 1}.log`),
      answers: () => answers(`${address}:7233`, by),
    });
  });
}

function configuration(site: {
  readonly address: string;
  readonly by: Authority;
  readonly postgres: SitePostgres;
  readonly dynamic: string;
}) {
  const { address, by, postgres, dynamic } = site;
  const file = (name: string): string => join(by.folder, name);
  const ca = file('ca.pem');
  const own = { certFile: file('node.pem'), keyFile: file('node.key') };
  const trusting = { serverName: temporalName, rootCaFiles: [ca] };
  const group = { server: { ...own, requireClientAuth: true, clientCaFiles: [ca] }, client: trusting };
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgres.port}`,
      connectProtocol: 'tcp',
      user: 'temporal',
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
      tls: {
        enabled: true,
        caFile: ca,
        certFile: file('temporal.pem'),
        keyFile: file('temporal.key'),
        enableHostVerification: true,
        serverName: '127.0.0.1',
      },
    },
  });
  const services = Object.entries(ports).map(([name, [grpcPort, membershipPort]]) => {
    return [name, { rpc: { grpcPort, membershipPort, bindOnIP: address } }] as const;
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: address },
      tls: { internode: group, frontend: group, systemWorker: { ...own, client: trusting } },
    },
    services: Object.fromEntries(services),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `${address}:7233` },
      },
    },
    publicClient: { hostPort: `${address}:7233` },
    dynamicConfigClient: { filepath: dynamic, pollInterval: '10s' },
  };
}

/** Connects with a certificate of the authority. */
export async function connectTemporal(address: string, by: Authority): Promise<Connection> {
  const read = (name: string): Buffer => readFileSync(join(by.folder, name));
  const tls = {
    serverNameOverride: temporalName,
    serverRootCACertificate: read('ca.pem'),
    clientCertPair: { crt: read('node.pem'), key: read('node.key') },
  };
  return await Connection.connect({ address, tls, connectTimeout: 2000 });
}

async function answers(address: string, by: Authority): Promise<boolean> {
  const connection = await connectTemporal(address, by);
  try {
    await connection.workflowService.getClusterInfo({});
    return true;
  } finally {
    await connection.close();
  }
}
