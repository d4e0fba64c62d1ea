import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { createTestAgent } from '../executor/testing/agent.ts';

const hasLfs = await needs('git-lfs');
const folder = mkdtempSync(join(tmpdir(), 'waterflow-checkout-ssh-'));
const origin = join(folder, 'origin');
const supervisor = sharedSupervisor();
beforeAll(() => {
  const script =
    'git init --quiet --initial-branch=main origin && cd origin && git commit --quiet --allow-empty -m First';
  const name = { GIT_AUTHOR_NAME: 'Test', GIT_COMMITTER_NAME: 'Test', EMAIL: 'test@localhost' };
  execFileSync('sh', ['-c', script], { cwd: folder, env: { ...process.env, ...name } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!(await needs('ssh')))('over ssh', () => {
  it('checks out with a key from a host that is known, and from no other', async () => {
    await using server = await startSshServer();
    const secrets = { KEY: readFileSync(join(folder, 'client'), 'utf8') };
    await using agent = await createTestAgent({ supervisor: supervisor(), secrets });
    const inputs = {
      repository: `ssh://${userInfo().username}@127.0.0.1:${server.port}${origin}`,
      'ssh-key': '${{ secrets.KEY }}',
    };
    const pinned = { ...inputs, 'known-hosts': server.knownHosts, ...(hasLfs ? { lfs: true } : {}) };
    const known = await agent.run({ uses: 'checkout@v1', with: pinned });
    expect(known.result).toMatchObject({
      outcome: 'success',
      outputs: { ref: 'refs/heads/main' },
    });
    const unknown = await agent.run({ uses: 'checkout@v1', with: { ...inputs, path: 'other' } });
    expect(unknown.result).toMatchObject({ outcome: 'failure' });
    expect(unknown.log.stderr).toContain('Host key verification failed');
    expect(JSON.stringify([agent.recorded, unknown])).not.toContain('PRIVATE KEY');
  });

  it('finds the pinned host key where the agent’s own folder has a blank', async () => {
    await using server = await startSshServer();
    const temporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = join(folder, 'a folder');
    mkdirSync(process.env['TMPDIR'], { recursive: true });
    try {
      const secrets = { KEY: readFileSync(join(folder, 'client'), 'utf8') };
      await using agent = await createTestAgent({ supervisor: supervisor(), secrets });
      const inputs = {
        repository: `ssh://${userInfo().username}@127.0.0.1:${server.port}${origin}`,
        'ssh-key': '${{ secrets.KEY }}',
        'known-hosts': server.knownHosts,
      };
      const { result, log } = await agent.run({ uses: 'checkout@v1', with: inputs });
      expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
    } finally {
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
    }
  });
});

/** A real server on a free port, with a host key and one client key of its own. */
async function startSshServer(): Promise<AsyncDisposable & { readonly port: number; readonly knownHosts: string }> {
  for (const name of ['host', 'client']) {
    if (existsSync(join(folder, name))) continue;
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  const port = await freePort();
  if (userInfo().uid === 0) {
    mkdirSync('/run/sshd', { recursive: true });
  }
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: join(folder, 'host'),
    AuthorizedKeysFile: join(folder, 'client.pub'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'yes',
  };
  writeFileSync(
    join(folder, 'sshd_config'),
    Object.entries(settings)
      .map(([key, value]) => `${key} ${value}\n`)
      .join(''),
  );
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (text) => {
      if (String(text).includes('Server listening')) {
        resolve();
      }
    });
    server.once('exit', (code) => reject(new Error(`sshd ended with ${code}`)));
  });
  const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${hostKey}`,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
