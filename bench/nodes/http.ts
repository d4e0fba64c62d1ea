import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Figure } from '../figure.ts';
import { openNodeAgent } from './node-agent.ts';
import { secondsOf } from './seconds-of.ts';

const rounds = 3;
const mebibyte = 1024 * 1024;
/** How often the agent's memory is looked at, in ms. */
const sampleEveryMs = 20;

/** `http@v1` downloads a file from nginx, beside curl. One after the other, in turns; the agent's memory meanwhile. */
export function nodeHttp(mebibytes: number): (bench: Bench) => Promise<readonly Figure[]> {
  return async (bench) => {
    await using server = await startNginx(join(bench.scratch, 'nginx'));
    const file = join(server.folder, 'file.bin');
    execFileSync('/bin/sh', ['-c', `head -c ${mebibytes * mebibyte} /dev/urandom > '${file}'`]);
    writeFileSync(join(server.folder, 'small.bin'), 'x'.repeat(mebibyte));
    const sha256 = await digestOf(file);
    await using agent = await openNodeAgent(join(bench.scratch, 'agent'), { policy });
    const target = join(bench.scratch, 'by-curl.bin');
    const get = (name: string, more = {}) =>
      agent.step('http@v1', { url: `${server.url}/${name}`, download: 'file.bin', timeout: '30m', ...more });
    // What a process needs at all is there by then.
    await get('small.bin');
    const idle = process.memoryUsage.rss();
    const taken = { ours: [] as number[], curl: [] as number[], digest: [] as number[] };
    let most = idle;
    for (let round = 0; round < rounds; round += 1) {
      rmSync(target, { force: true });
      taken.curl.push(secondsOf('curl', ['-sf', '-o', target, `${server.url}/file.bin`]));
      taken.digest.push(secondsOf('sha256sum', [target]));
      const watching = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), sampleEveryMs);
      rmSync(join(agent.workspace, 'file.bin'), { force: true });
      taken.ours.push((await get('file.bin', { sha256 })).seconds);
      clearInterval(watching);
      bench.progress(`${round + 1} of ${rounds} rounds`);
    }
    const seconds = (samples: readonly number[]): string => samples.map((each) => each.toFixed(2)).join(', ');
    return [
      {
        what: `http@v1 download to curl, ${mebibytes} MiB`,
        unit: 'x',
        samples: taken.ours.map((each, index) => each / (taken.curl[index] ?? Number.NaN)),
        floors: [
          { what: 'curl', unit: 's', samples: taken.curl },
          { what: 'sha256sum of what curl fetched', unit: 's', samples: taken.digest },
        ],
        // 0.8 of its speed.
        budgets: [{ statistic: 'p50', most: 1.25 }],
        note: `${seconds(taken.ours)} s, with the SHA-256; curl ${seconds(taken.curl)} s, without`,
      },
      {
        what: "the agent's memory above idle meanwhile",
        unit: 'MiB',
        samples: [(most - idle) / mebibyte],
        floors: [],
        budgets: [{ statistic: 'max', most: 30 }],
        note: `${Math.round(idle / mebibyte)} MiB when idle`,
      },
    ];
  };
}

const policy = JSON.stringify({
  version: 1,
  require: { confinement: 1 },
  rules: [
    { plugin: 'http', allow: { net: [{ url: 'http://127.0.0.1:*/**', private: true }] } },
    { plugin: 'built-in', allow: 'requested' },
  ],
});

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  // A stream of bytes, whose chunks Node types as any.
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

/** Serves a folder. */
async function startNginx(
  folder: string,
): Promise<{ readonly url: string; readonly folder: string } & AsyncDisposable> {
  const site = join(folder, 'site');
  mkdirSync(site, { recursive: true });
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // Listening on TCP.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${user} events {} http {
       access_log off; sendfile on; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; root ${site}; } }`,
  );
  const argv = ['--pdeathsig', 'KILL', '--', 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
  // One process: workers would outlive a master that is killed.
  const nginx = spawn('setpriv', [...argv, '-g', 'daemon off; master_process off;'], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  // It refuses connections until it listens.
  for (let tries = 0; ; tries += 1) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    if (tries > 200) throw new Error('nginx does not start');
    await sleep(50);
  }
  return {
    url,
    folder: site,
    async [Symbol.asyncDispose]() {
      nginx.kill('SIGKILL');
      if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'exit');
    },
  };
}
