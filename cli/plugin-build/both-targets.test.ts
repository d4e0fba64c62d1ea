import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostCall, HostCallAnswer, HostCallHandler } from '../../runtime/host-call.ts';
import { loadPlugin } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { InvocationOutcome } from '../../runtime/supervisor/api.ts';
import { requestOf } from '../../runtime/testing/invocation.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { buildPlugin } from './build-plugin.ts';
import type { BuildTarget } from './builder.ts';
import { cases } from './testing/cases.ts';
import { writeBuild } from './write-build.ts';

const targets = ['isolate', 'wasm'] as const;

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The same source, built for a target and loaded. */
async function pluginFor(target: BuildTarget): Promise<LoadedPlugin> {
  // mkdtemp below an absolute folder.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-targets-')) as AbsolutePath;
  folders.push(folder);
  const manifest = ['name: cases', 'version: 1.0.0', 'description: Cases.', `runtime: ${target}`, 'main: index.ts'];
  writeFileSync(
    join(folder, 'plugin.yaml'),
    [...manifest, 'permissions: { fs: [{ read: x, reason: tests }] }'].join('\n'),
  );
  writeFileSync(join(folder, 'index.ts'), cases);
  writeBuild(folder, (await buildPlugin(folder, { env: process.env })).files);
  return loadPlugin(folder, { origin: 'built-in' });
}

/** What a host says, without the world: names with a meaning, and everything else echoed. */
const answers: Readonly<Record<string, (call: HostCall) => HostCallAnswer>> = {
  'fs.read': () => ({ denied: { code: 'DENIED', rule: 'a rule', message: 'not that', remedy: 'ask' } }),
  'fs.stat': () => ({ error: { code: 'NOT_FOUND', message: 'there is none' } }),
  'clock.now': () => ({ ok: 1_700_000_000_000 }),
  'step.info': () => ({ ok: { job: 'build' } }),
  'random.bytes': ({ args }) => ({
    // As the prelude asks.
    ok: Buffer.alloc((args as { readonly length: number }).length, 'abc').toString('base64'),
  }),
};
const host: HostCallHandler = async (call) =>
  answers[`${call.capability}.${call.operation}`]?.(call) ?? { ok: call.args };

const supervisor = sharedSupervisor();
const plugins: Partial<Record<BuildTarget, LoadedPlugin>> = {};
beforeAll(async () => {
  for (const target of targets) plugins[target] = await pluginFor(target);
});

interface Told {
  readonly outcome: InvocationOutcome;
  readonly log: readonly unknown[];
}

async function run(
  target: BuildTarget,
  name: string,
  options: Partial<Parameters<typeof requestOf>[1]> = {},
): Promise<Told> {
  const plugin = plugins[target];
  if (plugin === undefined) throw new TypeError('the plugin was not built');
  const log: unknown[] = [];
  const outcome = await supervisor().invoke(
    requestOf(plugin, {
      inputs: { name },
      host: async (call, signal) => {
        if (call.capability !== 'log') return host(call, signal);
        log.push(call.args);
        return { ok: null };
      },
      ...options,
    }),
  );
  return { outcome, log };
}

/** The place of a line of the cases, so many lines below the one that has this text. */
function placeOf(text: string, below = 0): string {
  const lines = cases.split('\n');
  return `index\\.ts:${lines.findIndex((line) => line.includes(text)) + 1 + below}:\\d+`;
}

const calledAt = (text: string, below?: number): unknown =>
  expect.stringMatching(new RegExp(`^ask The plugin made the call at ${placeOf(text, below)}\\.$`));
const thrownAt = (text: string, below?: number): unknown =>
  expect.stringMatching(new RegExp(`^The plugin threw it at ${placeOf(text, below)};`));

/** Columns are each engine's own: V8 says where an expression begins, QuickJS where the call in it does. */
function withoutColumns(text: string): string {
  return text.replaceAll(/(index\.ts:\d+):\d+/g, '$1');
}

