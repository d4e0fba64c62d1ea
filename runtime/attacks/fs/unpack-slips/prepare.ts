import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';
import { tarOf } from '../../../capabilities/fs/testing/tar.ts';

export default async ({ workspace, arena }: PreparedPlace): Promise<void> => {
  const outside = textIn(arena, 'outside');
  const up = '../'.repeat(12);
  writeFileSync(join(workspace, 'a.tar'), await tarOf([{ name: `${up}${outside.slice(1)}/planted`, content: 'x' }]));
  writeFileSync(join(workspace, 'b.tar'), await tarOf([{ name: `${outside}/planted`, content: 'x' }]));
  writeFileSync(
    join(workspace, 'c.tar'),
    await tarOf([
      { name: 'a/', type: 'directory' },
      { name: `a/./${up}${up}${outside.slice(1)}/planted`, content: 'x' },
    ]),
  );
  writeFileSync(
    join(workspace, 'd.tar'),
    await tarOf([{ name: 'fine', pax: { path: `${up}${outside.slice(1)}/planted` }, content: 'x' }]),
  );
};
