/** file-transfer@v1 runs commands on a machine with OpenSSH's own server. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startOwnServer } from '../../runtime/capabilities/ssh/testing/own-server.ts';
import { filledLayer } from '../../runtime/grants/testing/filled.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import type { TestStep } from '../executor/testing/agent.ts';
import { startTransferWorld, type TransferWorld } from './testing/file-transfer-world.ts';

const supervisor = sharedSupervisor();
const works = await needs('ssh');

describe.skipIf(!works)('file-transfer@v1 in mode exec', () => {
  let world: TransferWorld;
  beforeAll(async () => {
    world = await startTransferWorld(supervisor(), { secrets: { PASSWORD: 'correct-horse' } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const exec = (inputs: JsonObject, more: Partial<TestStep> = {}) => world.transfer({ mode: 'exec', ...inputs }, more);

  it('runs a program, whose output goes to the log or becomes an output', async () => {
    const logged = await exec({ command: 'echo', args: ['one', 2, true] });
    expect(logged).toMatchObject({
      result: { outcome: 'success', outputs: { exit_code: 0 } },
      log: { stdout: 'one 2 true\n' },
    });
    expect(logged.result.outputs).not.toHaveProperty('stdout');
    const captured = await exec({ command: 'cat', stdin: 'ä "text"\n', capture: true });
    expect(captured).toMatchObject({
      result: { outputs: { exit_code: 0, stdout: 'ä "text"\n' } },
      log: { stdout: '' },
    });
  });

  it('hands arguments over as they are: no shell there reads them', async () => {
    const args = ['%s|', '$(id)', '`id`', "it's", '"', 'a  b', '*', '', '; id', '-n', 'new\nline', 'ß☃'];
    const { result } = await exec({ command: 'printf', args, capture: true });
    expect(result.outputs).toMatchObject({ stdout: `${args.slice(1).join('|')}|` });
  });

  it("fails with the command's exit code, which steps after it can read", async () => {
    const { result, log } = await exec({ command: 'sh', args: ['-c', 'echo before; exit 7'] });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('exit code 7') },
      outputs: { exit_code: 7 },
    });
    expect(log.stdout).toBe('before\n');
  });

  it('is granted that command and no other, and no files', async () => {
    const { calls } = await exec({ command: 'true' });
    expect(calls.map(({ operation, decision }) => `${operation} ${decision}`)).toEqual(['exec allowed']);
    const entry = { ...world.server.entry, secrets: ['*'], commands: [{ command: 'uptime' }] };
    const { key: _key, ...narrowed } = entry as JsonObject;
    const permissions = [filledLayer({ permissions: { ssh: [narrowed] }, inputs: {} })];
    const { result } = await exec({ command: 'id' }, { permissions });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
  });

  it('ends an output that is too long', async () => {
    const { result } = await exec({ command: 'head', args: ['-c', 600_000, '/dev/zero'], capture: true });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('524288') } });
  });

  it('logs in with a password, which what the command prints does not show', async () => {
    await using server = await startOwnServer({
      authenticate(context) {
        if (context.method === 'password' && context.password === 'correct-horse') context.accept();
        else context.reject(['password']);
      },
      exec: (channel) => {
        channel.write('it is correct-horse');
        channel.exit(0);
        channel.end();
      },
    });
    const { port = 0, user = '', 'host-key': pin = '' } = server.entry;
    const inputs = { port, user, 'host-key': pin, key: '', password: '${{ secrets.PASSWORD }}' };
    const logged = await exec({ command: 'show', ...inputs });
    const captured = await exec({ command: 'show', capture: true, ...inputs });
    expect([logged.result, captured.result]).toMatchObject([{ outcome: 'success' }, { outcome: 'success' }]);
    expect(JSON.stringify([logged, captured, world.agent.recorded, world.agent.results])).not.toContain(
      'correct-horse',
    );
  });

  it('ends the command when it is cancelled', async () => {
    const file = world.there('pid');
    const script = `echo $$ > ${file}.new; mv ${file}.new ${file}; while :; do echo on; sleep 0.2; done`;
    const controller = new AbortController();
    const running = exec({ command: 'sh', args: ['-c', script] }, { signal: controller.signal });
    await expect.poll(() => existsSync(file)).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    controller.abort();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
