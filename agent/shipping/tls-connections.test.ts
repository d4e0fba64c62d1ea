import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { type Authority, authority } from '../../e2e/before-temporal.ts';
import { askServer } from './ask-server.ts';
import { tlsConnections } from './tls-connections.ts';

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

/** A server that wants a certificate by the authority, and answers with whose it is. */
async function serverOf({ folder, issue }: Authority): Promise<string> {
  issue('server', 'IP:127.0.0.1');
  const own = { cert: read(folder, 'server.pem'), key: read(folder, 'server.key'), ca: read(folder, 'ca.pem') };
  const server = createServer({ ...own, requestCert: true }, ({ socket }, response) => {
    // A connection of a server of https.
    response.end(String((socket as TLSSocket).getPeerCertificate().subject.CN));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on a port.
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks that server, with the files `own.pem` and `own.key`; time passes as the test says. */
function asking(url: string, { folder }: Authority) {
  let time = 0;
  const material = () => ({
    ca: read(folder, 'ca.pem'),
    cert: read(folder, 'own.pem'),
    key: read(folder, 'own.key'),
  });
  const connections = tlsConnections(material, () => time);
  const server = { url, key: 'a-key', connections };
  return {
    pass: (ms: number) => {
      time += ms;
    },
    ask: async (): Promise<string> => {
      const options = { signal: new AbortController().signal, answerMs: 30_000 };
      const answer = await askServer(server, { method: 'GET', path: '/', mostBytes: 100 }, options);
      return answer.kind === 'done' ? answer.content.toString() : answer.reason;
    },
  };
}

function replace({ folder }: Authority, name: string): void {
  for (const kind of ['pem', 'key']) copyFileSync(join(folder, `${name}.${kind}`), join(folder, `own.${kind}`));
}

it('shows its certificate, and the one that took its place some seconds later', async () => {
  const by = authority();
  by.issue('first');
  by.issue('second');
  replace(by, 'first');
  const { ask, pass } = asking(await serverOf(by), by);
  expect(await ask()).toBe('first');
  replace(by, 'second');
  expect(await ask()).toBe('first');
  pass(5000);
  expect(await ask()).toBe('second');
});

it('goes on with what it has while a file is away', async () => {
  const by = authority();
  by.issue('first');
  replace(by, 'first');
  const { ask, pass } = asking(await serverOf(by), by);
  rmSync(join(by.folder, 'own.key'));
  pass(5000);
  expect(await ask()).toBe('first');
});

it('trusts nobody but the authority, and is refused with a certificate of another', async () => {
  const [by, other] = [authority(), authority()];
  by.issue('first');
  replace(by, 'first');
  other.issue('first');
  replace(other, 'first');
  const [url, othersUrl] = [await serverOf(by), await serverOf(other)];
  expect(await asking(othersUrl, by).ask()).toMatch(/certificate/u);
  copyFileSync(join(by.folder, 'ca.pem'), join(other.folder, 'ca.pem'));
  expect(await asking(url, other).ask()).toMatch(/alert|reset|hang up/u);
});

it('throws where a file is missing from the start', () => {
  const by = authority();
  expect(() => asking('https://127.0.0.1:1', by)).toThrow('own.pem');
});
