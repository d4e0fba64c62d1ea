import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeCertificate } from '../net/testing/certificates.ts';
import { serve } from '../net/testing/request.ts';
import { startSshd } from '../ssh/testing/sshd.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { echoServer, egressFacts, execWithNames } from './egress/testing/world.ts';
import type { AgentTask } from './testing/agent.ts';
import { processesWith, uniqueName } from './testing/processes.ts';
import { anythingConfined, runTestExec, script } from './testing/run.ts';

const here = await needs('bwrap');
const ssh = here && (await needs('ssh'));
const exec = execWithNames({ 'git.test': ['127.0.0.1'], 'ssh.git.test': ['127.0.0.1'] });

/** A bare repository with one commit, as a server without git can show it too. */
function makeRepository(scope: TestScope): string {
  const [work, bare] = [join(scope.temp(), 'work'), join(scope.temp(), 'repo.git')];
  const git = (...args: string[]): void => void execFileSync('git', args, { stdio: 'ignore' });
  git('init', '-q', '-b', 'main', work);
  writeFileSync(join(work, 'README'), 'hello');
  git('-C', work, 'add', '.');
  git('-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'first');
  git('clone', '-q', '--bare', work, bare);
  git('-C', bare, 'update-server-info');
  return bare;
}

function filesOf(folder: string): RequestListener {
  return (request, response) => {
    const file = join(folder, normalize(new URL(request.url ?? '/', 'http://x').pathname));
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  };
}

describe.skipIf(!here)('through an egress', () => {
  test('git clones over https, and curl checks the certificate of the name that was granted', async () => {
    await using scope = makeTestScope();
    await using outside = makeTestScope();
    makeRepository(outside);
    const certificate = makeCertificate(outside.temp(), 'git.test');
    await using server = await serve(filesOf(outside.temp()), () => createServer(certificate));
    writeFileSync(join(scope.workspace, 'ca.pem'), certificate.cert);
    const url = `https://git.test:${server.port}`;
    const text = [
      'export GIT_SSL_CAINFO=$PWD/ca.pem',
      `git clone -q -- ${url}/repo.git cloned && cat cloned/README`,
      `curl -sS -o /dev/null ${url}/ || echo " unknown authority"`,
      // The same without a proxy: the name leads to the endpoint by itself.
      `env -u HTTPS_PROXY -u https_proxy -u ALL_PROXY -u all_proxy curl -sS --cacert ca.pem ${url}/repo.git/HEAD`,
    ].join('\n');
    const entry: JsonObject = { ...anythingConfined, egress: [`git.test:${server.port}`], private: true };
    const answer = await runTestExec(exec, scope, { args: script(text), entry });
    expect(answer.stdout).toBe('hello unknown authority\nref: refs/heads/main\n');
    expect(egressFacts(scope)).toMatchObject({ endpoints: [{ address: '127.0.0.1' }] });
  });

  test.skipIf(!ssh)('git clones over ssh, also where only a wildcard is granted', async () => {
    await using scope = makeTestScope();
    await using outside = makeTestScope();
    const bare = makeRepository(outside);
    await using sshd = await startSshd();
    const host = `[ssh.git.test]:${sshd.port}`;
    const text = `export GIT_SSH_COMMAND="ssh -i $KEY -o UserKnownHostsFile=$KNOWN -o StrictHostKeyChecking=yes"
git clone -q -- ssh://${sshd.user}@ssh.git.test:${sshd.port}${bare} cloned && cat cloned/README`;
    const files = {
      key: { content: sshd.keys.client, env: 'KEY' },
      known: { content: `${host} ${sshd.hostKeys.ed25519}\n`, env: 'KNOWN' },
    };
    const entry: JsonObject = { ...anythingConfined, egress: ['*.git.test:*'], private: true };
    const answer = await runTestExec(exec, scope, { args: script(text, { files, stderr: 'capture' }), entry });
    expect(answer).toMatchObject({ stdout: 'hello' });
    const refused = await runTestExec(exec, scope, {
      args: script('ssh -p 1 x@ssh.elsewhere.test', { stderr: 'capture' }),
      entry,
    });
    expect(refused.stderr).toContain('is not in its `egress`');
  });

  test('nothing goes on once the agent is killed', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const name = uniqueName(scope);
    const task: AgentTask = {
      workspace: scope.workspace,
      entry: { ...anythingConfined, egress: [`127.0.0.1:${server.port}`], private: true },
      args: { command: 'bash', args: ['-c', `exec -a "$0" cat < /dev/tcp/127.0.0.1/${server.port}`, name] },
    };
    const connected = server.next();
    const agent = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'agent.ts')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, TMPDIR: scope.temp() },
    });
    agent.stdin.end(JSON.stringify(task));
    const socket = await connected;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    agent.kill('SIGKILL');
    await closed;
    await expect.poll(() => processesWith(name), { timeout: 30_000, interval: 20 }).toEqual([]);
  });

  test('nothing is left whenever the agent is killed while it is set up', async () => {
    await using scope = makeTestScope();
    const name = uniqueName(scope);
    const endpoint = `127.0.0.1:${20_000 + (process.pid % 10_000)}`;
    const task: AgentTask = {
      workspace: scope.workspace,
      entry: { ...anythingConfined, egress: [endpoint], private: true },
      args: { command: 'bash', args: ['-c', 'exec -a "$0" sleep 1000', name] },
    };
    for (const ms of [0, 40]) {
      const agent = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'agent.ts')], {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { ...process.env, TMPDIR: scope.temp() },
      });
      const ended = once(agent, 'exit');
      agent.stdin.end(JSON.stringify({ ...task, dies_after_ms: ms }));
      await ended;
    }
    await expect.poll(() => processesWith(name), { timeout: 30_000, interval: 20 }).toEqual([]);
    const listening = 'listen-inside.ts\0';
    const place = endpoint.replace(':', ' ');
    const ours = (): readonly string[] => processesWith(listening).filter((line) => line.includes(place));
    await expect.poll(ours, { timeout: 20_000, interval: 20 }).toEqual([]);
  });

  test('nothing goes on once the program has ended', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const entry: JsonObject = { ...anythingConfined, egress: [`127.0.0.1:${server.port}`], private: true };
    const connected = server.next();
    // A child that holds the connection open outlives the program, as far as it is let.
    const text = `exec 3<>/dev/tcp/127.0.0.1/${server.port}; read -r line <&3; (trap '' HUP INT TERM; exec sleep 1000) & echo "$line"`;
    const running = runTestExec(exec, scope, { args: script(text), entry });
    const socket = await connected;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await expect(running).resolves.toMatchObject({ stdout: 'hello\n' });
    socket.resume().end();
    await closed;
  });
});
