import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';

export default ({ workspace, arena }: PreparedPlace): void => {
  symlinkSync(textIn(arena, 'outside'), join(workspace, 'link'));
};
