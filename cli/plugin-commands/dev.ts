import type { Command } from 'commander';
import { guarded } from '../command.ts';
import { approve, grant, input, json, policy, secret } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { allowPrivate } from './private-places.ts';

/** `waterflow plugin dev`. */
export function addPluginDev(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  plugin
    .command('dev')
    .description('check and try a plugin each time that one of its files is saved')
    .argument('[folder]', "the plugin's folder", '.')
    .addOption(input())
    .addOption(secret())
    .option('--case <text>', 'only cases that have this in their name')
    .addOption(approve())
    .addOption(grant())
    .addOption(allowPrivate())
    .addOption(policy())
    .addOption(json())
    .addHelpText('after', '\nWith --input it runs an example, as `plugin run` does; else the cases of `plugin test`.')
    .action(async (name: string, options) => {
      const { devPlugin } = await import('./dev-plugin.ts');
      finish(await guarded(terminal, options, () => devPlugin(terminal, name, options)));
    });
}
