import { dirname, matchesGlob, relative } from 'node:path';
import type { PluginFile } from '../../../runtime/manifest/index.ts';
import type { Mistake } from '../mistakes.ts';
import { type Compilation, type GuestLanguage, withFile } from './guest-builder.ts';
import { buildFailed, findProgram, mistakesIn, type Program, runProgram, toolchainMissing } from './tools.ts';

/** `//go:wasmexport` and reactors came with it. */
const leastVersion = [1, 24] as const;

/** Go, by its own compiler; modules are taken from its cache or a `vendor` folder, never from the network. */
export const go: GuestLanguage = {
  language: 'Go',
  isUsedIn: withFile('go.mod'),
  sourcesIn: goSources,
  compile: async (compilation) => {
    const { folder, output } = compilation;
    const env = { ...compilation.env, ...settings };
    const program = await findCompiler(compilation);
    const args = [
      'build',
      '-buildmode=c-shared',
      '-trimpath',
      '-buildvcs=false',
      '-ldflags=-s -w -buildid=',
      '-o',
      output,
    ];
    const ended = await runProgram(program, [...args, '.'], { cwd: folder, env });
    if (ended.exitCode === 0) return { warnings: [] };
    const missing = missingModule(ended.stderr);
    if (missing !== undefined) throw buildFailed([missing], ended.stderr);
    throw buildFailed(mistakesIn(ended.stderr, { word: 'any' }), ended.stderr);
  },
};

/** Each file of Go but tests, in which package it may be, what such a file embeds, and the files of modules. */
export function goSources(files: readonly PluginFile[]): readonly string[] {
  const paths = files.map(({ path }) => path);
  const code = files.filter(({ path }) => /\.(?:go|s)$/.test(path) && !path.endsWith('_test.go'));
  const embedded = code.flatMap(({ path, bytes }) => {
    const patterns = embedPatterns(bytes.toString('utf8'));
    return patterns.length === 0 ? [] : paths.filter((each) => isEmbedded(relative(dirname(path), each), patterns));
  });
  const ofModules = paths.filter((path) => /(?:^|\/)(?:go\.mod|go\.sum|vendor\/modules\.txt)$/.test(path));
  return [...new Set([...code.map(({ path }) => path), ...embedded, ...ofModules])].sort();
}

/** Of `//go:embed` lines: separated by spaces, in quotes where they have some. */
function embedPatterns(text: string): readonly string[] {
  return [...text.matchAll(/^\/\/go:embed[ \t]+(.+)$/gm)].flatMap(([, list = '']) =>
    [...list.matchAll(/"([^"]+)"|`([^`]+)`|(\S+)/g)].map(([, quoted, raw, bare]) =>
      (quoted ?? raw ?? bare ?? '').replace(/^all:/, ''),
    ),
  );
}

/** A pattern that names a folder takes in all that is below it. */
function isEmbedded(path: string, patterns: readonly string[]): boolean {
  const names = path.split('/');
  const above = names.map((_, index) => names.slice(0, index + 1).join('/'));
  return patterns.some((pattern) => above.some((each) => each === pattern || matchesGlob(each, pattern)));
}

const settings = {
  GOOS: 'wasip1',
  GOARCH: 'wasm',
  CGO_ENABLED: '0',
  GOFLAGS: '',
  GOWORK: 'off',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOEXPERIMENT: '',
  GOWASM: '',
};

/** A module that is in neither the cache nor `vendor`, or not even in go.mod. */
export function missingModule(said: string): Mistake | undefined {
  const [, unknown] = /no required module provides package ([^\s;]+)/.exec(said) ?? [];
  if (unknown === undefined && !/GOPROXY=off|missing go\.sum entry/.test(said)) return undefined;
  const [place] = mistakesIn(said, { word: 'any' });
  const get = unknown === undefined ? 'go mod download' : `go get ${unknown}`;
  return {
    file: 'go.mod',
    ...place,
    message:
      unknown === undefined ? said.trim().slice(0, 500) : `go.mod requires no module with the package ${unknown}`,
    remedy: `Run \`${get}\` once where there is a network; \`go mod vendor\` keeps what is needed with the plugin.`,
  };
}

async function findCompiler({ folder, env }: Compilation): Promise<Program> {
  const compiler = findProgram('go', env);
  const wanted = leastVersion.join('.');
  const remedy = `Install Go ${wanted} or newer from https://go.dev/dl.`;
  if (compiler === undefined) throw toolchainMissing('go is not there', remedy);
  const asked = await runProgram([compiler], ['env', 'GOVERSION'], { cwd: folder, env: { ...env, ...settings } });
  const version = asked.stdout.trim();
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld =
    Number(major) < leastVersion[0] || (Number(major) === leastVersion[0] && Number(minor) < leastVersion[1]);
  if (isOld) throw toolchainMissing(`${compiler} is ${version}, and a plugin needs Go ${wanted}`, remedy);
  return [compiler];
}
