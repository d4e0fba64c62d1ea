// `npm run quickstart`: the main job on the embedded engine, with nothing installed but npm packages. It makes what the
// workflow talks to (a git repository and a web server on loopback), then runs examples/quickstart.yml as a user would.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'waterflow-quickstart-'));

/** A small repository for checkout@v1, with one commit. */
function makeRepository(): string {
  const folder = join(scratch, 'repository');
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    });
  git('init', '--quiet', '--initial-branch=main', folder);
  writeFileSync(
    join(folder, 'README.md'),
    '# A river\n\nWater finds its way around every stone, and so should a workflow.\n',
  );
  writeFileSync(
    join(folder, 'build.sh'),
    'set -eu\nmkdir -p out\ntr "[:lower:]" "[:upper:]" <README.md >out/README.txt\n',
  );
  git('-C', folder, 'add', '.');
  git(
    '-C',
    folder,
    '-c',
    'user.name=Waterflow',
    '-c',
    'user.email=quickstart@localhost',
    'commit',
    '--quiet',
    '-m',
    'Start',
  );
  return folder;
}

/** A web server for http@v1, on a free port of loopback. */
async function startServer(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ service: 'quickstart', method: request.method, healthy: true }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the web server has no port');
  return { server, url: `http://127.0.0.1:${address.port}/health` };
}

/** What there is to see, for people; a program that asked for JSON gets nothing else. */
const say = (text: string): void => {
  if (!process.argv.includes('--json')) process.stdout.write(text);
};

const before = `This runs examples/quickstart.yml: four jobs in parallel, every step a plugin in a sandbox of its own.
  build    checks out a git repository, runs its script, and a TypeScript plugin in a V8 isolate
  count    counts words with a WebAssembly plugin
  service  asks a web server on this machine
  hostile  a plugin that nobody approved; whatever it tries is refused, recorded and explained below

`;

const after = `
What to look at next:
  examples/quickstart.yml        the workflow that ran
  bin/waterflow grants explain examples/quickstart.yml --step build/title --approve ./plugins/headline
                                 what a step may do, and which layer says so
  docs/getting-started.md        the first workflow and the first plugin of your own
`;

const { server, url } = await startServer();
try {
  say(before);
  const child = spawn(
    process.execPath,
    [
      join(root, 'bin', 'waterflow'),
      'run',
      'examples/quickstart.yml',
      '--policy',
      'examples/quickstart-policy.yaml',
      '--approve',
      './plugins/headline',
      '--approve',
      './plugins/wordcount-wasm',
      '--input',
      `repository=${makeRepository()}`,
      '--input',
      `url=${url}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  // Ctrl-C reaches the whole foreground group: the run cancels by itself, this process waits for it.
  process.on('SIGINT', () => {});
  const [code] = await once(child, 'exit');
  process.exitCode = typeof code === 'number' ? code : 1;
  if (code === 0) say(after);
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
}
