import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

describe('waterflow eval', () => {
  test('hashes files of the current folder', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'waterflow-eval-'));
    try {
      writeFileSync(join(cwd, 'a.txt'), 'a');
      const inner = createHash('sha256').update('a').digest();
      const expected = createHash('sha256').update(inner).digest('hex');
      const { code, stdout } = await commandLine(
        ['eval', "hashFiles('*.txt') == hashFiles('a.txt') && hashFiles('*')"],
        {
          cwd,
        },
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${expected}\n` });
      expect(await commandLine(['eval', "hashFiles('*.md')", '--json'], { cwd })).toMatchObject({
        stdout: '{"result":{"kind":"String","value":""}}\n',
      });
      expect(await commandLine(['eval', "hashFiles('/etc/*')"], { cwd })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('relative to the workspace'),
      });
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
