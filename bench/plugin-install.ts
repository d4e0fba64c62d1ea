import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPlugins } from '../cli/commands/plugin-install.ts';
import { registryBuild } from '../cli/commands/registry-build.ts';
import type { Terminal } from '../cli/terminal.ts';
import { openPackage, packageFileName, packFolder } from '../runtime/packages/index.ts';
import {
  createSigningKey,
  privateKeyText,
  type SigningKey,
  signaturesText,
  signPackage,
} from '../runtime/trust/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { benchTerminal } from './agent.ts';
import type { Bench, Figure } from './figure.ts';

const trees = ['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir', 'ginkgo', 'hazel', 'ironwood', 'juniper'] as const;
const metals = ['amber', 'bronze', 'copper', 'gold', 'iron', 'lead', 'mercury', 'nickel', 'silver', 'zinc'] as const;
const plugins: number = trees.length * metals.length;
const samples = 5;

/** `waterflow plugin install` of a hundred plugins from a registry in a folder, into an empty plugin folder; and once more, where all are there. */
export async function pluginInstall(bench: Bench): Promise<readonly Figure[]> {
  const author = createSigningKey();
  const registry = join(bench.scratch, 'registry');
  const names = await publish(registry, author, bench);
  const terminal = quietTerminal(bench.scratch);
  const dir = join(bench.scratch, 'plugins');
  const options = {
    dir,
    registry,
    registryKey: [author.publicKey.id],
    trust: join(bench.scratch, 'trust.yaml'),
    approve: [],
    yes: true,
    json: true,
  };
  const install = async (): Promise<number> => {
    const start = performance.now();
    const code = await installPlugins(terminal, names, options);
    if (code !== 0) throw new Error(`the installation ended with ${code}`);
    return performance.now() - start;
  };
  const taken: number[] = [];
  const again: number[] = [];
  const floor: number[] = [];
  while (taken.length < samples) {
    rmSync(dir, { recursive: true, force: true });
    taken.push(await install());
    again.push(await install());
    floor.push(bareWrites(registry, names, join(bench.scratch, 'bare')));
    bench.progress(`${taken.length} of ${samples}`);
  }
  return [
    {
      what: `install ${plugins} plugins from a registry`,
      unit: 'ms',
      samples: taken,
      floors: [{ what: 'reading the packages and writing them elsewhere', unit: 'ms', samples: floor }],
      budgets: [{ statistic: 'p50', most: 5000 }],
      note: 'signatures, digests and metadata verified, each file synced to the disk',
    },
    { what: 'the same where all are installed', unit: 'ms', samples: again, floors: [], budgets: [] },
  ];
}

/** A registry of as many plugins, signed by one key that is the registry's, too, and a policy that trusts it; `name@version` of each. */
async function publish(registry: string, author: SigningKey, { scratch, progress }: Bench): Promise<readonly string[]> {
  mkdirSync(registry);
  const names: string[] = [];
  for (let number = 0; number < plugins; number += 1) {
    const name = `bench-${nameOf(number)}`;
    const folder = join(scratch, 'source') as AbsolutePath; // Below an absolute path.
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'plugin.yaml'), manifestOf(name));
    writeFileSync(join(folder, 'index.ts'), `export default (): object => ({ name: '${name}' });\n`);
    writeFileSync(join(folder, 'README.md'), `# ${name}\n\n${'What it does, in some words. '.repeat(40)}\n`);
    const { bytes } = await packFolder(folder, {
      provenance: { builder: { waterflow: '0.1.0' } },
    });
    const file = join(registry, packageFileName({ name, version: '1.0.0' }));
    writeFileSync(file, bytes);
    writeFileSync(`${file}.sig`, signaturesText(signPackage(await openPackage(bytes), author, undefined)));
    names.push(`${name}@1.0.0`);
  }
  writeFileSync(join(scratch, 'owner.key'), privateKeyText(author, undefined), { mode: 0o600 });
  const trusted = `{ name: bench, key: "${author.publicKey.text}", plugins: ["bench-*"] }`;
  writeFileSync(join(scratch, 'trust.yaml'), `version: 1\nkeys: [${trusted}]\n`);
  const options = { key: join(scratch, 'owner.key'), expires: 86_400_000, json: true };
  if ((await registryBuild(quietTerminal(scratch), registry, options)) !== 0)
    throw new Error('the registry was not built');
  progress(`${plugins} packages`);
  return names;
}

/** No two of which look alike: a registry of such would not be installed. */
function nameOf(number: number): string {
  return `${trees[Math.floor(number / metals.length)]}-${metals[number % metals.length]}`;
}

/** A terminal at which nobody sits. */
function quietTerminal(cwd: string): Terminal {
  const terminal = benchTerminal(cwd);
  const silent = { write: () => {} };
  return { ...terminal, stdout: { ...terminal.stdout, ...silent }, stderr: { ...terminal.stderr, ...silent } };
}

function manifestOf(name: string): string {
  return `name: ${name}
version: 1.0.0
description: A plugin of a bench.
runtime: isolate
main: index.ts
inputs:
  place: { type: string, default: a }
permissions:
  net: [{ url: "https://example.com/*", methods: [GET, POST], reason: asks there }]
  fs: [{ read: "in/**", write: "out/**", reason: keeps it }]
`;
}

/** What any installer does: reads each package, and writes as much. */
function bareWrites(registry: string, names: readonly string[], target: string): number {
  rmSync(target, { recursive: true, force: true });
  const start = performance.now();
  mkdirSync(target);
  for (const name of names) {
    const file = `${name.replace('@', '-')}.tgz`;
    writeFileSync(join(target, file), readFileSync(join(registry, file)), { flush: true });
  }
  return performance.now() - start;
}
