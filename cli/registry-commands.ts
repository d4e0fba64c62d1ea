import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { durationWithin, json } from './options.ts';
import type { Terminal } from './terminal.ts';

const dayMs = 86_400_000;

/** `waterflow registry`. */
export function addRegistry(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  program
    .command('registry')
    .description('make registries of plugins: files that any web server or disk can carry')
    .command('build')
    .description('make a registry of a folder of packages and their signatures, or bring it up to date')
    .argument('<folder>', 'where the packages lie, each with its .sig file')
    .requiredOption('--key <file>', "the registry's key; its passphrase, if it has one, in WATERFLOW_KEY_PASSPHRASE")
    .option('--old-key <file>', 'the key until now, where --key takes its place')
    .addOption(
      new Option('--expires <duration>', 'how long this build is good for; build again before that')
        .argParser(durationWithin({ least: 1, most: 365 * dayMs }))
        .default(30 * dayMs, '30d'),
    )
    .addOption(json())
    .action(async (folder: string, options) => {
      const { registryBuild } = await import('./commands/registry-build.ts');
      finish(await guarded(terminal, options, () => registryBuild(terminal, folder, options)));
    });
}
