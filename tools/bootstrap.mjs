// What `npm run quickstart`, `npm test` and the like start with: installs the dependencies where they are missing or out of
// date, then hands over to Node 24 from the `node` npm package. Runs on Node >= 20 with nothing installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const binaries = join(root, 'node_modules', '.bin');
const node = join(root, 'node_modules', 'node', 'bin', 'node');
const marker = join(root, 'node_modules', '.waterflow-installed');
const bin = (name) => join(binaries, name);
const ofCompose = 'docker,compose-v2,postgres,nginx,go,temporal,temporal-server';

/** Each task is a list of commands; the first that fails ends it. */
const tasks = {
  quickstart: [[node, 'tools/quickstart.ts']],
  test: [[node, 'tools/test.ts']],
  coverage: [[node, 'tools/test.ts', '--coverage']],
  // With the nursery that the launcher gives the command's own process.
  bench: [[node, '--max-semi-space-size=4', 'bench/main.ts']],
  // What is released is measured.
  performance: [
    [node, 'tools/build.ts'],
    [node, '--max-semi-space-size=4', 'bench/performance/main.ts'],
  ],
  chaos: [[node, 'tools/chaos.ts']],
  fuzz: [[node, 'fuzz/main.ts']],
  'fuzz:api': [[node, 'tools/fuzz-api.ts']],
  attacks: [[node, 'tools/attacks.ts']],
  'test:clients': [[node, 'tools/test-clients.ts']],
  'test:authors': [[node, 'tools/authors.ts']],
  'test:extism': [[node, 'tools/extism.ts']],
  'test:crashes': [['env', 'WATERFLOW_CRASHES=every', bin('vitest'), 'run', 'crash', 'resume']],
  'test:vault': [['env', 'WATERFLOW_REQUIRE=vault', bin('vitest'), 'run', 'e2e/vault.test.ts']],
  'test:kubernetes': [[node, 'tools/test-kubernetes.ts']],
  'test:compose': [
    ['env', `WATERFLOW_REQUIRE=${ofCompose}`, bin('vitest'), 'run', '--config', 'e2e/compose/vitest.config.ts'],
  ],
  'test:console': [[bin('vitest'), 'run', '--config', 'e2e/console/vitest.config.ts']],
  'test:upgrade': [[node, 'tools/test-upgrade.ts']],
  'test:backup': [['env', 'WATERFLOW_BACKUP=whole', bin('vitest'), 'run', 'e2e/server-backup.test.ts']],
  'test:monitoring': [[node, 'tools/test-monitoring.ts']],
  'test:production': [[bin('vitest'), 'run', '--config', 'e2e/production/vitest.config.ts']],
  'test:docs': [[bin('vitest'), 'run', '--config', 'e2e/docs/vitest.config.ts']],
  docs: [[node, 'tools/docs-site.ts']],
  'test:wasm-target': [[node, 'tools/wasm-target.ts']],
  'least-privilege': [[node, 'tools/least-privilege.ts']],
  generate: [
    [node, 'tools/generate-types.mjs'],
    [node, 'tools/generate-polyfills.ts'],
    [node, 'tools/generate-errors.ts'],
    [node, 'tools/generate-rest-api.ts'],
    [node, 'tools/generate-nodes.ts'],
    [node, 'tools/generate-guests.ts'],
    [node, 'tools/generate-clients.ts'],
    [node, 'tools/generate-performance.ts'],
  ],
  build: [[node, 'tools/build.ts']],
  release: [[node, 'tools/release.ts']],
  images: [[node, 'tools/images.ts']],
  'test:release': [[bin('vitest'), 'run', '--config', 'e2e/release/vitest.config.ts']],
  'test:site': [
    ['env', 'WATERFLOW_REQUIRE=temporal-server', bin('vitest'), 'run', '--config', 'e2e/site/vitest.config.ts'],
  ],
  'build:js-engine': [['sh', 'tools/build-js-engine.sh']],
  'record-histories': [[node, 'tools/record-histories.ts']],
  'keep-language': [[node, 'tools/keep-language.ts']],
  'keep-workflows': [[node, 'tools/keep-workflows.ts']],
  check: [
    [node, 'tools/generate-types.mjs', '--check'],
    [node, 'tools/generate-polyfills.ts', '--check'],
    [node, 'tools/generate-errors.ts', '--check'],
    [node, 'tools/generate-rest-api.ts', '--check'],
    [node, 'tools/generate-nodes.ts', '--check'],
    [node, 'tools/generate-guests.ts', '--check'],
    [node, 'tools/generate-clients.ts', '--check'],
    [node, 'tools/generate-performance.ts', '--check'],
    [node, 'tools/check-licences.ts'],
    [node, 'tools/code-blocks.ts'],
    [bin('tsc'), '-p', '.'],
    [bin('tsc'), '-p', 'clients/typescript'],
    [bin('tsc'), '-p', 'console'],
    [bin('oxlint'), '--type-aware', '--deny-warnings'],
    [bin('biome'), 'format', '.'],
    [bin('knip'), '--no-progress'],
  ],
};

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  process.stderr.write('Installing dependencies (once; Node 24 comes with them)...\n');
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, which a mirror may not carry.
  run(['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(marker, wanted);
}

function run([command, ...args]) {
  const environment = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}` };
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: environment });
  if (error) process.stderr.write(`error: cannot start ${command}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  process.stderr.write(`error: unknown task "${name}"; known: ${Object.keys(tasks).join(', ')}\n`);
  process.exit(2);
}
// While a task runs, Ctrl-C is its own to handle; this process only waits.
process.on('SIGINT', () => {});
install();
task.forEach((command, index) => run(index === task.length - 1 ? [...command, ...rest] : command));
