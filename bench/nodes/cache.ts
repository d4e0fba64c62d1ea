import { randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure } from '../figure.ts';
import { openNodeAgent } from './node-agent.ts';
import { ratio } from './ratio.ts';
import { secondsOf } from './seconds-of.ts';

const rounds = 3;
/** Times what the tools take. */
const most = 1.3;
const filesPerFolder = 100;
const fileBytes = 107_374;
const mebibyte = 1024 * 1024;

/** `cache@v1` beside `tar | zstd`: files of 100 KiB, half of it random, as many as make up that size. One after the other, in turns. */
export function nodeCache(mebibytes: number): (bench: Bench) => Promise<readonly Figure[]> {
  return async (bench) => {
    const files = Math.round((mebibytes * mebibyte) / fileBytes);
    await using agent = await openNodeAgent(join(bench.scratch, 'agent'));
    const deps = join(agent.workspace, 'deps');
    writeTree(deps, files);
    const archive = join(bench.scratch, 'deps.tar.zst');
    const taken = { save: [] as number[], tar: [] as number[], restore: [] as number[], untar: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const inputs = { path: 'deps', key: `deps-${round}` };
      taken.tar.push(shell(`tar -cf - deps | zstd -q -f -o ${archive}`, agent.workspace));
      taken.save.push((await agent.step('cache@v1', { mode: 'save', ...inputs })).seconds);
      rmSync(deps, { recursive: true });
      taken.untar.push(shell(`zstd -dcq ${archive} | tar -xf -`, agent.workspace));
      rmSync(deps, { recursive: true });
      const restored = await agent.step('cache@v1', { mode: 'restore', ...inputs });
      if (restored.outputs['hit'] !== true) throw new Error(JSON.stringify(restored));
      taken.restore.push(restored.seconds);
      bench.progress(
        `${round + 1} of ${rounds} rounds, ${files} files, ${Math.round(statSync(archive).size / mebibyte)} MiB packed`,
      );
    }
    const what = `${mebibytes} MiB in ${files} files`;
    return [
      ratio(`cache@v1 save to tar | zstd, ${what}`, { ours: taken.save, theirs: taken.tar, most }),
      ratio(`cache@v1 restore to zstd | tar, ${what}`, { ours: taken.restore, theirs: taken.untar, most }),
    ];
  };
}

function writeTree(folder: string, files: number): void {
  const content = Buffer.alloc(fileBytes, 'what is repeated gets small ');
  for (let index = 0; index < files; index += 1) {
    const below = join(folder, `folder ${Math.floor(index / filesPerFolder)}`);
    if (index % filesPerFolder === 0) mkdirSync(below, { recursive: true });
    randomFillSync(content, 0, fileBytes / 2);
    writeFileSync(join(below, `file ${index}`), content);
  }
}

/** Its time in seconds. */
function shell(command: string, cwd: string): number {
  return secondsOf('/bin/sh', ['-c', command], { cwd });
}
