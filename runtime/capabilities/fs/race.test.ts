import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Json } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import { CallFailure } from '../capability.ts';
import { makeTestScope } from '../testing/call.ts';
import { tarOf } from './testing/tar.ts';

/** Swaps `dir` (a folder) and `file` with links to the outside, as fast as a process can, until it is killed. */
const swapper = `
  const { renameSync, mkdirSync, writeFileSync, symlinkSync, rmSync } = require('node:fs');
  const [workspace, outside] = process.argv.slice(1);
  const at = (name) => workspace + '/' + name;
  // A call may have made or replaced what stands in the way, and may do so again meanwhile.
  const begin = () => {
    for (;;) try {
      for (const name of ['dir', 'real-dir', 'file', 'real-file', 'link-to-dir', 'link-to-file']) rmSync(at(name), { recursive: true, force: true });
      mkdirSync(at('dir')); writeFileSync(at('dir') + '/secret', 'inside'); writeFileSync(at('file'), 'inside');
      symlinkSync(outside, at('link-to-dir')); symlinkSync(outside + '/secret', at('link-to-file'));
      return;
    } catch (cause) {}
  };
  begin();
  process.stdout.write('swapping');
  for (;;) {
    try {
      renameSync(at('dir'), at('real-dir')); renameSync(at('link-to-dir'), at('dir'));
      renameSync(at('file'), at('real-file')); renameSync(at('link-to-file'), at('file'));
      renameSync(at('dir'), at('link-to-dir')); renameSync(at('real-dir'), at('dir'));
      renameSync(at('file'), at('link-to-file')); renameSync(at('real-file'), at('file'));
    } catch (cause) { begin(); }
  }`;

const rounds = 60;

it('never reads, changes or removes anything outside while links are swapped in', async () => {
  await using scope = makeTestScope();
  const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
  writeFileSync(join(outside, 'secret'), 'outside');
  const archived = [
    { name: 'secret', content: 'inside' },
    { name: 'unpacked', content: 'inside' },
  ];
  writeFileSync(join(scope.workspace, 'archive.tar'), await tarOf(archived));
  const child: ChildProcess = spawn(process.execPath, ['-e', swapper, scope.workspace, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    if (child.stdout !== null) await once(child.stdout, 'data');
    const grant = testGrant({ manifest: { fs: [{ read: '**', write: '**' }] } });
    const call = async (operation: string, args: Json): Promise<Json | undefined> => {
      try {
        return await callUnder(grant, `fs.${operation}`, { args, scope });
      } catch (cause) {
        // A refusal and a name that is gone right now are both fine; anything else isn't.
        if (cause instanceof CallFailure) return undefined;
        throw cause;
      }
    };
    const seen = new Set<Json | undefined>();
    for (let round = 0; round < rounds; round += 1) {
      seen.add(await call('read', { path: 'dir/secret' }));
      seen.add(await call('read', { path: 'file' }));
      await call('write', { path: 'dir/secret', content: 'inside' });
      await call('write', { path: 'dir/new', content: 'inside' });
      await call('write', { path: 'file', content: 'inside', append: round % 2 === 0 });
      await call('mkdir', { path: 'dir/made' });
      await call('unpack', { from: 'archive.tar', to: 'dir' });
      await call('pack', { from: 'dir', to: 'dir/packed.tar' });
      await call('pack', { from: '.', to: 'packed.tar', include: ['dir/**', 'file'] });
      await call('unpack', { from: 'packed.tar', to: `unpacked-${round}` });
      seen.add(await call('read', { path: `unpacked-${round}/dir/secret` }));
      seen.add(await call('read', { path: `unpacked-${round}/file` }));
      await call('copy', { from: 'dir', to: `copy-${round}` });
      await call('copy', { from: 'file', to: 'copied-file' });
      seen.add(await call('read', { path: 'copied-file' }));
      await call('remove', { path: `copy-${round}` });
      await call('remove', { path: 'dir' });
    }
    expect(child.exitCode).toBeNull();
    expect(seen).toContain('inside');
    expect(seen).toContain(undefined);
    expect([...seen].filter((text) => typeof text === 'string' && text.includes('outside'))).toEqual([]);
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
  } finally {
    child.kill('SIGKILL');
  }
});
