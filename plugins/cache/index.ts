import { definePlugin, type Host, type Plugin, stepFailure } from 'waterflow/plugin';
import { shelfOf } from './keys.ts';
import { type Lines, linesOf, type Selection, selectionOf } from './paths.ts';
import { isAway, restore } from './restore.ts';

/** Inputs as plugin.yaml declares them. */
interface Inputs {
  readonly mode: 'restore' | 'save';
  readonly path: Lines;
  readonly key: string;
  readonly 'restore-keys'?: Lines;
  readonly branch?: string;
  readonly 'fallback-branches'?: Lines;
  readonly 'fail-on-miss'?: boolean;
}

interface Outputs {
  readonly hit: boolean;
  readonly key: string;
  readonly branch: string;
  readonly bytes?: number;
  readonly files?: number;
  readonly evicted?: number;
}

const defaultBranch = 'main';
/** What a step has where nothing was found or kept. */
const nothing: Outputs = { hit: false, key: '', branch: '' };

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const selection = selectionOf(inputs.path);
  switch (inputs.mode) {
    case 'restore':
      return await putBack(inputs, selection, host);
    case 'save':
      return await keep(inputs, selection, host);
    default:
      throw new Error(`mode: ${JSON.stringify(inputs.mode)} is neither restore nor save`);
  }
});
export default plugin;

async function putBack(inputs: Inputs, selection: Selection, host: Host): Promise<Outputs> {
  const { key, branch = defaultBranch } = inputs;
  const branches = [...new Set([branch, ...linesOf(inputs['fallback-branches'] ?? defaultBranch)])];
  const restoreKeys = linesOf(inputs['restore-keys']);
  const failOnMiss = inputs['fail-on-miss'] === true;
  const found = await restore(host, { selection, key, restoreKeys, branches }).catch((cause: unknown) => {
    if (!isAway(cause) || failOnMiss) throw cause;
    host.log(`warning: it goes on without the cache, which is not there: ${cause.message}`);
    return 'away' as const;
  });
  if (found === 'away') return nothing;
  if (found !== undefined) {
    host.log(
      `put back ${found.files} files and folders from ${found.key} (${found.branch}), ${found.bytes} bytes packed`,
    );
    return { ...found };
  }
  if (failOnMiss) {
    throw stepFailure(`nothing is kept under ${key} for ${branches.join(', ')}`, {
      outputs: nothing,
      remedy: 'Save it first, with the same `path`, or leave `fail-on-miss` out.',
    });
  }
  host.log(`nothing is kept under ${key} for ${branches.join(', ')}`);
  return nothing;
}

async function keep(inputs: Inputs, selection: Selection, host: Host): Promise<Outputs> {
  const { key, branch = defaultBranch } = inputs;
  const stored = shelfOf(selection, branch).keyOf(key);
  const saved = await host.store.save(stored, { from: '.', ...selection, replace: false }).catch((cause: unknown) => {
    // A step that can't be made faster next time has not failed.
    if (!isAway(cause)) throw cause;
    host.log(`warning: nothing was kept, the cache is not there: ${cause.message}`);
    return undefined;
  });
  if (saved === undefined) return nothing;
  if (!saved.saved) {
    host.log(`${key} (${branch}) is kept already, and stays as it is`);
    return { hit: true, key, branch, bytes: saved.bytes };
  }
  host.log(`kept ${saved.entries} files and folders under ${key} (${branch}), ${saved.bytes} bytes packed`);
  if (saved.not_evicted !== undefined) {
    host.log(`warning: it is kept, but what had to go for it is not gone: ${saved.not_evicted}`);
  }
  if (saved.evicted > 0) host.log(`${saved.evicted} that were not used for longest had to go`);
  return { hit: false, key, branch, bytes: saved.bytes, files: saved.entries, evicted: saved.evicted };
}
