import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProjection } from './contract/projection-contract.ts';

describeProjection('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-projection-'));
  return {
    place: { file: join(folder, 'state', 'projection.sqlite') },
    remove: () => rmSync(folder, { recursive: true }),
  };
});
