import type { Command } from 'commander';
import { guarded } from '../command.ts';
import { json, trust } from '../options.ts';
import type { Terminal } from '../terminal.ts';

type Finish = (exitCode: number) => void;

/** `waterflow plugin pack`, `sign` and `verify`. */
export function addPluginPackages(plugin: Command, terminal: Terminal, finish: Finish): void {
  addPack(plugin, terminal, finish);
  addSign(plugin, terminal, finish);
  addVerify(plugin, terminal, finish);
}

function addPack(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('pack')
    .description(
      'make a package of a plugin, NAME-VERSION.tgz, and list what is in it: of the same files always the same',
    )
    .argument('[folder]', 'the plugin', '.')
    .option(
      '--out <folder>',
      "where to write it, outside the plugin's folder; made if it isn't there (default: beside the plugin's folder)",
    )
    .addOption(json())
    .action(async (folder: string, options) => {
      const { pluginPack } = await import('../commands/plugin-pack.ts');
      finish(await guarded(terminal, options, () => pluginPack(terminal, folder, options)));
    });
}

function addSign(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('sign')
    .description('sign a package; what others signed beside it stays: PACKAGE.sig')
    .argument('<package>', 'the package, NAME-VERSION.tgz')
    .requiredOption('--key <file>', 'your .key file; its passphrase, if it has one, in WATERFLOW_KEY_PASSPHRASE')
    .option('--replace', 'throw signatures away that are for another package than this one')
    .addOption(json())
    .action(async (file: string, options) => {
      const { pluginSign } = await import('../commands/plugin-sign.ts');
      finish(await guarded(terminal, options, () => pluginSign(terminal, file, options)));
    });
}

function addVerify(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('verify')
    .description('say whether a package is whole, who signed it, and whether that is enough; exit code 1 where not')
    .argument('<package>', 'the package, NAME-VERSION.tgz, with its .sig file beside it')
    .addOption(trust())
    .addOption(json())
    .action(async (file: string, options) => {
      const { pluginVerify } = await import('../commands/plugin-verify.ts');
      finish(await guarded(terminal, options, () => pluginVerify(terminal, file, options)));
    });
}
