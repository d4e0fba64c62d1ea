import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';

export default ({ workspace, arena }: PreparedPlace): void => {
  mkdirSync(join(workspace, 'folder'));
  symlinkSync(textIn(arena, 'file'), join(workspace, 'folder', 'link.txt'));
  symlinkSync(textIn(arena, 'outside'), join(workspace, 'folder', 'link'));
};
