import { type Compilation, type GuestLanguage, withFile } from './guest-builder.ts';
import {
  buildFailed,
  findProgram,
  type Mistake,
  mistakesIn,
  type Program,
  runProgram,
  toolchainMissing,
} from './tools.ts';

/** `//go:wasmexport` and reactors came with it. */
const leastVersion = [1, 24] as const;

/** Go, by its own compiler; modules are taken from its cache or a `vendor` folder, never from the network. */
export const go: GuestLanguage = {
  language: 'Go',
  isUsedIn: withFile('go.mod'),
  extensions: ['.go'],
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
    if (ended.exitCode === 0) return [];
    const missing = missingModule(ended.stderr);
    if (missing !== undefined) throw buildFailed([missing], ended.stderr);
    throw buildFailed(mistakesIn(ended.stderr, { word: 'any' }), ended.stderr);
  },
};

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
