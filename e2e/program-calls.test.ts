/** What a program does on its way is on record before it is done, whatever becomes of its agent. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canMount, fillDisk, smallDisk } from '../runtime/audit/testing/small-disk.ts';
import { folderWith, start, waterflow } from './command.ts';
import { needs } from './require.ts';

/** A server on loopback. */
async function serverWith(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // A TCP server that listens has such an address.
  return (server.address() as AddressInfo).port;
}

/** A workflow whose one step runs the script, with that egress. */
function files(endpoint: string, script: string): Readonly<Record<string, string>> {
  const exec = `[{ command: bash, args: any, egress: ["${endpoint}"], private: true`;
  return {
    'plugins/caller/plugin.yaml': `
name: caller
version: 1.0.0
description: Runs a program that connects to a server.
runtime: isolate
main: index.ts
permissions:
  exec: ${exec}, reason: connects }]
`,
    'plugins/caller/index.ts': `
import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_, host) => {
  await host.exec.run({ command: 'bash', args: ['-c', ${JSON.stringify(script)}] });
  return {};
});
`,
    'policy.yaml': `
version: 1
rules:
  - plugin: caller
    allow:
      exec: ${exec} }]
`,
    'w.yml': 'name: w\non: manual\njobs: { calls: { steps: [{ uses: ./plugins/caller }] } }\n',
  };
}

/** Asks the proxy for a connection, and reads to its end. */
const connect = (to: string): string =>
  `exec 3<>/dev/tcp/127.1.0.1/1080; printf 'CONNECT ${to} HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3 >/dev/null; exec 3>&-`;

const works = await needs('bwrap');

describe.skipIf(!works)('connections of a program', () => {
  it('stay on record where the agent is killed in the middle of one, denied ones too', async () => {
    const connected = Promise.withResolvers<Socket>();
    const port = await serverWith(connected.resolve);
    const endpoint = `127.0.0.1:${port}`;
    const cwd = folderWith(files(endpoint, `${connect('10.0.0.1:22')}\n${connect(endpoint)}`));
    const options = { cwd, env: { XDG_STATE_HOME: cwd } };
    const run = start(['run', 'w.yml', '--policy', 'policy.yaml'], options);
    const socket = await connected.promise;
    run.kill('SIGKILL');
    await run.ended;
    socket.destroy();
    const query = await waterflow(['audit', 'query', 'latest', '--json', '--capability', 'exec'], options);
    const found = query.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    const exec = found.at(-1);
    expect(found).toMatchObject([
      { within: exec.sequence, decision: 'denied', call: { operation: 'connect', args: { endpoint: '10.0.0.1:22' } } },
      {
        within: exec.sequence,
        decision: 'allowed',
        call: { operation: 'connect', args: { endpoint } },
        result: 'unknown',
      },
      { decision: 'allowed', call: { operation: 'run' }, result: 'unknown' },
    ]);
    const shown = await waterflow(['audit', 'query', 'latest', '--decision', 'denied'], options);
    expect(shown.stdout).toMatch(/denied .*exec\.connect {2}10\.0\.0\.1:22 {2}by its program/);
    const csv = await waterflow(['audit', 'export', 'latest', '--format', 'csv'], options);
    expect(csv.stdout).toContain('invocation,within,capability');
    expect((await waterflow(['audit', 'verify', 'latest'], options)).stdout).toContain('the chain holds');
    const { stdout } = await waterflow(['policy', 'learn', 'latest'], options);
    expect(stdout.slice(stdout.indexOf('egress:'))).toMatch(
      new RegExp(`^egress:\\s+- ${endpoint}\\s+private: true\\s*$`, 'u'),
    );
  });

  it.runIf(canMount())('are not made where they can not be recorded, and the run ends by that', async () => {
    using disk = smallDisk('16m');
    let connections = 0;
    const port = await serverWith((socket) => {
      connections += 1;
      if (connections === 5) fillDisk(disk.folder);
      socket.end();
    });
    const endpoint = `127.0.0.1:${port}`;
    const cwd = folderWith(files(endpoint, `for i in {1..60}; do ${connect(endpoint)}; done`));
    const options = ['--json', '--policy', 'policy.yaml', '--state', disk.folder];
    const ended = await start(['run', 'w.yml', ...options], { cwd }).ended;
    expect(ended).toMatchObject({ code: 3 });
    expect(`${ended.stdout}${ended.stderr}`).toContain('STORAGE_FULL');
    // The last page of the log may have had room for one more.
    expect(connections).toBeLessThan(10);
    const query = ['audit', 'query', 'latest', '--json', '--operation', 'connect', '--state', disk.folder];
    const { stdout } = await waterflow(query, { cwd });
    expect(stdout.match(/"result":"ok"/g)).toHaveLength(connections);
  });
});
