import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRecords } from '../contract/records-contract.ts';

describeRecords('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-records-'));
  return {
    place: { file: join(folder, 'state', 'records.sqlite') },
    remove: () => rmSync(folder, { recursive: true }),
  };
});
