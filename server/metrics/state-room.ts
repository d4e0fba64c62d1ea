import { statfs } from 'node:fs/promises';
import type { Metrics } from './metrics.ts';

/** Tells of the disk on which the state folder lies. */
export function watchRoom(metrics: Pick<Metrics, 'gauge'>, folder: string): void {
  metrics.gauge('waterflow_state_size_bytes', 'Size of the disk with the state folder.', async () => {
    const { blocks, bsize } = await statfs(folder);
    return blocks * bsize;
  });
  metrics.gauge(
    'waterflow_state_free_bytes',
    'What the server may still write on the disk with the state folder.',
    async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  );
}
