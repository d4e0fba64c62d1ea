import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, launcher, RunningCommand, root } from './command.ts';
import { needs } from './require.ts';

const hasBwrap = await needs('bwrap');

/** The command with a machine around it that lacks something: bubblewrap changes what it sees. */
async function doctorWithin(bwrapOptions: readonly string[], argv: readonly string[] = []) {
  const words = [...bwrapOptions, '--dev-bind', '/', '/', process.execPath, launcher, 'doctor', '--json', ...argv];
  const { code, stdout } = await new RunningCommand('bwrap', words, { cwd: root }).ended;
  return { code, ...(JSON.parse(stdout) as { readonly [key: string]: unknown }) };
}

const policyOf = (level: number): string =>
  join(folderWith({ 'policy.yaml': `version: 1\nrequire: { confinement: ${level} }\nrules: []\n` }), 'policy.yaml');

describe.skipIf(!hasBwrap)('waterflow doctor', { timeout: 180_000 }, () => {
  it('names what is missing and the fix where bubblewrap is not installed, and fails where the policy needs it', async () => {
    const hidden = ['--dev-bind', '/', '/', '--bind', '/dev/null', '/usr/bin/bwrap'];
    const words = [...hidden, process.execPath, launcher, 'doctor', '--json', '--policy', policyOf(2)];
    const { code, stdout } = await new RunningCommand('bwrap', words, { cwd: root }).ended;
    const report: unknown = JSON.parse(stdout);
    expect({ code, report }).toMatchObject({ code: 1, report: { level: 1, required: 2, holds: false } });
    expect(report).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'programs', status: 'warning', found: expect.stringContaining('no bwrap') }),
      ]),
      levels: expect.arrayContaining([
        expect.objectContaining({
          level: 2,
          available: false,
          why: ['bubblewrap (bwrap) is not installed'],
          fix: expect.stringContaining('apt-get install bubblewrap'),
        }),
        expect.objectContaining({ level: 1, available: true }),
      ]),
    });
  });

  it('says why where the machine denies user namespaces, as containers do', async () => {
    const report = await doctorWithin(['--unshare-user', '--disable-userns']);
    expect(report).toMatchObject({ code: 0, level: 1, required: 1, holds: true });
    expect(report).toMatchObject({
      levels: expect.arrayContaining([
        expect.objectContaining({
          level: 3,
          available: false,
          why: [expect.stringMatching(/did not start.*namespace/)],
          fix: expect.stringContaining('user_namespaces'),
        }),
      ]),
    });
  });
});
