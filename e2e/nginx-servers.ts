/** nginx in front of several servers, as docs/operations.md has operators set it up, without TLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { blockOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts one, which knows which servers are there by the requests that fail; gives its URL. */
export async function nginxBefore(ports: readonly [string, string]): Promise<string> {
  const folder = folderWith({});
  const port = await freePort();
  return await startNginx(folder, { port, configuration: configuration(folder, port, ports) });
}

/** Starts nginx in a folder, until the test ends; gives its URL once it answers on that port. */
export async function startNginx(
  folder: string,
  { port, configuration }: { readonly port: number; readonly configuration: string },
): Promise<string> {
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const argv = ['--pdeathsig', 'KILL', '--', 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
  // One process: workers would outlive a master that is killed.
  const nginx = spawn('setpriv', [...argv, '-g', 'daemon off; master_process off;'], { stdio: 'ignore' });
  onTestFinished(async () => {
    nginx.kill('SIGKILL');
    if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  // It refuses connections until it listens.
  await vi.waitFor(() => fetch(`${url}/healthz`), { timeout: 10_000 });
  return url;
}

function configuration(folder: string, port: number, [first, second]: readonly [string, string]): string {
  const documented = blockOn('docs/operations.md', { language: 'nginx', begins: 'upstream waterflow' });
  expect(documented).toContain('10.0.0.7:8080');
  const sites = documented
    .replaceAll('10.0.0.7:8080', `127.0.0.1:${first}`)
    .replaceAll('10.0.0.8:8080', `127.0.0.1:${second}`)
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replaceAll(/^\s*ssl_certificate.*$/gmu, '');
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  return `
    worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 1024; }
    http { access_log off; ${temporary.join(' ')} ${sites} }`;
}
