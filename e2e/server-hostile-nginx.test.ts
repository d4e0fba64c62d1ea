/**
 * The server's process behind nginx, whose connections to it are shared by all clients: an attacker without a key tries to slip a request
 * in front of somebody else's, to act with their key or to get their answer. Framings one by one: server/http/behind-nginx.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { connectRaw } from '../server/testing/raw-socket.ts';
import { blockOn } from '../tools/code-blocks/blocks.ts';
import { folderWith } from './command.ts';
import { askGuarded, type GuardedServer, guardedServer } from './guarded-server.ts';
import { freePort, startNginx } from './nginx-servers.ts';
import { needs } from './require.ts';

const hasNginx = await needs('nginx');

/** As docs/server.md tells operators to set it up, without TLS. */
function documentedConfiguration(port: number, server: GuardedServer, folder: string): string {
  const documented = blockOn('docs/server.md', { language: 'nginx' });
  expect(documented).toContain('proxy_set_header X-Forwarded-For');
  const sites = documented
    .replaceAll('10.0.0.7:8080', new URL(server.url).host)
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replaceAll(/^\s*ssl_certificate.*$/gmu, '');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
    worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 256; }
    http { access_log off; ${temporary.join(' ')} ${sites} }`;
}

async function nginxBefore(server: GuardedServer): Promise<string> {
  const folder = folderWith({});
  const port = await freePort();
  return await startNginx(folder, { port, configuration: documentedConfiguration(port, server, folder) });
}

/** A request that has another one in what one reader takes for its body, and the other one for what comes after it. */
function attacks(inner: string): Readonly<Record<string, string>> {
  const head = 'POST /v1/workflows HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const length = `Content-Length: ${inner.length + 5}\r\n`;
  const inChunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  return {
    'CL.TE': `${head}${length}${chunked}\r\n0\r\n\r\n${inner}`,
    'TE.CL': `${head}Content-Length: 4\r\n${chunked}\r\n${inChunk}`,
    'CL.CL': `${head}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'CL with a plus': `${head}Content-Length: +${inner.length}\r\n\r\n${inner}`,
    'CL as a list': `${head}Content-Length: 0, ${inner.length}\r\n\r\n${inner}`,
    'TE.TE by another word': `${head}${length}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
    'TE.TE by two headers': `${head}${length}${chunked}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
    'TE.TE by a tab': `${head}${length}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n${inner}`,
    'a folded header': `${head}X: a\r\n Transfer-Encoding: chunked\r\n${length}\r\n0\r\n\r\n${inner}`,
    'a bare line feed': `${head}X: a\nTransfer-Encoding: chunked\n${length}\r\n0\r\n\r\n${inner}`,
    'a bare carriage return': `${head}X: a\rTransfer-Encoding: chunked\r\n${length}\r\n0\r\n\r\n${inner}`,
    'a chunk longer than it says': `${head}${chunked}\r\n1\r\n{${inner}\r\n0\r\n\r\n`,
    'a chunk size that overflows': `${head}${chunked}\r\nffffffffffffffff1\r\n{}\r\n0\r\n\r\n${inner}`,
    'a trailer': `${head}${chunked}\r\n0\r\nContent-Length: 9\r\nHost: b\r\n\r\n${inner}`,
    'a body of a HEAD': `HEAD /v1/workflows HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'an upgrade': `GET /v1/workflows HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n${inner}`,
    'a connection header that drops others': `GET /v1/keys HTTP/1.1\r\nHost: a\r\nConnection: close, Authorization, X-Forwarded-For\r\n\r\n`,
  };
}

describe.skipIf(!hasNginx)('behind nginx as the documentation sets it up', () => {
  it('nobody acts with the key of another client, gets its answer, or is let in by a header', {
    timeout: 120_000,
  }, async () => {
    const server = await guardedServer({ config: 'trusted-proxies: [127.0.0.1]\nlimits: { failures-per-minute: 0 }' });
    const admin = await server.key('admin');
    const url = await nginxBefore(server);
    const { body } = await askGuarded(url, '/v1/keys', { key: admin, body: { name: 'victim', role: 'viewer' } });
    const victim = String(body['id']);
    // What it is to do with the key of whoever comes next: its headers end in the midst of that one's first line.
    const revoking = `DELETE /v1/keys/${victim} HTTP/1.1\r\nHost: a\r\nX-Swallowed: `;
    const asking = 'GET /v1/keys HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n';
    for (const inner of [revoking, asking]) {
      for (const [what, attack] of Object.entries(attacks(inner))) {
        using attacker = await connectRaw(url);
        attacker.write(attack);
        for (let request = 0; request < 3; request += 1) {
          const id = `victim-${request}`;
          const answer = await askGuarded(url, '/v1/keys', { key: admin, headers: { 'X-Request-Id': id } });
          expect([what, answer.status, answer.headers.get('x-request-id')]).toEqual([what, 200, id]);
          const keys = answer.body['keys'] as readonly { readonly id: string; readonly status: string }[]; // As documented.
          expect([what, keys.find((key) => key.id === victim)?.status]).toEqual([what, 'valid']);
        }
        // Whatever the attacker is told, it is no list of keys.
        expect([what, attacker.text().includes(victim)]).toEqual([what, false]);
      }
    }
  });

  it('a server without keys lets nobody in who comes through the proxy', { timeout: 60_000 }, async () => {
    const server = await guardedServer();
    const url = await nginxBefore(server);
    expect((await server.ask('/v1/keys')).status).toBe(200);
    for (const headers of [{}, { 'X-Forwarded-For': '127.0.0.1' }, { Host: '127.0.0.1' }, { 'X-Real-Ip': '::1' }]) {
      const { status } = await askGuarded(url, '/v1/keys', { headers });
      expect([headers, status]).toEqual([headers, 401]);
    }
  });
});
