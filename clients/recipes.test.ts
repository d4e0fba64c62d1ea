/** docs/clients.md for Go and Java: what it says is run. In `npm run test:clients`, since generators and their modules come from afar. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launcher, RunningCommand, root } from '../e2e/command.ts';
import { needs } from '../e2e/require.ts';
import { serverPlace } from '../e2e/server-process.ts';
import { isWhole } from './testing/suite.ts';
import { blockOn } from '../tools/code-blocks/blocks.ts';

const apiKey = 'a-long-key-for-the-tests-of-the-recipes';
/** Compilers and archives of a machine that has none of it yet. */
const longestMs = 900_000;

for (const [language, service, shown] of [
  ['Go', 'go', blockOn('docs/clients.md', { language: 'sh', under: 'Go' })],
  ['Java', 'maven', blockOn('docs/clients.md', { language: 'sh', under: 'Java' })],
] as const) {
  const isThere = isWhole && (await needs(service));
  describe.skipIf(!isThere)(`the client in ${language}`, () => {
    it('is made, and its program runs, as docs/clients.md says', { timeout: longestMs }, async () => {
      const place = serverPlace();
      const { url } = await place.begin({ env: { API_KEY: apiKey } });
      const folder = join('examples', 'clients', language.toLowerCase());
      cpSync(join(root, folder), join(place.folder, folder), { recursive: true });
      const programs = join(place.folder, 'bin');
      mkdirSync(programs);
      writeFileSync(join(programs, 'waterflow'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`, {
        mode: 0o755,
      });
      const commands = shown.replaceAll('http://127.0.0.1:8080', url).replaceAll('wf_…', apiKey);
      const env = { ...process.env, GOBIN: programs, PATH: `${programs}:${process.env['PATH']}` };
      const ran = new RunningCommand('bash', ['-e', '-c', commands], { cwd: place.folder, env });
      const { code, stdout, stderr } = await ran.ended;
      expect({ code, said: code === 0 ? '' : `${stdout}${stderr}`.slice(-4000) }).toEqual({ code: 0, said: '' });
      // Maven ends with a colour and no line break; the program in Go prints outputs as JSON.
      expect(stdout).toMatch(/\[greet\/say\] hello Ada\nsuccess "?hello Ada"?\n$/u);
    });
  });
}
