import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { removeTree } from './remove-tree.ts';
import { createSlots } from './slots.ts';
import { createWorkspaces } from './workspaces.ts';

let state: AbsolutePath;
beforeEach(() => {
  // mkdtemp in the absolute temporary folder.
  state = mkdtempSync(join(tmpdir(), 'waterflow-workspaces-')) as AbsolutePath;
});
afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

describe('workspaces', () => {
  it('are private, empty and one per claim', async () => {
    const workspaces = createWorkspaces(state);
    const all = await Promise.all(Array.from({ length: 8 }, () => workspaces.create('run-1')));
    expect(new Set(all.map((one) => one.workspace)).size).toBe(8);
    for (const { workspace, temp } of all) {
      expect(statSync(workspace).mode & 0o777).toBe(0o700);
      expect(statSync(temp).mode & 0o777).toBe(0o700);
      expect(temp.startsWith(workspace)).toBe(false);
    }
  });

  it('are kept as they were when they are claimed again, with an empty temporary folder', async () => {
    const workspaces = createWorkspaces(state);
    const first = await workspaces.create('run-1');
    writeFileSync(join(first.workspace, 'result'), 'kept');
    writeFileSync(join(first.temp, 'leftover'), 'gone');
    const again = await createWorkspaces(state).reopen('run-1', first.workspace);
    expect(again).toEqual(first);
    expect(readFileSync(join(again.workspace, 'result'), 'utf8')).toBe('kept');
    expect(existsSync(join(again.temp, 'leftover'))).toBe(false);
  });

  it('of another run, and folders that are none, are not claimed again', async () => {
    const workspaces = createWorkspaces(state);
    const { workspace } = await workspaces.create('run-1');
    const gone = { error: { code: 'WORKSPACE_GONE' } };
    await expect(workspaces.reopen('run-2', workspace)).rejects.toMatchObject(gone);
    // Not a workspace, which is the point.
    const outside = [`${workspace}/../../../..`, '/', join(state, 'run-1', 'work', '9')] as AbsolutePath[];
    for (const path of outside) {
      await expect(workspaces.reopen('run-1', path)).rejects.toMatchObject(gone);
    }
  });

  it('are removed with all that is in them', async () => {
    const workspaces = createWorkspaces(state);
    const one = await workspaces.create('run-1');
    writeFileSync(join(one.workspace, 'file'), 'x');
    await workspaces.remove(one);
    expect(existsSync(one.workspace)).toBe(false);
    expect(existsSync(one.temp)).toBe(false);
  });

  it('of earlier processes are known by their place alone', async () => {
    const { workspace, temp } = await createWorkspaces(state).create('run-1');
    const workspaces = createWorkspaces(state);
    expect(workspaces.left(workspace)).toEqual({ workspace, temp });
    for (const path of [
      '/',
      state,
      `${workspace}/..`,
      `${workspace}/1`,
      `${workspace}/../../../work/1`,
      '/run-1/work/1',
    ]) {
      // Not a workspace, which is the point.
      expect(workspaces.left(path as AbsolutePath)).toBeUndefined();
    }
  });

  it('give each invocation an empty folder', async () => {
    const workspaces = createWorkspaces(state);
    const one = await workspaces.create('run-1');
    const scratch = workspaces.scratch(one);
    expect(readdirSync(one.temp)).toEqual([]);
    writeFileSync(join(scratch.path(), 'file'), 'x');
    expect(scratch.path()).toBe(scratch.path());
    expect(workspaces.scratch(one).path()).not.toBe(scratch.path());
    await scratch.remove();
    expect(existsSync(scratch.path())).toBe(false);
  });
});

describe('removing a tree', () => {
  it('removes symbolic links and leaves what they lead to', async () => {
    const outside = join(state, 'outside');
    const tree = join(state, 'tree');
    mkdirSync(outside);
    mkdirSync(tree);
    writeFileSync(join(outside, 'precious'), 'x');
    symlinkSync(outside, join(tree, 'link'));
    symlinkSync(join(outside, 'precious'), join(tree, 'file'));
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('x');
  });

  it('leaves the target of a symbolic link that is itself to be removed', async () => {
    const outside = join(state, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(state, 'link'));
    await removeTree(join(state, 'link'));
    expect(existsSync(outside)).toBe(true);
  });

  it('removes folders that an ordinary user has made read-only and closed', () => {
    const tree = join(state, 'tree');
    mkdirSync(join(tree, 'closed', 'inner'), { recursive: true });
    writeFileSync(join(tree, 'closed', 'inner', 'file'), 'x');
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    if ('uid' in user) {
      chmodSync(state, 0o777);
      spawnSync('chown', ['-R', '65534:65534', tree]);
    }
    chmodSync(join(tree, 'closed', 'inner'), 0o500);
    chmodSync(join(tree, 'closed'), 0o000);
    // As root every removal succeeds, so another user's process does it.
    const script = `import { removeTree } from ${JSON.stringify(join(import.meta.dirname, 'remove-tree.ts'))};
      await removeTree(${JSON.stringify(tree)});`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', ...user });
    expect(result.stderr).toBe('');
    expect(existsSync(tree)).toBe(false);
  });

  it('takes paths longer than any path may be', async () => {
    const tree = join(state, 'tree');
    mkdirSync(tree);
    // Built from inside, as a program does it; 4096 characters is the longest path of a system call.
    const script = `import { chdir } from 'node:process'; import { mkdirSync, writeFileSync } from 'node:fs';
      chdir(${JSON.stringify(tree)});
      for (let level = 0; level < 600; level += 1) {
        const name = level % 10 === 0 ? 'd'.repeat(255) : 'd';
        mkdirSync(name); writeFileSync('file', ''); chdir(name);
      }`;
    const made = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(made.stderr).toBe('');
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
  });

  it('takes names that are no text', async () => {
    const tree = join(state, 'tree');
    const folder = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe])]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(Buffer.concat([folder, Buffer.from([0x2f, 0x80])]), 'x');
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
  });

  it('takes folders of very many files', async () => {
    const tree = join(state, 'tree');
    mkdirSync(join(tree, 'a/b/c'), { recursive: true });
    for (let index = 0; index < 1000; index += 1) writeFileSync(join(tree, 'a/b', `${index}`), '');
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
  });

  it('has nothing to do where nothing is', async () => {
    await expect(removeTree(join(state, 'missing'))).resolves.toBeUndefined();
  });
});

describe('slots', () => {
  it('are handed out in the order of asking, and each only once', async () => {
    const slots = createSlots(1);
    const order: string[] = [];
    const first = await slots.take();
    const second = slots.take().then((free) => {
      order.push('second');
      return free;
    });
    const third = slots.take().then(() => order.push('third'));
    expect(order).toEqual([]);
    first();
    first();
    const free = await second;
    expect(order).toEqual(['second']);
    free();
    await third;
    expect(order).toEqual(['second', 'third']);
  });

  it('are not waited for any more once the wait is given up', async () => {
    const slots = createSlots(1);
    const free = await slots.take();
    const stop = new AbortController();
    const given = slots.take(stop.signal);
    const next = slots.take();
    stop.abort(new Error('stopped'));
    await expect(given).rejects.toThrow('stopped');
    free();
    (await next)();
    await expect(slots.take(stop.signal)).rejects.toThrow('stopped');
    await expect(slots.take()).resolves.toBeTypeOf('function');
  });
});
