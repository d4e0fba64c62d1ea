import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../e2e/require.ts';
import {
  type AuditedHostCall,
  type AuditLog,
  auditedCalls,
  readAudit,
  verifyAudit,
} from '../../runtime/audit/index.ts';
import { auditPlace } from '../../runtime/audit/testing/logs.ts';
import { sampleStart } from '../../runtime/audit/testing/samples.ts';
import { importTestImage, testImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { testGrant } from '../../runtime/grants/testing/grant.ts';
import { learn } from '../../runtime/policy/learn/index.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject, WaterflowError } from '../../schemas/index.ts';
import { createQuotas } from '../quotas/index.ts';
import { createRedactor } from '../redaction/index.ts';
import { createCallCounter } from './host-call-record.ts';
import { type InnerCallPowers, innerCalls } from './inner-calls.ts';
import type { TestAgent } from './testing/agent.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';

/** A server on loopback; what `seen` says at each connection is kept, then it hangs up. */
async function serverThat<Seen>(seen: () => Seen): Promise<{ readonly port: number; readonly all: Seen[] }> {
  const all: Seen[] = [];
  const server = createServer((socket) => {
    all.push(seen());
    socket.on('error', () => undefined).end('hello\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // A TCP server that listens has such an address.
  return { port: (server.address() as AddressInfo).port, all };
}

/** Runs the input `script` in a confined bash. */
const runScript = `const { stdout } = await host.exec.run({ command: 'bash', args: ['-c', inputs.script], stdout: 'capture', ...(inputs.docker ? { docker: true } : {}) });
  return { stdout };`;

interface Granted {
  readonly egress?: readonly string[];
  /** That its names may have. */
  readonly addresses?: 'public' | 'private';
  readonly docker?: JsonObject;
  readonly limits?: JsonObject;
}

function agentThatMay({ egress, addresses = 'private', docker, limits }: Granted): Promise<TestAgent> {
  const exec = {
    command: 'bash',
    args: 'any',
    ...(egress === undefined ? {} : { egress: [...egress], private: addresses === 'private' }),
  };
  const permissions = { exec: [exec], ...(docker === undefined ? {} : { docker: [docker] }) };
  const reasoned = Object.fromEntries(
    Object.entries(permissions).map(([name, entries]) => [
      name,
      entries.map((entry) => ({ ...entry, reason: 'tests' })),
    ]),
  );
  const rule = { plugin: 'test-plugin', allow: permissions, ...(limits === undefined ? {} : { limits }) };
  return agentWith(runScript, {
    manifest: { inputs: { script: { type: 'string' }, docker: { type: 'boolean' } }, permissions: reasoned },
    // JSON is YAML.
    policy: JSON.stringify({ version: 1, require: { confinement: 0 }, rules: [rule] }),
  });
}

async function recordedCalls({ auditFile }: TestAgent): Promise<readonly AuditedHostCall[]> {
  const calls: AuditedHostCall[] = [];
  for await (const call of auditedCalls(readAudit(auditFile))) calls.push(call);
  return calls;
}

const names = ({ call }: Pick<AuditedHostCall, 'call'>): string => `${call.capability}.${call.operation}`;

/** Asks the proxy for a connection, and reads what comes of it. */
const connect = (endpoint: string): string =>
  `exec 3<>/dev/tcp/127.1.0.1/1080; printf 'CONNECT ${endpoint} HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3; exec 3>&-`;

describe.skipIf(!(await needs('bwrap')))('connections of a program', () => {
  it('are on record before they are made, as calls within its exec; denied ones are denials', async () => {
    const file: { path?: string } = {};
    const { port, all } = await serverThat(() => readFileSync(file.path ?? '', 'utf8'));
    await using agent = await agentThatMay({ egress: [`127.0.0.1:${port}`] });
    file.path = agent.auditFile;
    const script = `${connect(`127.0.0.1:${port}`)}\n${connect('10.0.0.1:22')}`;
    const { result, calls } = await agent.run({ uses, with: { script } });
    expect(result).toMatchObject({ outcome: 'success', host_calls: { allowed: 2, denied: 1 } });
    expect(all).toHaveLength(1);
    expect(all[0]).toContain(`"operation":"connect","args":{"endpoint":"127.0.0.1:${port}"}`);
    const [exec, connected, refused] = agent.recorded;
    expect(exec).not.toHaveProperty('within');
    const sequence = agent.results.at(-1)?.call;
    expect([connected, refused]).toMatchObject([
      { within: sequence, decision: 'allowed', call: { capability: 'exec', operation: 'connect' } },
      {
        within: sequence,
        decision: 'denied',
        call: { args: { endpoint: '10.0.0.1:22' } },
        reason: expect.stringContaining('not in its `egress`'),
        rules: [expect.stringContaining('manifest')],
      },
    ]);
    expect(connected?.rules).toHaveLength(2);
    expect(agent.results[0]).toMatchObject({
      result: 'ok',
      facts: { address: '127.0.0.1', sent: 0, received: 6 },
    });
    expect(calls).toMatchObject([
      { operation: 'run', decision: 'allowed' },
      { operation: 'connect', decision: 'allowed', subject: `127.0.0.1:${port}` },
      { operation: 'connect', decision: 'denied', subject: '10.0.0.1:22', rule: expect.stringContaining('manifest') },
    ]);
    await agent.executor[Symbol.asyncDispose]();
    expect(await verifyAudit(agent.auditFile)).toMatchObject({ ok: true });
    const audited = await recordedCalls(agent);
    expect(audited.map(names)).toEqual(['exec.connect', 'exec.connect', 'exec.run']);
    const { plugins, refused: count } = await learn(auditedCalls(readAudit(agent.auditFile)), {
      generalize: 'nothing',
    });
    expect(count).toBe(1);
    expect(plugins[0]?.entries).toMatchObject([
      { capability: 'exec', entry: { command: 'bash', egress: [`127.0.0.1:${port}`], private: true } },
    ]);
  });

  it('that turn out to lead to an address that is not granted are denials as well', async () => {
    await using agent = await agentThatMay({ egress: ['*:80'], addresses: 'public' });
    const { result, calls } = await agent.run({ uses, with: { script: connect('localhost:80') } });
    expect(result).toMatchObject({ outcome: 'success', host_calls: { allowed: 1, denied: 1 } });
    expect(agent.results[0]).toMatchObject({
      result: 'denied',
      facts: { message: expect.stringContaining('localhost') },
    });
    expect(calls.at(-1)).toMatchObject({ operation: 'connect', decision: 'denied' });
  });

  it('are over on record when the exec is, whatever is still open', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined).write('hello\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    // A TCP server that listens has such an address.
    const { port } = server.address() as AddressInfo;
    await using agent = await agentThatMay({ egress: [`127.0.0.1:${port}`] });
    const script = `exec 3<>/dev/tcp/127.1.0.1/1080; printf 'CONNECT 127.0.0.1:${port} HTTP/1.1\\r\\n\\r\\n' >&3
while read -r line <&3 && [ "$line" != hello ]; do :; done`;
    await agent.run({ uses, with: { script } });
    expect(agent.results).toMatchObject([{ result: 'ok', facts: { received: 6 } }, { result: 'ok' }]);
  });

  it('count against the limit of host calls, which ends the step', async () => {
    await using agent = await agentThatMay({ egress: ['*:80'], limits: { 'host-calls': 10 } });
    const script = `for i in {1..1000}; do (${connect('10.0.0.1:22')}) & wait; done`;
    const { result } = await agent.run({ uses, with: { script } });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'LIMIT_EXCEEDED' } });
    expect(result).toMatchObject({ error: { message: expect.stringContaining('host-calls') } });
    expect(agent.recorded.length).toBe(10);
  });

  it('count against the limit of bytes while they last', async () => {
    let closed = false;
    const server = createServer((socket) => {
      socket.on('error', () => undefined).on('close', () => (closed = true));
      const more = (): void => void (socket.destroyed || socket.write('x'.repeat(10_000), more));
      more();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    // A TCP server that listens has such an address.
    const { port } = server.address() as AddressInfo;
    await using agent = await agentThatMay({ egress: [`127.0.0.1:${port}`], limits: { bytes: '1MiB' } });
    const script = `(${connect(`127.0.0.1:${port}`)}) >/dev/null`;
    const { result } = await agent.run({ uses, with: { script } });
    expect(result).toMatchObject({ error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('bytes') } });
    await expect.poll(() => closed).toBe(true);
  });
});

describe('calls within a call', () => {
  const call = { capability: 'exec', operation: 'connect', args: { endpoint: 'a.example.com:443' } };
  const allowed = { kind: 'allowed', decided_by: [] } as const;

  /** What was told beside the log, and the calls within the first of an invocation. */
  async function within(log: AuditLog, options: { readonly mostCalls?: number } = {}) {
    const told: WaterflowError[] = [];
    const never = new AbortController().signal;
    const invocation = { owner: { tenant: 'a', run: 'r' }, digest: 'd', bounds: [], quotas: { run: [], tenant: [] } };
    const { tenant, run, job, step, attempt, plugin } = sampleStart;
    const sequence = log.started(sampleStart);
    const powers: InnerCallPowers = {
      grant: testGrant({ manifest: {} }),
      audit: log,
      redactor: createRedactor([]),
      clock: { now: () => Date.now() },
      subject: { tenant, run, job, step, attempt, plugin },
      invocation: sequence,
      onHostCall: () => undefined,
      meter: await createQuotas().enter(invocation, never),
      exceeded: (error) => void told.push(error),
      broken: (error) => void told.push(error),
      waiting: () => undefined,
      mostCalls: options.mostCalls ?? 100,
    };
    return { told, calls: innerCalls(powers, sequence, createCallCounter()) };
  }

  it('of all programs of a step are bounded, where no policy says so too', async () => {
    const place = auditPlace();
    await using log = place.open();
    const { told, calls } = await within(log, { mostCalls: 2 });
    calls.within(call, allowed).end({ result: 'ok' });
    calls.within(call, {
      kind: 'denied',
      denial: { code: 'DENIED', rule: '', message: '', remedy: '' },
      decided_by: [],
    });
    expect(() => calls.within(call, allowed)).toThrow('more than 2 host calls');
    expect(told).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
    expect(place.entries().filter(({ kind }) => kind === 'call')).toHaveLength(2);
  });

  it('are refused where they can not be recorded, and when their call is over; what is open then has an outcome', async () => {
    const place = auditPlace();
    const log = place.open();
    const { told, calls } = await within(log);
    const inner = calls.within(call, allowed);
    calls.close();
    inner.end({ result: 'ok' });
    expect(place.entries().filter(({ kind }) => kind === 'result')).toMatchObject([
      { result: 'error', facts: { unfinished: true } },
    ]);
    expect(() => calls.within(call, allowed)).toThrow('is over');
    const next = await within(log);
    const open = next.calls.within(call, allowed);
    await log[Symbol.asyncDispose]();
    expect(() => next.calls.within(call, allowed)).toThrow('could not be recorded');
    open.end({ result: 'ok' });
    expect(next.told.length).toBeGreaterThan(0);
    expect(told).toEqual([]);
  });
});

const hasDocker = (await needs('docker')) && (await needs('bwrap'));

describe.skipIf(!hasDocker)('requests of a program on its docker socket', () => {
  beforeAll(() => importTestImage());

  it('are on record as calls within its exec; denied ones are denials, and only looking is counted alone', async () => {
    await using agent = await agentThatMay({
      docker: { images: [testImage], operations: ['run', 'logs'], network: 'none' },
    });
    const run = (options: string): string => `docker run --rm --network none ${options} ${testImage} true`;
    const script = [
      run(''),
      run('--privileged'),
      `docker run --rm evil.example/x:1 true`,
      'docker ps -a',
      'docker system prune -f',
      'echo a-pass-word | docker login -u me --password-stdin registry.example',
      'true',
    ].join('\n');
    const { result, calls } = await agent.run({ uses, with: { script, docker: true } });
    expect(result).toMatchObject({ outcome: 'success' });
    const inner = agent.recorded.filter(({ within }) => within !== undefined);
    const shown = inner.map(({ call, decision }) => `${decision} ${call.capability}.${call.operation}`);
    expect(shown).toEqual(
      expect.arrayContaining([
        'allowed docker.start',
        'allowed docker.request',
        'denied docker.request',
        'denied docker.start',
        'denied docker.login',
      ]),
    );
    expect(result.host_calls.denied).toBe(shown.filter((text) => text.startsWith('denied')).length);
    expect(calls.filter(({ decision }) => decision === 'denied')).toHaveLength(result.host_calls.denied);
    const started = inner.find(({ call, decision }) => call.operation === 'start' && decision === 'allowed');
    expect(started?.rules).toHaveLength(2);
    expect(inner.find(({ reason }) => reason?.includes('HostConfig.Privileged'))).toMatchObject({ decision: 'denied' });
    expect(JSON.stringify(inner)).not.toContain('"GET /');
    expect(JSON.stringify([calls.slice(1), agent.recorded.slice(1), agent.results])).not.toContain('a-pass-word');
    expect(agent.results.find(({ facts }) => facts?.['container'] !== undefined)).toMatchObject({ result: 'ok' });
    await agent.executor[Symbol.asyncDispose]();
    expect(await verifyAudit(agent.auditFile)).toMatchObject({ ok: true });
    const { plugins, left_out } = await learn(auditedCalls(readAudit(agent.auditFile)), { generalize: 'nothing' });
    expect(plugins[0]?.entries).toContainEqual(
      expect.objectContaining({
        capability: 'docker',
        entry: { images: [testImage], operations: ['run'] },
      }),
    );
    expect(left_out).toEqual([]);
  });

  it('hold no secret that the program hands on', async () => {
    const secrets = { TOKEN: 'a-secret-value' };
    const permissions = {
      exec: [{ command: 'bash', args: 'any', env: ['T'], secrets: ['TOKEN'] }],
      docker: [{ images: [testImage], operations: ['run'] }],
      secrets: [{ names: ['TOKEN'] }],
    };
    const requested = Object.entries(permissions).map(([name, [entry]]) => [name, [{ ...entry, reason: 'tests' }]]);
    await using agent = await agentWith(
      `const token = await host.secrets.get('TOKEN');
       const args = ['-c', 'docker run --rm --network none -e T="$T" ${testImage} true'];
       const { exit_code } = await host.exec.run({ command: 'bash', args, env: { T: token }, docker: true });
       return { exit_code };`,
      { manifest: { permissions: Object.fromEntries(requested) }, secrets },
    );
    const { result } = await agent.run({ uses });
    expect(result.outputs).toEqual({ exit_code: 0 });
    const started = agent.recorded.find(({ call }) => call.operation === 'start');
    expect(started).toMatchObject({ call: { args: { env: { T: '***' } } } });
    expect(readFileSync(agent.auditFile, 'utf8')).not.toContain(secrets.TOKEN);
  });
});
