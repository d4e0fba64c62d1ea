import { expect, it } from 'vitest';
import { RunningCommand, root } from '../e2e/command.ts';
import { needs } from '../e2e/require.ts';

// A sample, of one round: `npm run fuzz:api` tries for ten minutes, in each way to authenticate.
it.runIf(await needs('schemathesis'))(
  'finds nothing in a short time that is not as /openapi.json says',
  async () => {
    const argv = ['tools/fuzz-api.ts', '--time', '16s', '--only', 'bearer', '--seed', '1'];
    const { code, stdout, stderr } = await new RunningCommand(process.execPath, argv, { cwd: root, env: process.env })
      .ended;
    expect(stdout, stdout + stderr).toMatch(/^bearer +[1-9]\d* cases in \d+ s, 0 findings/mu);
    expect(code).toBe(0);
  },
  600_000,
);

it.each([
  [['--time', 'soon'], '--time is a duration'],
  [['--only', 'basic'], '--only is one of none, bearer, api-key'],
])('refuses %j', async (argv, words) => {
  const { code, stderr } = await new RunningCommand(process.execPath, ['tools/fuzz-api.ts', ...argv], { cwd: root })
    .ended;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
});

it('says what to do where pip has nothing to install from', async () => {
  const env = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '0', PIP_NO_CACHE_DIR: '1' };
  const { code, stderr } = await new RunningCommand(process.execPath, ['tools/fuzz-api.ts'], { cwd: root, env }).ended;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/Let it reach PyPI|Install Python 3/u) });
});
