import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canonicalPlace } from '../../runtime/capabilities/net/private-place.ts';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

/** Its entry says nothing of private addresses, as one that is published does. */
const files = {
  'p/plugin.yaml': `name: fetcher
version: 1.0.0
description: Fetches.
runtime: isolate
main: index.ts
inputs: { url: { type: string, required: true } }
outputs: { body: { type: string } }
permissions:
  net: [{ url: "http://127.0.0.1:*/**", reason: asks }, { url: "http://localhost:*/**", reason: asks }]
`,
  'p/index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin<{ readonly url: string }>(async ({ url }, host) => {
  const { body } = await host.net.request({ url });
  return { body };
});
`,
};

async function localServer(): Promise<number> {
  const server = createServer((_request, response) => response.end('from here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return port;
}

describe('--allow-private', () => {
  const run = (url: string, ...argv: readonly string[]) =>
    commandLine(['plugin', 'run', './p', '--approve', './p', '--input', `url=${url}`, ...argv], {
      cwd: folderWith(files),
    });

  it('lets exactly that address through, in that command, and says so', async () => {
    const port = await localServer();
    const url = `http://127.0.0.1:${port}/x`;
    const refused = await run(url);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('public addresses only') });
    expect(refused.stderr).toContain(`add \`--allow-private 127.0.0.1:${port}\` to the command`);
    const through = await run(url, '--allow-private', `127.0.0.1:${port}`);
    expect(through).toMatchObject({ code: 0, stdout: expect.stringContaining('from here') });
    expect(through.stderr).toBe(`--allow-private: in this command, net may connect to 127.0.0.1:${port}\n`);
    const others = [
      '--allow-private',
      `127.0.0.1:${port === 65_535 ? 1 : port + 1}`,
      '--allow-private',
      `localhost:${port}`,
    ];
    expect(await run(url, ...others)).toMatchObject({ code: 1, stderr: expect.stringContaining('DENIED') });
    const byName = await run(`http://localhost:${port}/x`, '--allow-private', `LOCALHOST:${port}`);
    expect(byName).toMatchObject({ code: 0, stdout: expect.stringContaining('from here') });
  });

  it('is not needed to run again what was recorded with it, and no other private address is let through by that', async () => {
    const port = await localServer();
    const url = `http://127.0.0.1:${port}/x`;
    const answers = (address: string) => `- name: asks
  inputs: { url: "${url}" }
  host_calls: [{ call: "net GET ${address}", ok: { status: 200, body: recorded } }]
  expect: { outputs: { body: recorded } }
`;
    const test = (address: string) =>
      commandLine(['plugin', 'test', './p'], { cwd: folderWith({ ...files, 'p/tests/a.yaml': answers(address) }) });
    expect(await test(url)).toMatchObject({ code: 0 });
    const other = await test(`http://127.0.0.1:${port === 65_535 ? 1 : port + 1}/x`);
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining(`denied: net.request GET ${url}`) });
  });

  it('adds nothing to what the entries allow', async () => {
    const port = await localServer();
    const grant = ['--grant', 'net={ url: "http://127.0.0.1:*/only" }', '--allow-private', `127.0.0.1:${port}`];
    expect(await run(`http://127.0.0.1:${port}/x`, ...grant)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DENIED'),
    });
  });

  it.each(['127.0.0.1', '127.0.0.1:*', '*:80', 'http://127.0.0.1:80', '127.0.0.1:99999', '10.0.0.0/8:80'])(
    'is one host and one port, and not %s',
    async (place) => {
      expect(canonicalPlace(place)).toBeUndefined();
      expect(await run('http://127.0.0.1/', '--allow-private', place)).toMatchObject({ code: 2 });
    },
  );

  it('is read as URLs are', () => {
    expect(['127.1:80', '[0:0::1]:8080', 'LocalHost:443'].map(canonicalPlace)).toEqual([
      '127.0.0.1:80',
      '[::1]:8080',
      'localhost:443',
    ]);
  });

  it('is no option of what runs workflows', async () => {
    for (const command of [['run', 'x.yaml'], ['dev', 'x.yaml'], ['agent']]) {
      expect(await commandLine([...command, '--allow-private', '127.0.0.1:80'], { cwd: folderWith({}) })).toMatchObject(
        {
          code: 2,
          stderr: expect.stringContaining('--allow-private'),
        },
      );
    }
  });
});
