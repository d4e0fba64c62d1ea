import { randomFillSync } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSshd, type TestSshd } from '../../runtime/capabilities/ssh/testing/sshd.ts';
import type { Bench, Figure } from '../figure.ts';
import { type NodeAgent, openNodeAgent } from './node-agent.ts';
import { ratio } from './ratio.ts';
import { secondsOf } from './seconds-of.ts';

const rounds = 3;
/** 0.8 times the tool's speed is 1.25 times its time. */
const most = 1.25;
const mebibyte = 1024 * 1024;
const sampleMs = 50;

/** What the operator says of servers of this machine: a private address has to be written out. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: file-transfer
    allow:
      ssh:
        - { host: 127.0.0.1, port: "*", user: "*", secrets: ["*"], read: "/**", write: "/**", commands: [{ command: "*", args: any }], private: true }
`;

/** `file-transfer@v1` beside the `sftp` command: one file of that size, there and back, on OpenSSH's own server on this machine; and the agent's memory. */
export function nodeSftp(mebibytes: number): (bench: Bench) => Promise<readonly Figure[]> {
  return async (bench) => {
    await using server = await startSshd();
    await using agent = await openNodeAgent(join(bench.scratch, 'agent'), {
      policy,
      secrets: { KEY: server.keys.client },
    });
    const file = join(agent.workspace, 'large file');
    writeNoise(file, mebibytes);
    const sftp = sftpCommand(bench.scratch, server);
    const taken = { put: [] as number[], sftpPut: [] as number[], get: [] as number[], sftpGet: [] as number[] };
    const grown: number[] = [];
    await transfer(agent, server, { mode: 'upload', from: 'large file', to: join(server.root, 'warm') });
    for (let round = 0; round < rounds; round += 1) {
      const there = join(server.root, 'there');
      taken.sftpPut.push(sftp(`put "${file}" "${there}"`));
      rmSync(there);
      using memory = watchMemory();
      taken.put.push(await transfer(agent, server, { mode: 'upload', from: 'large file', to: there }));
      taken.sftpGet.push(sftp(`get "${there}" "${join(bench.scratch, 'got')}"`));
      taken.get.push(await transfer(agent, server, { mode: 'download', from: there, to: 'got' }));
      if (statSync(join(agent.workspace, 'got')).size !== mebibytes * mebibyte) throw new Error('it came in part');
      grown.push(memory.grownMebibytes());
      rmSync(there);
      bench.progress(`${round + 1} of ${rounds} rounds`);
    }
    const what = `${mebibytes} MiB`;
    return [
      ratio(`file-transfer@v1 upload to sftp put, ${what}`, { ours: taken.put, theirs: taken.sftpPut, most }),
      ratio(`file-transfer@v1 download to sftp get, ${what}`, { ours: taken.get, theirs: taken.sftpGet, most }),
      {
        what: `the agent's memory above that before, ${what} there and back`,
        unit: 'MiB',
        samples: grown,
        floors: [],
        budgets: [{ statistic: 'max', most: 30 }],
      },
    ];
  };
}

async function transfer(agent: NodeAgent, server: TestSshd, what: Readonly<Record<string, string>>): Promise<number> {
  const login = { host: '127.0.0.1', port: server.port, user: server.user, 'host-key': server.fingerprint };
  return (await agent.step('file-transfer@v1', { ...login, key: 'secrets.KEY', ...what })).seconds;
}

/** Runs the `sftp` command with a line of its own; its time in seconds. */
function sftpCommand(scratch: string, server: TestSshd): (line: string) => number {
  const folder = mkdtempSync(join(scratch, 'sftp-'));
  const key = join(folder, 'key');
  writeFileSync(key, server.keys.client, { mode: 0o600 });
  const known = join(folder, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${server.port} ${server.hostKeys.ed25519}\n`);
  const options = ['-q', '-b', '-', '-P', String(server.port), '-i', key, '-o', `UserKnownHostsFile=${known}`];
  return (line) => secondsOf('sftp', [...options, `${server.user}@127.0.0.1`], { input: `${line}\n` });
}

function writeNoise(file: string, mebibytes: number): void {
  const content = Buffer.alloc(mebibyte);
  for (let written = 0; written < mebibytes; written += 1) appendFileSync(file, randomFillSync(content));
}

/** How much the process's resident memory grows. */
function watchMemory(): Disposable & { grownMebibytes(): number } {
  const now = (): number => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  const before = now();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, now());
  }, sampleMs);
  return { grownMebibytes: () => Math.max(most, now()) - before, [Symbol.dispose]: () => clearInterval(timer) };
}
