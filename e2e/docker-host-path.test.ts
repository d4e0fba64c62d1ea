/** A run in mount and PID namespaces of its own, as an agent in a container is, whose Docker daemon sees its state at another path. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, importTestImage } from '../runtime/capabilities/docker/testing/images.ts';
import { type Ended, folderWith, launcher, RunningCommand } from './command.ts';
import { needs } from './require.ts';

const image = 'waterflow.test/host-path:1';
/** Only root makes namespaces and mounts like these. */
const works = (await needs('docker')) && process.getuid?.() === 0;

const workflow = (path: string): string => `
name: inside
on: manual
jobs:
  work:
    steps:
      - run: mkdir src && echo hello > src/own.txt
      - uses: docker@v1
        with:
          image: ${image}
          command: [sh, -c, 'cat /all/src/own.txt && echo back > /all/made.txt']
          mounts: [{ path: ${path}, target: /all, access: write }]
      - run: cat made.txt
`;

/** Runs a workflow with the state folder `seen`, which is `real` for everybody else. */
function contained(folder: string, hostPath: string): Promise<Ended> {
  const script = 'mount --bind real seen && exec "$@"';
  const command = [process.execPath, launcher, 'run', 'w.yml', '--state', join(folder, 'seen')];
  const namespaces = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const env = { WATERFLOW_DOCKER_WORKSPACE_HOST_PATH: hostPath };
  return new RunningCommand('unshare', [...namespaces, 'sh', '-c', script, 'sh', ...command], { cwd: folder, env })
    .ended;
}

describe.runIf(works)('a run whose state the Docker daemon sees at another path', { timeout: 120_000 }, () => {
  beforeAll(() => importTestImage(image));
  afterAll(() => works && docker('rmi', '--force', image));

  const folderFor = (path: string): string => {
    const folder = folderWith({ 'w.yml': workflow(path) });
    for (const name of ['real', 'seen']) mkdirSync(join(folder, name));
    return folder;
  };

  it('has its workspace mounted from there, where the operator says where that is', async () => {
    const folder = folderFor('.');
    const ended = await contained(folder, join(folder, 'real'));
    expect({ code: ended.code, out: ended.stdout + ended.stderr }).toMatchObject({
      code: 0,
      out: expect.stringMatching(/hello[^]*back/u),
    });
    expect(readdirSync(join(folder, 'seen'))).toEqual([]);
    const [run = ''] = /run-\w{26}/u.exec(ended.stdout) ?? [];
    expect(docker('volume', 'ls', '--quiet', '--filter', `label=dev.waterflow.run=${run}`)).toBe('');
    expect(run).not.toBe('');
  });

  it('mounts nothing from where the state is not, and no part of the workspace', async () => {
    const [wrong, part] = [folderFor('.'), folderFor('src')];
    const ends = await Promise.all([contained(wrong, join(wrong, 'seen')), contained(part, join(part, 'real'))]);
    const said = ends.map(({ stdout, stderr }) => stdout + stderr);
    expect(ends.map(({ code }) => code)).toEqual([1, 1]);
    expect(said[0]).toContain('Let `docker.workspace-host-path` name the folder');
    expect(said[1]).toContain('Mount the whole workspace');
  });
});
