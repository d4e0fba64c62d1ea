import { describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const supervisor = sharedSupervisor();
const agentWith = pluginAgents(supervisor);
const hasBwrap = await needs('bwrap');
const uses = './plugins/p';
const files = { manifest: { permissions: { fs: [{ read: '**', write: '**', reason: 'tests' }] } } };

const ruled = (limits: string) => `version: 1
require: { confinement: 0 }
rules:
  - plugin: approved
    allow: requested
    limits: ${limits}
`;
const ruleLine = 'policy policy.yaml:4';

describe('a limit of a rule', () => {
  it('on processor time ends a guest that computes for longer', async () => {
    await using agent = await agentWith('for (;;) {}', { policy: ruled('{ cpu: 300ms }') });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      class: 'limit',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('`cpu`: 0.3 s'), rule: ruleLine },
    });
  });

  it('on processor time does not count what a guest waits for', async () => {
    await using agent = await agentWith('await host.sleep(600); return { done: true };', {
      policy: ruled('{ cpu: 300ms }'),
    });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success' });
  });

  it.each([
    ['host-calls', '{ host-calls: 10 }', 'for (;;) await host.now();'],
    [
      'host-calls, denied and unknown ones too',
      '{ host-calls: 10 }',
      "for (;;) await host.fs.read('x').catch(() => {});",
    ],
    ['log-lines', '{ log-lines: 10 }', "for (;;) host.log('a\\nb');"],
    ['bytes', '{ bytes: 64KiB }', "for (;;) await host.fs.write('f', 'x'.repeat(4096));"],
  ])('on %s ends a guest that goes on for ever', async (what, limits, body) => {
    await using agent = await agentWith(body, { ...files, policy: ruled(limits) });
    const { result } = await agent.run({ uses });
    const [name = ''] = what.split(',');
    expect(result).toMatchObject({
      class: 'limit',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining(`\`${name}\``), rule: ruleLine },
    });
  });

  it('can not be escaped by catching the error', async () => {
    await using agent = await agentWith(
      "for (let n = 0; n < 500; n += 1) { try { await host.now(); } catch {} } return { got: 'through' };",
      { policy: ruled('{ host-calls: 10 }') },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'LIMIT_EXCEEDED' } });
  });

  it('is the least of all rules that hold', async () => {
    const policy = `${ruled('{ host-calls: 1000 }')}  - { plugin: test-plugin, limits: { host-calls: 5 } }\n`;
    await using agent = await agentWith('for (let n = 0; n < 9; n += 1) await host.now();', { policy });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      error: { message: expect.stringContaining('5 host calls'), rule: 'policy policy.yaml:7' },
    });
  });

  it('on concurrency makes invocations wait, and lets a waiting one be cancelled', async () => {
    await using agent = await agentWith('await host.sleep(100); return {};', {
      policy: ruled('{ concurrency: 1 }'),
    });
    const controller = new AbortController();
    const runs = [agent.run({ uses }), agent.run({ uses }), agent.run({ uses, signal: controller.signal })];
    controller.abort('cancelled');
    const ended = await Promise.all(runs);
    expect(ended.map(({ result }) => result.outcome)).toEqual(['success', 'success', 'cancelled']);
    const waiting = `waiting for a turn: ${ruleLine} allows this plugin 1 invocation at one time\n`;
    expect(ended.map(({ log }) => log.log).sort()).toEqual(['', '', waiting]);
  });

  it.skipIf(!hasBwrap)('on programs makes programs wait for each other', async () => {
    const body = `const run = () => host.exec.run({ command: 'sh', args: ['-c', 'mkdir lock && sleep 0.1 && rmdir lock'] });
      const ends = await Promise.all([run(), run(), run()]);
      return { codes: ends.map((end) => end.exit_code) };`;
    await using agent = await agentWith(body, {
      manifest: { permissions: { exec: [{ command: 'sh', args: 'any', reason: 'tests' }] } },
      policy: ruled('{ programs: 1 }'),
    });
    const { result, log } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: { codes: [0, 0, 0] } });
    expect(log.log).toBe(`waiting for a turn: ${ruleLine} allows this step 1 program at one time\n`);
  });
});

describe.skipIf(!hasBwrap)('a program of a plugin', () => {
  const exec = { permissions: { exec: [{ command: 'sh', args: 'any', reason: 'tests' }] } };

  it('counts by the lines that it prints, and is ended with the step', async () => {
    await using agent = await agentWith(
      "await host.exec.run({ command: 'sh', args: ['-c', 'while :; do echo line; done'], stdout: 'log' }); return {};",
      { manifest: exec, policy: ruled('{ log-lines: 1000 }') },
    );
    const { result, log } = await agent.run({ uses });
    expect(result).toMatchObject({
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('`log-lines`') },
    });
    expect(log.stdout.length).toBeLessThan(1_000_000);
  });

  it('is refused where none is allowed, as a value that the plugin sees', async () => {
    await using agent = await agentWith(
      "try { await host.exec.run({ command: 'sh', args: ['-c', 'true'] }); } catch (error) { return { code: error.code }; }",
      { manifest: exec, policy: ruled('{ programs: 0 }') },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: { code: 'LIMIT_EXCEEDED' } });
  });

  it.each([
    ['a plugin that lets it pass', { uses, body: "await host.exec.run({ command: 'sh', args: ['-c', 'true'] });" }],
    ['run@v1', { uses: 'run@v1', with: { script: 'true' }, body: '' }],
  ])('ends a step of %s with the limit, its rule and its remedy', async (_, { body, ...step }) => {
    const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: approved, allow: requested }
  - { plugin: built-in, allow: requested, profile: workspace }
  - { plugin: "*", limits: { programs: 0 } }
`;
    await using agent = await agentWith(body, { manifest: exec, policy });
    const { result } = await agent.run(step);
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'limit',
      error: {
        code: 'LIMIT_EXCEEDED',
        message: 'the step exceeded the limit `programs`: 0 programs at one time',
        rule: 'policy policy.yaml:6',
        remedy: expect.stringContaining('it allows no program at all'),
      },
    });
  });
});

describe('a quota', () => {
  const policy = `version: 1
require: { confinement: 0 }
quotas:
  run: { host-calls: 15 }
rules:
  - { plugin: approved, allow: requested }
`;

  it('of a run holds over its steps, and says where it stands', async () => {
    await using agent = await agentWith('for (let n = 0; n < 10; n += 1) await host.now(); return {};', { policy });
    const first = await agent.run({ uses });
    const second = await agent.run({ uses });
    expect(first.result).toMatchObject({ outcome: 'success' });
    expect(second.result).toMatchObject({
      error: {
        code: 'LIMIT_EXCEEDED',
        message: 'the run, over all its steps, exceeded the limit `host-calls`: 15 host calls',
        rule: 'policy policy.yaml:4 quotas.run',
      },
    });
  });
});
