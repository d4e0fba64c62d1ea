import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';
import { tarOf } from '../../../capabilities/fs/testing/tar.ts';

export default async ({ workspace, arena }: PreparedPlace): Promise<void> => {
  const outside = textIn(arena, 'outside');
  const up = '../'.repeat(12);
  writeFileSync(
    join(workspace, 'a.tar'),
    await tarOf([{ name: 'got', type: 'link', linkname: `${outside}/canary.txt` }]),
  );
  writeFileSync(
    join(workspace, 'b.tar'),
    await tarOf([{ name: 'got', type: 'link', linkname: `${up}${outside.slice(1)}/canary.txt` }]),
  );
};
