import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { type Authored, authored } from './templates.ts';

const root = join(import.meta.dirname, '..', '..');
const waterflow = join(root, 'bin', 'waterflow');
const plugin = 'tide-table';

/** What came of one step of an author's or an operator's way. */
export interface Step {
  readonly name: string;
  readonly duration_ms: number;
}

/** How far a template got. */
export type Journey =
  | { readonly template: string; readonly state: 'passed'; readonly steps: readonly Step[] }
  /** Its compiler isn't on this machine. */
  | { readonly template: string; readonly state: 'skipped'; readonly reason: string; readonly remedy: string }
  | {
      readonly template: string;
      readonly state: 'failed';
      readonly steps: readonly Step[];
      /** The step that failed, and what was said then. */
      readonly step: string;
      readonly said: string;
    };

/** A place for journeys: an empty folder, and a clock in milliseconds. */
export interface JourneyParts {
  readonly folder: string;
  readonly now: () => number;
}

/** Goes the whole way with one template, from `plugin new` to a step of a workflow that runs the installed plugin. */
export async function travel(template: string, { folder, now }: JourneyParts): Promise<Journey> {
  const cwd = join(folder, template);
  mkdirSync(cwd);
  const steps: Step[] = [];
  for (const [name, step] of Object.entries(stepsOf({ cwd, template, authored: authored(template) }))) {
    const startedAt = now();
    try {
      await step();
    } catch (error) {
      if (error instanceof Missing) return { template, state: 'skipped', reason: error.message, remedy: error.remedy };
      const said = error instanceof Error ? error.message : String(error);
      return { template, state: 'failed', steps, step: name, said };
    }
    steps.push({ name, duration_ms: Math.round(now() - startedAt) });
  }
  return { template, state: 'passed', steps };
}

/** A compiler that this machine hasn't. */
class Missing extends Error {
  override readonly name = 'Missing';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

interface Place {
  readonly cwd: string;
  readonly template: string;
  readonly authored: Authored;
}

/** In their order. Each throws where something isn't as it should be. */
function stepsOf({ cwd, template, authored }: Place): Readonly<Record<string, () => Promise<void>>> {
  const home = join(cwd, plugin);
  const elsewhere = join(cwd, 'elsewhere', plugin);
  const tarball = `${plugin}-0.1.0.tgz`;
  const cli = (argv: readonly string[], options: RunOptions = {}) => run(waterflow, argv, { cwd, ...options });
  return {
    new: async () => {
      await cli(['plugin', 'new', plugin, '--template', template]);
      for (const name of authored.installed) {
        // What `npm install` would put there.
        mkdirSync(join(home, 'node_modules'), { recursive: true });
        symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name));
      }
    },
    build: async () => {
      const built = await cli(['plugin', 'build', '--json'], { cwd: home, mayFail: true });
      const { code, message, remedy } = JSON.parse(built.stdout) as Readonly<Record<string, string>>; // Ours.
      if (code === 'TOOLCHAIN_MISSING') throw new Missing(message ?? '', remedy ?? '');
      if (built.exitCode !== 0) throw new Error(built.stdout);
    },
    'own tests': async () => {
      const [command, ...argv] = authored.tests;
      await run(command, argv, { cwd: home });
    },
    test: async () => void (await cli(['plugin', 'test'], { cwd: home })),
    check: async () => void (await cli(['plugin', 'check'], { cwd: home })),
    'build elsewhere': async () => {
      cpSync(home, elsewhere, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
      if (existsSync(join(home, 'node_modules')))
        cpSync(join(home, 'node_modules'), join(elsewhere, 'node_modules'), { recursive: true });
      await cli(['plugin', 'build'], { cwd: elsewhere, env: withOptimizer(join(cwd, 'optimizer')) });
      if (!readFileSync(join(elsewhere, authored.output)).equals(readFileSync(join(home, authored.output))))
        throw new Error(`${authored.output} has other bytes where it was built in another folder`);
    },
    'make a mistake': async () => {
      const source = join(elsewhere, authored.source);
      writeFileSync(source, `${readFileSync(source, 'utf8')}\n)\n`);
      const { stdout } = await cli(['plugin', 'build', '--json'], { cwd: elsewhere, mayFail: true });
      const { code, file, line } = JSON.parse(stdout) as Readonly<Record<string, unknown>>; // Ours.
      if (code !== 'BUILD_FAILED' || file !== authored.source || typeof line !== 'number')
        throw new Error(`a mistake in ${authored.source} was not shown with its place: ${stdout}`);
    },
    pack: async () => void (await cli(['plugin', 'pack', plugin])),
    sign: async () => {
      await cli(['keys', 'new', '--signing', '--name', 'author']);
      await cli(['plugin', 'sign', tarball, '--key', 'author.key']);
    },
    install: async () => {
      const key = readFileSync(join(cwd, 'author.pub'), 'utf8');
      writeFileSync(join(cwd, 'trust.yaml'), trustOf(key));
      const argv = ['plugin', 'install', tarball, '--dir', 'plugins', '--trust', 'trust.yaml', '--yes'];
      mkdirSync(join(cwd, 'plugins'));
      await cli(argv);
    },
    run: async () => {
      writeFileSync(join(cwd, 'workflow.yml'), workflow);
      const env = { ...process.env, PLUGIN_DIR: join(cwd, 'plugins') };
      const { stdout } = await cli(['run', 'workflow.yml', '--state', 'state', '--json'], { env });
      if (!stdout.includes('"greeting":"Hello, Ada!"')) throw new Error(`the plugin did not greet: ${stdout}`);
    },
  };
}

/** An environment with an optimizer of modules that no build may run, since not every machine has one. */
function withOptimizer(folder: string): NodeJS.ProcessEnv {
  mkdirSync(folder);
  writeFileSync(join(folder, 'wasm-opt'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
}

/** What building and testing leave in a plugin's folder. */
const leftOut: ReadonlySet<string> = new Set(['node_modules', 'dist', 'target', 'build', 'plugin.wasm', 'Cargo.lock']);

function trustOf(key: string): string {
  const [found] = /ed25519:[A-Za-z0-9+/=]+/.exec(key) ?? [];
  if (found === undefined) throw new Error(`no public key in ${key}`);
  return `version: 1\nkeys:\n  - { name: author, key: "${found}", plugins: [${plugin}] }\n`;
}

const workflow = `name: try the installed plugin
on: manual
jobs:
  greet:
    outputs: { greeting: "\${{ steps.greet.outputs.greeting }}" }
    steps:
      - { id: greet, uses: ${plugin}@0.1.0, with: { name: Ada } }
`;

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its exit code is looked at by whoever runs it. */
  readonly mayFail?: boolean;
}

/** Runs a program to its end; throws what it said where it fails. */
function run(
  command: string,
  argv: readonly string[],
  { mayFail = false, ...options }: RunOptions,
): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const exitCode = code ?? 1;
      if (exitCode === 0 || mayFail) resolve({ exitCode, stdout });
      else reject(new Error(`${basename(command)} ${argv.join(' ')} ended with ${exitCode}:\n${said.slice(-4000)}`));
    });
  });
}
