import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../e2e/command.ts';
import { readPayloadKeys } from '../../engine/temporal/payloads/payload-keys.ts';
import { parsePublicKey, readPrivateKeys } from '../../engine/temporal/payloads/queue-keys.ts';
import { commandLine } from '../testing/terminal.ts';

describe('waterflow keys new', () => {
  it('makes the pair of a queue: half of it for agents, half for servers', async () => {
    const cwd = folderWith({});
    const { code, stdout, stderr } = await commandLine(['keys', 'new', '--queue', '--name', 'deploy'], { cwd });
    expect(code).toBe(0);
    const { id } = await parsePublicKey(stdout.trim(), 'here');
    const file = join(cwd, 'deploy.queue-key');
    const kept = await readPrivateKeys(file);
    expect(kept.map((key) => key.id)).toEqual([id]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stderr).toContain(`queue-keys: { deploy: ${stdout.trim()} }`);
    expect(stdout + stderr).not.toContain(readFileSync(file, 'utf8').trim());
  });

  it('makes a key of payloads, and shows it nowhere', async () => {
    const cwd = folderWith({});
    const argv = ['keys', 'new', '--payload', '--name', 'site', '--out', 'keys', '--json'];
    const { stdout, stderr } = await commandLine(argv, { cwd });
    const { key_file: file } = JSON.parse(stdout) as { readonly key_file: string }; // As --json says.
    expect(file).toBe(join(cwd, 'keys', 'site.payload-key'));
    expect((await readPayloadKeys({ env: {}, file }))?.byId.size).toBe(1);
    expect(stdout + stderr).not.toContain('wfpayload1_');
    expect(await commandLine(argv.slice(0, -1), { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already'),
    });
  });

  it.each([
    [['--queue', '--payload'], 'cannot be used with'],
    [['--payload', '--role', 'admin'], 'no --role'],
    [['--queue', '--name', '../x'], '--name is no name'],
  ])('refuses %j', async (options, said) => {
    const { code, stderr } = await commandLine(['keys', 'new', '--name', 'a', ...options], { cwd: folderWith({}) });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });
});
