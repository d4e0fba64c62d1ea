/** PostgreSQL as a site has it: over TCP, for those with a certificate alone, each as the user whom it names. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { postgresPrograms, serverUser } from '../../storage/records/testing/postgres.ts';
import type { Authority } from '../before-temporal.ts';
import { freePort } from '../nginx-servers.ts';
import { type SiteNode, siteNode } from './node.ts';

/** A server with a database for each user. */
export interface SitePostgres extends SiteNode {
  readonly port: number;
  /** Of a user, who is also the database, with the certificate of that name. */
  readonly url: (user: string, database?: string) => string;
  /** Makes a user and databases that are theirs. */
  readonly create: (user: string, databases: readonly string[]) => Promise<void>;
}

/** Makes one in a folder; it isn't started yet. */
export async function sitePostgres(folder: string, by: Authority): Promise<SitePostgres> {
  by.issue('postgres', 'IP:127.0.0.1');
  const programs = postgresPrograms();
  const user = serverUser();
  const own = join(folder, 'postgres');
  mkdirSync(own);
  // Its user may go through to what is theirs.
  chmodSync(folder, 0o711);
  for (const name of ['postgres.pem', 'postgres.key', 'ca.pem']) copyFileSync(join(by.folder, name), join(own, name));
  chmodSync(join(own, 'postgres.key'), 0o600);
  if (user !== undefined) execFileSync('chown', ['-R', user, own]);
  const as = user === undefined ? [] : [`--reuid=${user}`, '--regid=nogroup', '--clear-groups'];
  const data = join(own, 'data');
  const options = ['--auth=trust', '--encoding=UTF8', '--no-locale', '--username=admin', '-D', data];
  const words = ['--pdeathsig', 'KILL', ...as, '--', join(programs, 'initdb'), ...options];
  execFileSync('setpriv', words, { cwd: '/', stdio: 'ignore' });
  // Nobody comes over the network but by TLS with a certificate that names them.
  writeFileSync(join(data, 'pg_hba.conf'), 'local all admin trust\nhostssl all all 127.0.0.1/32 cert\n');
  const port = await freePort();
  const files = { ssl: 'on', ssl_cert_file: join(own, 'postgres.pem'), ssl_key_file: join(own, 'postgres.key') };
  const settings = {
    ...files,
    ssl_ca_file: join(own, 'ca.pem'),
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: own,
    max_connections: '200',
  };
  const query = async (text: string): Promise<void> => {
    const client = new Client({ host: own, port, user: 'admin', database: 'postgres' });
    // A server that ends says so on the connection.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(text);
    } finally {
      await client.end().catch(() => {});
    }
  };
  const node = siteNode({
    command: join(programs, 'postgres'),
    argv: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    ...(user === undefined ? {} : { user }),
    logFile: join(folder, 'postgres.log'),
    answers: async () => {
      await query('SELECT 1');
      return true;
    },
  });
  return {
    ...node,
    port,
    url: (name, database = name) => {
      const file = (kind: string): string => encodeURIComponent(join(by.folder, kind));
      const tls = `sslmode=verify-full&sslrootcert=${file('ca.pem')}&sslcert=${file(`${name}.pem`)}&sslkey=${file(`${name}.key`)}`;
      return `postgresql://${name}@127.0.0.1:${port}/${database}?${tls}`;
    },
    async create(name, databases) {
      by.issue(name);
      chmodSync(join(by.folder, `${name}.key`), 0o600);
      await query(`CREATE ROLE ${name} LOGIN`);
      for (const database of databases) await query(`CREATE DATABASE ${database} OWNER ${name}`);
    },
  };
}
