/** Stores 1, 2, 3... under a key and prints each once it is stored, until it is killed. `count.ts FILE KEY`. */
import type { AbsolutePath } from '../../../../schemas/index.ts';
import { createStoreFile } from '../file.ts';
import { openKeyValueStore } from '../key-value-store.ts';

const [file = '', key = ''] = process.argv.slice(2);
// The test gives an absolute path.
const store = openKeyValueStore(
  createStoreFile(file as AbsolutePath),
  { tenant: 'default', plugin: 'p' },
  { clock: { now: () => Date.now() } },
);
for (let count = 1; ; count += 1) {
  await store.set({ key, text: String(count), expected: undefined, ttl_ms: undefined }, []);
  process.stdout.write(`${count}\n`);
}
