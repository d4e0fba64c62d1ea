import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PreparedPlace, textIn } from '../../../../tools/attacks/plugin.ts';

const pinned = '#!/bin/sh\necho "$@"\n';
// Long, so that it is still being read when the other takes its place.
const swapped = `#!/bin/sh\necho swapped\nexit\n${'# filler\n'.repeat(10)}`;
const swapping =
  'i=0; while [ $i -lt 6000 ]; do cp -p a next; mv next tool; cp -p b next; mv next tool; i=$((i+1)); [ -e a ] || exit; done';

export default ({ plugin, arena }: PreparedPlace): void => {
  const tools = `${textIn(arena, 'outside')}-tools`;
  mkdirSync(tools);
  for (const [name, text] of [
    ['a', pinned],
    ['b', swapped],
    ['tool', pinned],
  ] as const) {
    writeFileSync(join(tools, name), text);
    chmodSync(join(tools, name), 0o755);
  }
  const manifest = join(plugin, 'plugin.yaml');
  const digest = createHash('sha256').update(pinned).digest('hex');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('@DIGEST@', digest));
  // Ends with its folder.
  spawn('sh', ['-c', swapping], {
    cwd: tools,
    stdio: 'ignore',
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
  }).unref();
};
