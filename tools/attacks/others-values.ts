import { dirname, join } from 'node:path';
import { createStoreFile } from '../../runtime/capabilities/store/file.ts';
import { openKeyValueStore } from '../../runtime/capabilities/store/key-value-store.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** Whose they are: another tenant's plugin of the same name and folder, others of the same tenant, a built-in node. */
function ownersOf(plugin: string, folder: string): readonly { readonly tenant: string; readonly plugin: string }[] {
  const own = `${plugin} in ${folder}`;
  return [
    { tenant: 'other', plugin: own },
    { tenant: 'default', plugin: `${plugin} in /elsewhere` },
    { tenant: 'default', plugin: 'built-in http' },
  ];
}

/** What of the values of others was changed since they were kept. */
export type ChangedValues = () => Promise<readonly string[]>;

/** Keeps values for others in the store of an agent, all of them the canary. */
export async function keepOthersValues(
  auditFile: string,
  plugin: { readonly name: string; readonly folder: string },
  token: string,
): Promise<ChangedValues> {
  // Beside the audit log, as the agent has it; below an absolute folder.
  const file = join(dirname(auditFile), 'state', 'store.sqlite') as AbsolutePath;
  const keys = ['token', 'other/token'];
  const eachStore = async <Result>(
    ask: (store: ReturnType<typeof openKeyValueStore>, key: string) => Promise<Result>,
  ): Promise<readonly Result[]> => {
    await using store = createStoreFile(file);
    const results: Result[] = [];
    for (const owner of ownersOf(plugin.name, plugin.folder)) {
      const opened = openKeyValueStore(store, owner, { clock: { now: () => Date.now() } });
      for (const key of keys) results.push(await ask(opened, key));
    }
    return results;
  };
  const text = JSON.stringify(token);
  await eachStore((store, key) => store.set({ key, text, expected: undefined, ttl_ms: undefined }, []));
  return async () => {
    const kept = await eachStore(async (store, key) => (await store.get(key))?.value === token);
    return kept.every(Boolean) ? [] : ["somebody else's value in the store was changed"];
  };
}
