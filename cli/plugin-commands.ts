import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { approve, collect, grant, input, json, policy } from './options.ts';
import { addPluginBuild } from './plugin-commands/build.ts';
import { addPluginCheck } from './plugin-commands/check.ts';
import { addPluginDev } from './plugin-commands/dev.ts';
import { addInstallation } from './plugin-commands/install.ts';
import { addPluginNew } from './plugin-commands/new.ts';
import { addPluginPackages } from './plugin-commands/packages.ts';
import { allowPrivate } from './plugin-commands/private-places.ts';
import { addPluginTest } from './plugin-commands/test.ts';
import { addPluginTypes } from './plugin-commands/types.ts';
import type { Terminal } from './terminal.ts';

/** `waterflow plugin`. */
export function addPlugin(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  const plugin = program.command('plugin').description('work with plugins');
  addPluginNew(plugin, terminal, finish);
  plugin
    .command('run')
    .description('run one plugin on its own, in its sandbox')
    .argument('<plugin>', 'a node (http@v1) or a plugin folder (./my-plugin)')
    .addOption(input())
    .addOption(new Option('--secret <name[=value]>', 'a secret; may be repeated').argParser(collect).default([]))
    .addOption(policy())
    .addOption(approve())
    .addOption(grant())
    .addOption(allowPrivate())
    .addOption(json())
    .action(async (name: string, options) => {
      const { runPlugin } = await import('./commands/plugin-run.ts');
      finish(await guarded(terminal, options, () => runPlugin(terminal, name, options)));
    });
  addPluginTypes(plugin, terminal, finish);
  addPluginBuild(plugin, terminal, finish);
  addPluginTest(plugin, terminal, finish);
  addPluginPackages(plugin, terminal, finish);
  addPluginCheck(plugin, terminal, finish);
  addPluginDev(plugin, terminal, finish);
  addInstallation(plugin, terminal, finish);
  plugin
    .command('docs')
    .description("print a plugin's page: what it takes, gives and asks for, made from its manifest and README")
    .argument('[plugin...]', 'nodes (http@v1) and plugin folders (./my-plugin); default: every node that there is')
    .option('--out <folder>', 'write a page for each into this folder, and a list of them, README.md')
    .addOption(json())
    .action(async (names: string[], options) => {
      const { pluginDocs } = await import('./commands/plugin-docs.ts');
      finish(await guarded(terminal, options, () => pluginDocs(terminal, names, options)));
    });
}