describe.each(targets)('a plugin in TypeScript, built for %s', (target) => {
  it.each([
    ['returns', { greeting: 'ä😀', from: 'returns' }],
    ['nothing', {}],
    ['overlaps', { order: ['second', 'first'], sleeps: [{ ms: 2 }, { ms: 1 }] }],
    ['denied', { name: 'HostDenied', code: 'DENIED', rule: 'a rule', remedy: 'ask', message: 'not that' }],
    ['failed', { name: 'HostError', code: 'NOT_FOUND', message: 'there is none' }],
    ['tooLarge', { code: 'LIMIT_EXCEEDED', logCode: 'LIMIT_EXCEEDED' }],
    ['helpers', { has: ['call', 'fs', 'log', 'now', 'random', 'signal', 'sleep', 'step'], job: 'build', frozen: true }],
    ['hardened', { eval: 'undefined', made: 'TypeError', changed: 'TypeError', proto: 'undefined', self: true }],
    ['time', { moves: true, date: true, dice: true }],
    ['recursion', { caught: 'RangeError' }],
    ['deep', { sum: 24_503_500, levels: 15_000 }],
    ['large', { length: 1_000_000 }],
  ])('%s', async (name, outputs) => {
    const { outcome } = await run(target, name);
    expect(outcome).toEqual({ kind: 'returned', outputs });
  });

  it('writes to the log, also what it says while it is loaded, with places of its own source', async () => {
    const { log } = await run(target, 'logs');
    const [early, ...lines] = log.map((args) => withoutColumns((args as { readonly text: string }).text));
    expect(early).toBe('loaded');
    expect(lines.slice(0, 3)).toEqual(['a line', '', 'one 2 {"three":[4]}']);
    expect(lines[3]).toMatch(/^RangeError: a problem\n +at .*index\.ts:48\b/);
    const shown = '{"map":[["k","1n"]],"set":[1],"error":"TypeError: t","self":"[circular]"}';
    expect(lines[4]).toBe(`${shown} [[1],[1]]`);
  });

  it.each([
    ['throws', { code: 'STEP_FAILED', message: 'out of luck', remedy: expect.stringMatching(/ index\.ts:52:\d+;/) }],
    ['throwsOwn', { message: 'of a class', remedy: thrownAt('throwsOwn:', 1) }],
    ['throwsText', { code: 'STEP_FAILED', message: 'a text' }],
    ['throwsNothing', { code: 'STEP_FAILED' }],
    ['throwsWithOutputs', { code: 'STEP_FAILED', message: 'exit code 7', remedy: 'Try less.' }],
    ['uncaughtDenial', { code: 'DENIED', rule: 'a rule', remedy: calledAt('uncaughtDenial:') }],
    ['leftDenied', { code: 'DENIED', rule: 'a rule', remedy: calledAt('leftDenied:', 1) }],
    ['leftDeniedInside', { code: 'DENIED', rule: 'a rule', remedy: calledAt('leftDeniedInside:', 1) }],
    ['leftFailed', { code: 'STEP_FAILED', message: 'there is none', remedy: thrownAt('leftFailed:') }],
    ['leftThrown', { code: 'STEP_FAILED', message: 'nobody looks', remedy: thrownAt('leftThrown:', 1) }],
    ['neverSettles', { code: 'STEP_FAILED', message: expect.stringContaining('never settles') }],
    ['cycle', { code: 'INVALID_OUTPUT' }],
    ['bigOutput', { code: 'OUTPUT_TOO_LARGE' }],
    ['exhausts', { code: 'OUT_OF_MEMORY' }],
  ])('fails where it %s', async (name, error) => {
    const { outcome } = await run(target, name);
    expect(outcome).toMatchObject({ error });
  });

  it.each([
    ['leftHandled', { seen: ['DENIED'], later: 'refused' }],
    ['leftOpen', { returned: true }],
  ])('succeeds where nothing that was refused is lost: %s', async (name, outputs) => {
    const calls: string[] = [];
    const { outcome } = await run(target, name, {
      host: (call, signal, underway) => {
        calls.push(`${call.capability}.${call.operation}`);
        if (call.capability !== 'never' && !(call.capability === 'sleep' && name === 'leftOpen'))
          return host(call, signal);
        underway?.();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: null })));
      },
    });
    expect(outcome).toEqual({ kind: 'returned', outputs });
    expect(calls.filter((call) => call === 'fs.read')).toHaveLength(name === 'leftHandled' ? 3 : 0);
  });

  it('gives outputs in spite of its failure', async () => {
    const { outcome } = await run(target, 'throwsWithOutputs');
    expect(outcome).toMatchObject({ outputs: { exit_code: 7 } });
  });

  it('is cut off at its deadline', async () => {
    const { outcome } = await run(target, 'spins', { limits: { timeout_ms: 300 } });
    expect(outcome).toMatchObject({ error: { code: 'TIMEOUT' } });
  });

  it('sees that it is cancelled, and may leave things in order', async () => {
    const cancel = new AbortController();
    const { outcome } = await run(target, 'cancelled', {
      signal: cancel.signal,
      host: async (call, signal) => {
        if (call.capability !== 'sleep') return { ok: null };
        cancel.abort();
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: null })));
      },
    });
    expect(outcome).toEqual({
      kind: 'returned',
      outputs: { code: 'CANCELLED', message: 'the step is being cancelled' },
    });
  });
});

describe('both targets', () => {
  it('give the same where an invocation is deterministic', async () => {
    const deterministic = { now_ms: Date.UTC(2026, 0, 2, 3, 4, 5), seed: '0123456789abcdef'.repeat(4) };
    const [isolate, wasm] = await Promise.all(targets.map((target) => run(target, 'chance', { deterministic })));
    expect(isolate?.outcome).toMatchObject({ kind: 'returned', outputs: { now: deterministic.now_ms, slept: 60_000 } });
    expect(wasm).toEqual(isolate);
  });
});
