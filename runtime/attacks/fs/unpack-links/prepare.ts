import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';
import { tarOf } from '../../../capabilities/fs/testing/tar.ts';

export default async ({ workspace, arena }: PreparedPlace): Promise<void> => {
  const outside = textIn(arena, 'outside');
  const up = '../'.repeat(12);
  writeFileSync(
    join(workspace, 'a.tar'),
    await tarOf([
      { name: 'd', type: 'symlink', linkname: outside },
      { name: 'd/planted', content: 'x' },
    ]),
  );
  writeFileSync(
    join(workspace, 'b.tar'),
    await tarOf([
      { name: 'a', type: 'symlink', linkname: '.' },
      { name: 'b', type: 'symlink', linkname: `a/${up}${outside.slice(1)}` },
      { name: 'b/planted', content: 'x' },
    ]),
  );
  writeFileSync(
    join(workspace, 'c.tar'),
    await tarOf([
      { name: 'x/y/', type: 'directory' },
      { name: 'deep', type: 'symlink', linkname: `x/y/${up}${outside.slice(1)}` },
      { name: 'deep/planted', content: 'x' },
    ]),
  );
};
