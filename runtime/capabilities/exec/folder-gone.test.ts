import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timer } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { createExecCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { killGraces } from './powers.ts';
import { anythingConfined, runTestExec } from './testing/run.ts';

const here = await needs('bwrap');

test.runIf(here)(
  'a `cwd` that vanishes before the program starts is not found, and no failure of confinement',
  async () => {
    await using scope = makeTestScope();
    const folder = join(scope.workspace, 'folder');
    mkdirSync(folder);
    const capability = createExecCapability({
      spawn: (command, args, options) => {
        if (args.includes('--args') && existsSync(folder)) rmdirSync(folder);
        return spawn(command, args, options);
      },
      kill: (pid, signal) => void process.kill(pid, signal),
      pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
      graces: killGraces,
    });
    const ran = runTestExec(capability, scope, { args: { command: 'true', cwd: 'folder' }, entry: anythingConfined });
    await expect(ran).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('`cwd`') });
  },
);
