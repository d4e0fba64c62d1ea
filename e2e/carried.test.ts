/** What scripts leave for later steps, through `waterflow run`: as scripts for GitHub Actions expect it, over resumes and reruns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noticesOf, summaryOf } from './command.ts';
import { placeWith } from './place.ts';

const workflow = `
name: carried
on: { manual: { inputs: { bad: { type: string, default: "yes" } } } }
env: { LEVEL: workflow }
jobs:
  build:
    keep-workspace: true
    env: { LEVEL: job, MODE: job }
    outputs: { mode: "\${{ env.MODE }}" }
    steps:
      - id: setup
        run: |
          mkdir -p tools
          printf '#!/bin/sh\\necho "tool says $MODE"\\n' > tools/tool && chmod +x tools/tool
          echo "MODE=left" >> "$GITHUB_ENV"
          printf 'NOTES<<END\\nline 1\\nline 2\\nEND\\n' >> "$GITHUB_ENV"
          echo "$PWD/tools" >> "$GITHUB_PATH"
          echo "here: $MODE"
      - id: look
        run: tool; echo "$LEVEL, $NOTES"
      - id: own
        env: { MODE: own, SEEN: "\${{ env.MODE }} at \${{ env.LEVEL }}" }
        run: tool; echo "$SEEN"
      - id: fails
        continue-on-error: true
        run: echo "MODE=failed" >> "$WATERFLOW_ENV"; exit 1
      - id: check
        if: env.MODE == 'failed'
        run: tool; test "$BAD" != yes
        env: { BAD: "\${{ inputs.bad }}" }
  other:
    steps: [{ id: look, run: 'echo "mode: $MODE"; ! command -v tool' }]
`;

const said = (ended: Parameters<typeof noticesOf>[0], step: string): string =>
  noticesOf(ended)
    .flatMap((notice) => (notice.type === 'log' && notice.step === step ? [notice.text] : []))
    .join('');

describe('what a script leaves for later steps', () => {
  it('reaches them, and those that run again from a step of theirs on', async () => {
    const place = placeWith(workflow);
    const first = await place.run().ended;
    expect(summaryOf(first).jobs).toMatchObject({
      build: { status: 'failure', outputs: { mode: 'failed' }, steps: { check: { status: 'failure' } } },
      other: { status: 'success' },
    });
    expect(said(first, 'setup')).toBe('here: job\n');
    expect(said(first, 'look')).toContain('tool says left\njob, line 1\nline 2\n');
    expect(said(first, 'look')).toContain('mode: \n');
    expect(said(first, 'own')).toBe('tool says own\nleft at job\n');
    expect(said(first, 'check')).toBe('tool says failed\n');
    const again = await place.command('rerun', 'latest', '--json', '--from', 'build/check', '--input', 'bad=no');
    expect(summaryOf(again).jobs['build']).toMatchObject({
      status: 'success',
      outputs: { mode: 'failed' },
      steps: { setup: { reused: true }, check: { status: 'success' } },
    });
    expect(said(again, 'check')).toBe('tool says failed\n');
  });

  it('is there again where the process died in between', async () => {
    const waiting = workflow
      .replace(
        'run: tool; echo "$LEVEL, $NOTES"',
        'retry: { attempts: 2, on: [lost], initial-interval: 1s }\n        env: { GO: "${{ vars.GO }}" }\n        run: tool; until test -e "$GO"; do sleep 0.05; done',
      )
      .replace('  other:\n', '  other:\n    needs: build\n'); // Else its step may be lost, too.
    const place = placeWith(waiting);
    const go = join(place.folder, 'go');
    const running = place.run('--var', `GO=${go}`, '--input', 'bad=no');
    await running.saying('tool says left');
    running.kill('SIGKILL');
    const ended = await running.ended;
    writeFileSync(go, '');
    const run = noticesOf({ stdout: ended.stdout.slice(0, ended.stdout.lastIndexOf('\n') + 1) })[0]?.run ?? '';
    const resumed = await place.command('run', '--resume', run, '--json');
    expect({ code: resumed.code, stderr: resumed.stderr }).toMatchObject({ code: 0 });
    expect(said(resumed, 'check')).toBe('tool says failed\n');
  });

  it('may be denied by a policy, which the record says', async () => {
    const policy =
      'version: 1\nrules:\n  - { plugin: built-in, allow: requested, profile: host }\n  - { plugin: run, deny: { env: [{ names: [MODE] }] } }\n';
    const place = placeWith(workflow);
    writeFileSync(join(place.folder, 'policy.yaml'), policy);
    const ended = await place.run('--policy', 'policy.yaml').ended;
    expect(summaryOf(ended).jobs['build']?.steps['setup']).toMatchObject({
      status: 'failure',
      error: {
        code: 'DENIED',
        message: expect.stringContaining('env.set'),
        rule: expect.stringContaining('policy.yaml'),
      },
      host_calls: { denied: 1 },
    });
    const found = await place.command('audit', 'query', 'latest', '--json');
    expect(found.stdout).toMatch(/"capability":"env".*"decision":"denied"/);
  });
});
