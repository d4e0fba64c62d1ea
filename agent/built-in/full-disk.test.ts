/** ansible@v1 and docker-compose@v1 where a disk is full: of the agent, in the workspace, of the daemon's containers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { canMount, fillDisk } from '../../runtime/audit/testing/small-disk.ts';
import { docker, importTestImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { TestAgent } from '../executor/testing/agent.ts';
import { playbook, processesWith, startAnsibleWorld } from './testing/ansible-world.ts';
import { composeClients, composeWorld } from './testing/compose-world.ts';

const supervisor = sharedSupervisor();
const mounts = canMount();

/** A file system of its own on that folder, with so much room; unmounted when the test lets go of it. */
function diskAt(folder: string, size: string): Disposable {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return { [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', folder]) };
}

/** Where the files of a program lie that the agent starts for a step: beside the workspaces. */
const ownFolder = ({ claim }: TestAgent): string => claim.workspace.replace(/\/work\/(\d+)$/, '/temp/$1');

describe.runIf(mounts && (await needs('ansible')))('ansible@v1', { timeout: 300_000 }, () => {
  const files = {
    'site.yml': playbook('copy: { content: "{{ \'x\' * 3000000 }}", dest: "{{ playbook_dir }}/small/large" }'),
  };

  it('fails on the host whose disk is full, says so in the log, and leaves no part of the file', async () => {
    await using world = await startAnsibleWorld(supervisor(), files);
    using _disk = diskAt(world.here('small'), '1m');
    const { result, log } = await world.play({ connection: 'local' });
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: { exit_code: 2, failed_hosts: ['localhost'] },
      error: { message: expect.stringContaining('1 of 1 hosts failed (localhost)') },
    });
    expect(log.stdout).toContain('No space left on device');
    expect(readdirSync(world.here('small'))).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });

  it('says that the agent has no room for its files, and starts nothing', async () => {
    await using world = await startAnsibleWorld(supervisor(), files);
    using _disk = diskAt(ownFolder(world.agent), '64k');
    fillDisk(ownFolder(world.agent));
    const { result, log } = await world.play({ connection: 'local' });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringMatching(/no space is left on a disk.*Free space/) },
    });
    expect(log.stdout).toBe('');
    expect(readdirSync(ownFolder(world.agent))).toEqual(['ballast']);
  });

  it('fails where the disk is full on which Ansible has its own files, and leaves no process and no file', async () => {
    await using world = await startAnsibleWorld(supervisor(), files);
    using _disk = diskAt(ownFolder(world.agent), '300k');
    const { result, log } = await world.play({ connection: 'local' });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { failed_hosts: ['localhost'] } });
    expect(log.stdout).toContain('No space left on device');
    expect(readdirSync(ownFolder(world.agent))).toEqual([]);
    expect(processesWith(world.agent.claim.workspace)).toEqual([]);
  });
});

const image = 'waterflow.test/compose-full:1';
const clients = mounts ? await composeClients() : [];
const { agentWith, containers, step } = composeWorld(image, supervisor);

describe.each(clients)('docker-compose@v1 by client: %s', { timeout: 300_000 }, (client) => {
  beforeAll(() => importTestImage(image));
  afterAll(() => docker('rmi', '--force', image));
  const service = (command: string, more = ''): string =>
    `version: "3.4"\nservices:\n  web:\n    image: ${image}\n    command: ${JSON.stringify(command)}\n    ${more}\n`;

  it('takes down a service whose disk is full, and shows what it says', async () => {
    const text = service('dd if=/dev/zero of=/small/large bs=64k count=64', 'volumes: ["./small:/small"]');
    await using agent = await agentWith({ 'docker-compose.yml': text });
    using _disk = diskAt(join(agent.claim.workspace, 'small'), '1m');
    const { result, log } = await step(agent, { client, mounts: [{ path: 'small', access: 'write' }] });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('the service web ended with exit code 1') },
    });
    expect(log.stdout).toContain('No space left on device');
    expect(containers()).toEqual([]);
  });

  it('says that the agent has no room for its files, and brings nothing up', async () => {
    await using agent = await agentWith({ 'docker-compose.yml': service('sleep 600') });
    using _disk = diskAt(ownFolder(agent), '64k');
    fillDisk(ownFolder(agent));
    const { result } = await step(agent, { client });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringMatching(/no space is left on a disk.*Free space/) },
    });
    expect(containers()).toEqual([]);
    expect(readdirSync(ownFolder(agent))).toEqual(['ballast']);
  });
});
