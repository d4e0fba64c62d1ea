import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, start } from './command.ts';
import { descendantsOf, stillRunning } from './processes.ts';

const plugin = (text: string): string => `
import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_inputs, host) => {
  host.log('${text}');
  return {};
});
`;
const workflow = (text: string): string =>
  `
on: manual
jobs:
  work:
    steps:
      - run: echo "${text} $WHO"
        env: { WHO: "\${{ inputs.who }}" }
      - uses: ./plugins/greet
`.replace('on: manual', 'on: { manual: { inputs: { who: { type: string } } } }');

function begin(argv: readonly string[] = ['w.yml', '--input', 'who=ada']) {
  const folder = folderWith({
    'w.yml': workflow('first'),
    'plugins/greet/plugin.yaml': 'name: greet\nversion: 1.0.0\ndescription: Greets\nruntime: isolate\nmain: index.ts\n',
    'plugins/greet/index.ts': plugin('greeting one'),
  });
  const dev = start(['dev', ...argv, '--port', '0', '--state', join(folder, '.state')], { cwd: folder });
  const save = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  return { dev, save };
}

describe('waterflow dev', () => {
  it('runs the file again when it or a plugin is saved, and says what is wrong', async () => {
    const { dev, save } = begin();
    await dev.saying('[work/1] greeting one');
    expect(dev.stdout).toContain('[work/0] first ada');

    save('w.yml', workflow('second'));
    await dev.saying('[work/0] second ada');

    save('plugins/greet/index.ts', plugin('greeting two'));
    await dev.saying('[work/1] greeting two');
    expect(dev.stderr).toContain('./plugins/greet is greet@1.0.0 sha256:');

    save('w.yml', workflow('third').replace('steps:', 'stepz:'));
    await dev.complaining('error UNKNOWN_KEY: `stepz`');
    save('plugins/greet/plugin.yaml', 'name: greet\n');
    await dev.complaining('error[PLUGIN_INVALID]');
    save('other.yml', 'on: manual\njobs: { a: { steps: [{ run: "true" }] } }\n');
    await dev.complaining('other.yml is fine');

    const left = descendantsOf(dev.child.pid ?? 0);
    dev.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 0 });
    // What clears away behind an agent looks twice before it ends.
    await expect.poll(() => stillRunning(left)).toEqual([]);
  });

  it('ends the run that goes on when its file is saved', async () => {
    const { dev, save } = begin(['w.yml', '--input', 'who=eve']);
    await dev.saying('greeting one');
    save('w.yml', 'on: manual\njobs: { work: { steps: [{ run: "echo long; sleep 100" }] } }\n');
    await dev.complaining('has no input `who`');
    save('w.yml', workflow('long').replace('echo "long $WHO"', 'echo begun; sleep 100'));
    await dev.saying('[work/0] begun');
    save('w.yml', workflow('after'));
    await dev.saying('[work/0] after eve');
    expect(dev.stdout).not.toContain('status    failure');
  });

  it('takes workflows over the API, with plugins of the folder', async () => {
    const { dev } = begin([]);
    await dev.complaining('waterflow dev listens on ');
    const url = /http:\/\/[\w.:]+/u.exec(dev.stderr)?.[0] ?? '';
    const submitted = await fetch(`${url}/v1/workflows`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: 'on: manual\njobs: { a: { steps: [{ uses: ./plugins/greet }] } }\n',
    });
    expect(submitted.status).toBe(201);
    const { id } = (await submitted.json()) as { readonly id: string };
    const log = await fetch(`${url}/v1/workflows/${id}/logs?follow=true&format=text`);
    expect(await log.text()).toBe('[a/0] greeting one\n');
  });
});
