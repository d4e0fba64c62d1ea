import { type Compilation, type GuestLanguage, withFile } from './guest-builder.ts';
import { buildFailed, findProgram, mistakesIn, type Program, runProgram, toolchainMissing } from './tools.ts';

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
    if (/GOPROXY=off|missing go\.sum entry/.test(ended.stderr)) {
      const remedy = 'Run `go mod download` once where there is a network, or `go mod vendor` and commit the modules.';
      throw buildFailed([{ message: ended.stderr.trim().slice(0, 500), remedy, file: 'go.mod' }], ended.stderr);
    }
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
