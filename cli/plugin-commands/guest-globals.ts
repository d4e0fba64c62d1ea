import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { type AbsolutePath, type Digest, isJsonObject, WaterflowFailure } from '../../schemas/index.ts';

const asking = 'export default () => ({ names: Object.getOwnPropertyNames(globalThis) });';

/** Names that every module of a plugin has without declaring them, as a sandbox of this very version says. */
export async function guestGlobals(supervisor: Supervisor): Promise<ReadonlySet<string>> {
  const outcome = await supervisor.invoke({
    plugin: {
      // Nothing goes by the digest of code that is ours.
      identity: { name: 'globals', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` as Digest },
      manifest: { name: 'globals', version: '1.0.0', description: 'Names.', runtime: 'isolate', main: 'index.js' },
      folder: '/' as AbsolutePath,
      origin: 'built-in',
      code: { runtime: 'isolate', main: 'index.js', modules: { 'index.js': asking } },
    },
    owner: { tenant: 'default', run: 'plugin-check' },
    inputs: {},
    limits: {
      timeout_ms: 10_000,
      memory_bytes: 64 * 1024 ** 2,
      output_bytes: 1024 ** 2,
      host_calls: 0,
      cancel_grace_ms: 0,
    },
    required_level: 0,
    host: async () => ({ error: { code: 'FAILED', message: 'it makes no calls' } }),
    signal: new AbortController().signal,
  });
  if (outcome.kind !== 'returned') throw new WaterflowFailure(outcome.error);
  const names = isJsonObject(outcome.outputs) ? outcome.outputs['names'] : undefined;
  if (!Array.isArray(names)) throw new TypeError('the sandbox gave no names');
  return new Set(names.map(String));
}
