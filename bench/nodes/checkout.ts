import { execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure } from '../figure.ts';
import { openNodeAgent } from './node-agent.ts';
import { ratio } from './ratio.ts';
import { secondsOf } from './seconds-of.ts';

const rounds = 3;
const commits = 2000;
const files = 500;
const mebibyte = 1024 * 1024;

/** `checkout@v1` beside `git clone`, of the whole history of a repository of 2,000 commits and about half that size, in turns. */
export function nodeCheckout(mebibytes: number): (bench: Bench) => Promise<readonly Figure[]> {
  return async (bench) => {
    const size = Math.round((mebibytes * 500) / 1024);
    const repository = join(bench.scratch, 'repository.git');
    await writeRepository(repository, (size * mebibyte) / commits);
    bench.progress(`${size} MiB in ${commits} commits`);
    await using agent = await openNodeAgent(join(bench.scratch, 'agent'));
    const url = `file://${repository}`;
    const [ours, theirs]: [number[], number[]] = [[], []];
    const target = join(bench.scratch, 'clone');
    const clone = (): void => {
      theirs.push(secondsOf('git', ['clone', '--quiet', url, target]));
      rmSync(target, { recursive: true });
    };
    const checkOut = async (): Promise<void> => {
      const inputs = { repository: url, depth: 0, path: 'source' };
      ours.push((await agent.step('checkout@v1', inputs)).seconds);
      rmSync(join(agent.workspace, 'source'), { recursive: true });
    };
    // The first of both fills the machine's caches.
    clone();
    theirs.length = 0;
    for (let round = 0; round < rounds; round += 1) {
      if (round % 2 === 0) clone();
      await checkOut();
      if (round % 2 === 1) clone();
      bench.progress(`${round + 1} of ${rounds} rounds`);
    }
    return [ratio(`checkout@v1 to git clone, ${size} MiB in ${commits} commits`, { ours, theirs, most: 1.15 })];
  };
}

/** Each commit writes one of the files anew, with content that doesn't get smaller. */
async function writeRepository(path: string, bytes: number): Promise<void> {
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  const importer = spawn('git', ['-C', path, 'fast-import', '--quiet'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(importer, 'exit');
  const content = Buffer.alloc(Math.round(bytes));
  for (let index = 0; index < commits; index += 1) {
    randomFillSync(content);
    const message = `Commit ${index}`;
    const head = [
      'commit refs/heads/main',
      `committer Bench <bench@localhost> ${1_700_000_000 + index} +0000`,
      `data ${message.length}`,
      message,
      `M 100644 inline folder-${index % 20}/file-${index % files}`,
      `data ${content.length}`,
      '',
    ];
    importer.stdin.write(head.join('\n'));
    if (!importer.stdin.write(Buffer.concat([content, Buffer.from('\n')]))) await once(importer.stdin, 'drain');
  }
  importer.stdin.end('done\n');
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}
