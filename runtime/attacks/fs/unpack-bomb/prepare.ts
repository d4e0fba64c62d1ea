import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { PreparedPlace } from '../../../../tools/attacks/plugin.ts';
import { tarOf } from '../../../capabilities/fs/testing/tar.ts';

const zeros = 200_000_000;

export default async ({ workspace }: PreparedPlace): Promise<void> => {
  writeFileSync(
    join(workspace, 'bomb.tar.gz'),
    gzipSync(await tarOf([{ name: 'zeros', content: '\0'.repeat(zeros) }])),
  );
};
