import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildRegistry } from '../../runtime/registry/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readKeyFile } from '../install/signing-key-file.ts';
import { storing } from '../install/storing.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow registry build`'s options. */
export interface RegistryBuildOptions {
  readonly key: string;
  readonly oldKey?: string;
  /** In ms. */
  readonly expires: number;
  readonly json?: boolean;
}

/** Makes a registry of the packages in a folder, or a newer build of it; gives the exit code. */
export async function registryBuild(
  terminal: Terminal,
  folder: string,
  options: RegistryBuildOptions,
): Promise<number> {
  const { cwd, stdout, stderr } = terminal;
  const path = resolve(cwd, folder) as AbsolutePath; // resolve() gives one.
  if (!existsSync(path)) throw usageError(`there is no folder ${folder}`, 'Name the folder with the packages.');
  const key = await readKeyFile(terminal, options.key);
  const oldKey = options.oldKey === undefined ? {} : { oldKey: await readKeyFile(terminal, options.oldKey) };
  const built = await storing(path, () =>
    buildRegistry(path, {
      key,
      ...oldKey,
      lifetimeMs: options.expires,
      now: terminal.now(),
    }),
  );
  const { id, version, expires, packages, added, removed } = built;
  if (options.json === true) {
    stdout.write(`${plainJson({ id, version, expires, packages: packages.length, added, removed })}\n`);
    return exitCodes.ok;
  }
  for (const name of added) stderr.write(`+ ${plainLine(name)}\n`);
  for (const name of removed) stderr.write(`- ${plainLine(name)}\n`);
  const count = `${packages.length} package${packages.length === 1 ? '' : 's'}`;
  stderr.write(`build ${version} with ${count}, good until ${expires}\n`);
  stderr.write('Its id, which those who use it for the first time compare, or give by --registry-key:\n');
  stdout.write(`${id}\n`);
  return exitCodes.ok;
}
