import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { folderWith, start } from './command.ts';
import { needs } from './require.ts';

const workflow = 'name: tls\non: manual\njobs: { work: { runs-on: work, steps: [{ run: sleep 8 }] } }';

/** A certificate authority, and certificates by it: `name.pem` with `name.key`. */
function authority(): { readonly folder: string; readonly issue: (name: string) => void } {
  const folder = folderWith({});
  const openssl = (...argv: readonly string[]): void =>
    void execFileSync('openssl', [...argv], { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=tests', '-keyout', 'ca.key', '-out', 'ca.pem');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  return {
    folder,
    issue: (name) => {
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:temporal.test'];
      openssl('req', '-x509', ...key, ...by, ...names, '-keyout', `${name}.key`, '-out', `${name}.pem`);
    },
  };
}

/** TLS in front of Temporal, for those with a certificate alone. Tells who connected. */
async function tlsBefore(
  address: string,
  folder: string,
): Promise<{ readonly host: string; readonly clients: string[] }> {
  const clients: string[] = [];
  const [host = '', port = ''] = address.split(':');
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const own = { cert: read('server.pem'), key: read('server.key'), ca: read('ca.pem') };
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { ...own, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] },
    (socket) => {
      sockets.add(socket);
      clients.push(String(socket.getPeerCertificate().subject.CN));
      const behind = connect(Number(port), host);
      socket.pipe(behind).pipe(socket);
      socket.on('error', () => behind.destroy());
      behind.on('error', () => socket.destroy());
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('no port');
  return { host: `127.0.0.1:${listening.port}`, clients };
}

describe.skipIf(!(await needs('temporal')))('an agent that reaches Temporal by TLS', { timeout: 120_000 }, () => {
  const suite = worldOfSuite();

  it('shows its certificate, is not let in without, and goes on with a new one in the middle of a job', async () => {
    const { world } = suite();
    const { folder: certificates, issue } = authority();
    for (const name of ['server', 'agent', 'renewed']) issue(name);
    const { host, clients } = await tlsBefore(world.temporal.address, certificates);
    const env = {
      TEMPORAL_HOST: host,
      TEMPORAL_TLS_CA: join(certificates, 'ca.pem'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
    };
    const nobody = start(['agent', '--task-queues', 'work', '--state', folderWith({})], { env });
    await nobody.complaining('Temporal is not reached');
    nobody.kill('SIGTERM');
    expect((await nobody.ended).code).toBe(0);
    expect(clients).toEqual([]);
    const [cert, key] = [join(certificates, 'agent.pem'), join(certificates, 'agent.key')];
    const named = { ...env, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key };
    const { process } = await startAgentOf(world, { name: 'tls', env: named });
    const run = await world.run(workflow);
    expect(new Set(clients)).toEqual(new Set(['agent']));
    copyFileSync(join(certificates, 'renewed.key'), key);
    copyFileSync(join(certificates, 'renewed.pem'), cert);
    await process.complaining('the connection to Temporal was renewed');
    expect(clients).toContain('renewed');
    const summary = await endOf(run);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 1 });
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });
});
