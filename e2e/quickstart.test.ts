import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, noticesOf, RunningCommand, root, summaryOf } from './command.ts';

/** As `npm run quickstart` starts it, in a home of its own. */
function quickstart(argv: readonly string[], options: { readonly cwd?: string } = {}) {
  const home = folderWith({});
  const argvOfNode = [join(options.cwd ?? root, 'tools', 'quickstart.ts'), ...argv];
  return new RunningCommand(process.execPath, argvOfNode, { ...options, env: { HOME: home } });
}

describe('npm run quickstart', () => {
  it('shows jobs in parallel, a checkout, scripts, HTTP, an isolate, WebAssembly, and a hostile plugin that gets nowhere', async () => {
    const ended = await quickstart(['--json']).ended;
    expect(ended.code).toBe(0);
    const { jobs, status } = summaryOf(ended);
    expect(status).toBe('success');
    expect(jobs).toMatchObject({
      build: {
        status: 'success',
        outputs: { commit: expect.stringMatching(/^[0-9a-f]{40}$/), title: 'A river' },
        steps: { source: { outputs: { ref: expect.any(String) } }, 1: {}, title: {}, 3: {} },
      },
      count: { status: 'success', outputs: { words: '15' } },
      service: { status: 'success', outputs: { healthy: 'true' } },
      hostile: { status: 'success' },
      tell: { status: 'success' },
    });
    const notices = noticesOf(ended);
    const uses = new Set(notices.flatMap((notice) => (notice.type === 'step_started' ? [notice.uses] : [])));
    expect([...uses].sort()).toEqual([
      './plugins/headline',
      './plugins/hostile',
      './plugins/wordcount-wasm',
      'checkout@v1',
      'http@v1',
      'run@v1',
    ]);
    // All four jobs that need nothing began before the first of them ended.
    const order = notices.flatMap((notice) => (notice.type.startsWith('job_') ? [notice.type] : []));
    expect(order.indexOf('job_finished')).toBe(4);
  });

  it("tells people which of the hostile plugin's calls were refused, by what and why", async () => {
    const { code, stdout, stderr } = await quickstart([]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✓ quickstart success in /m);
    expect(stdout).toContain('docs/getting-started.md');
    const report = stdout.slice(stdout.indexOf('job / step'));
    expect(report).toContain('net.request  GET http://169.254.169.254/latest/meta-data/\n');
    expect(report).toContain('exec.run  bash -c id\n');
    expect(report).toContain('fs.read  /etc/passwd\n');
    expect(report).toContain('secrets.get  DEPLOY_KEY\n');
    expect(report.match(/^ {4}refused by: /gm)?.length).toBeGreaterThan(4);
    expect(report).toContain('OUT_OF_MEMORY: ');
    expect(report).toContain('TIMEOUT: ');
    expect(report).toContain('every host call is on record: waterflow audit verify run-');
  });

  it('works from a clone whose path has spaces and other characters', async () => {
    const clone = join(folderWith({}), 'a clone (of 100% "Waterflow" & \'more\')');
    mkdirSync(clone);
    for (const name of readdirSync(root)) {
      if (['.git', 'node_modules', 'bench', 'dist', 'coverage'].includes(name)) continue;
      cpSync(join(root, name), join(clone, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const ended = await quickstart(['--json'], { cwd: clone }).ended;
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 0, status: 'success' });
  });
});
