/** docs/rest-api.md: each command of its tutorial, against the real server, and what it prints. */
import { expect, it } from 'vitest';
import { blockOn, blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root, start } from './command.ts';
import { areShown, commandsOf, filesOf, shellSession } from './page.ts';
import { listening } from './server-process.ts';

/** Where the page says that the server is. */
const shownUrl = 'http://127.0.0.1:8080';

/** What is the same each time. */
function stable(text: string): readonly string[] {
  return text
    .replaceAll(/\b(run-|(?:key|sch|whk|req)_)[0-9a-hjkmnp-tv-z]{26}\b/g, '$1ID')
    .replaceAll(/\bwf_[\w-]+/g, 'KEY')
    .replaceAll(/"secret": "[^"]+"/g, '"secret": "SECRET"')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/"duration_ms":( ?)\d+/g, '"duration_ms":$1N')
    .replaceAll(/("position":"|^id: )[^"\n]+/gm, '$1POSITION')
    .replaceAll(/"next_cursor": "[^"]+"/g, '"next_cursor": "CURSOR"')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .trimEnd()
    .split('\n');
}

it('the tutorial of the REST API prints what its commands print, one after the other', async () => {
  const cwd = folderWith(filesOf(blocksOn('docs/rest-api.md', { named: true })));
  const env = { HOME: cwd };
  const shell = shellSession({ cwd, env });
  const [printed, shown]: [object[], object[]] = [[], []];
  let url = shownUrl;

  const commands = commandsOf(blocksOn('docs/rest-api.md', { language: 'console' }));
  expect(commands.length).toBeGreaterThan(50);
  for (const { command, shown: lines } of commands) {
    if (command === 'waterflow server') {
      // Its port is any that is free.
      ({ url } = await listening(start(['server', '--port', '0'], { cwd, env })));
      continue;
    }
    const output = stable((await shell.run(command.replaceAll(shownUrl, url))).replaceAll(url, shownUrl));
    const expected = stable(lines.join('\n'));
    shown.push({ command, lines: expected });
    printed.push({ command, lines: areShown(output, expected) ? expected : output });
  }
  expect(printed).toEqual(shown);
}, 120_000);

it('what README.md shows of the API works as it stands there', async () => {
  const [, submit = '', follow = ''] = blockOn('README.md', { under: 'From other programs' }).split('\n');
  const home = folderWith({});
  const { url } = await listening(start(['server', '--port', '0'], { cwd: home, env: { HOME: home } }));
  const shell = shellSession({ cwd: root, env: { HOME: home } });
  const submitted = await shell.run(submit.replace('curl', 'curl -s').replace(shownUrl, url));
  const [run = ''] = /run-[0-9a-z]{26}/.exec(submitted) ?? [];
  const followed = await shell.run(follow.replace('curl', 'curl -s').replace(shownUrl, url).replace('RUN', run));
  expect(followed).toContain('"text":"Hello from ');
  expect(followed).toContain(`event: end\ndata: {"run":"${run}","status":"success"}\n`);
});
