import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostCallHandler } from '../../runtime/host-call.ts';
import { loadPlugin } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import { requestOf } from '../../runtime/testing/invocation.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { buildPlugin } from './build-plugin.ts';
import type { BuildTarget } from './builder.ts';
import { globalCases } from './testing/global-cases.ts';
import { writeBuild } from './write-build.ts';

const targets = ['isolate', 'wasm'] as const;
const index = `import { globalCases } from './global-cases.ts';
const others: Record<string, () => unknown> = {
  eastern: () => {
    try { return new TextDecoder('sjis').encoding; } catch (error) { return String(error); }
  },
  inside: () => new URL('no url'),
  uncaught: () => new Promise(() => setTimeout(() => { throw new RangeError('in a timer'); }, 1)),
  fixed: () => {
    const results = [() => { (globalThis as any).URL = 1; }, () => { (URL.prototype as any).x = 1; }].map((action) => {
      try { action(); return 'changed'; } catch (error) { return (error as Error).name; }
    });
    return results;
  },
};
export default async ({ name }: { name: string }) => ({ result: await (globalCases[name] ?? others[name])?.() });
`;

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const supervisor = sharedSupervisor();
const plugins: Partial<Record<BuildTarget, LoadedPlugin>> = {};
beforeAll(async () => {
  for (const target of targets) {
    // mkdtemp below an absolute folder.
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-globals-')) as AbsolutePath;
    folders.push(folder);
    const lines = ['name: cases', 'version: 1.0.0', 'description: Cases.', `runtime: ${target}`, 'main: index.ts'];
    writeFileSync(join(folder, 'plugin.yaml'), lines.join('\n'));
    writeFileSync(join(folder, 'index.ts'), index);
    const cases = readFileSync(join(import.meta.dirname, 'testing/global-cases.ts'));
    writeFileSync(join(folder, 'global-cases.ts'), cases);
    writeBuild(folder, (await buildPlugin(folder, { env: process.env })).files);
    plugins[target] = await loadPlugin(folder, { origin: 'built-in' });
  }
});

/** What the agent does for the few calls that globals make. */
const host: HostCallHandler = async ({ capability, operation, args }, signal) => {
  // As runtime/guest/globals.ts makes them.
  const { ms = 0, length = 0 } = args as { readonly ms?: number; readonly length?: number };
  if (capability === 'sleep') await sleep(ms, undefined, { signal }).catch(() => undefined);
  if (capability === 'random')
    return { ok: operation === 'uuid' ? randomUUID() : randomBytes(length).toString('base64') };
  return { ok: null };
};

async function run(target: BuildTarget, name: string) {
  const plugin = plugins[target];
  if (plugin === undefined) throw new TypeError('the plugin was not built');
  return supervisor().invoke(requestOf(plugin, { inputs: { name }, host }));
}

describe.each(targets)('a plugin that was built for %s', (target) => {
  it.each(Object.keys(globalCases))('%s, as Node does', async (name) => {
    const result: unknown = JSON.parse(JSON.stringify(await globalCases[name]?.()));
    expect(await run(target, name)).toEqual({ kind: 'returned', outputs: { result } });
  });

  it('fails where a timer throws', async () => {
    expect(await run(target, 'uncaught')).toMatchObject({ error: { code: 'STEP_FAILED', message: 'in a timer' } });
  });

  it('names the place in the plugin where a polyfill throws', async () => {
    const remedy = expect.stringMatching(/ index\.ts:6:\d+;/);
    expect(await run(target, 'inside')).toMatchObject({ error: { code: 'STEP_FAILED', remedy } });
  });

  it('has no tables for eastern encodings, and says so before there are bytes', async () => {
    const result = 'RangeError: a plugin has no tables for the encoding shift_jis';
    expect(await run(target, 'eastern')).toEqual({ kind: 'returned', outputs: { result } });
  });

  it('cannot change them', async () => {
    expect(await run(target, 'fixed')).toEqual({ kind: 'returned', outputs: { result: ['TypeError', 'TypeError'] } });
  });
});
