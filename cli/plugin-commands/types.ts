import type { Command } from 'commander';
import { guarded } from '../command.ts';
import { json } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin types`. */
export function addPluginTypes(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  plugin
    .command('types')
    .description(
      'write what TypeScript and editors know of a plugin: its inputs, outputs and host, as plugin.yaml has them',
    )
    .argument('[folder]', "the plugin's folder", '.')
    .option('--check', 'write nothing; exit 1 where the types are not what plugin.yaml says, for CI')
    .addOption(json())
    .addHelpText(
      'after',
      '\nThey are in .waterflow/types, which is no part of the plugin or its package. Once they are there, `plugin build`,\n`plugin test` and `plugin dev` keep them current.',
    )
    .action(async (name: string, options) => {
      const { pluginTypes } = await import('../commands/plugin-types.ts');
      finish(await guarded(terminal, options, async () => pluginTypes(terminal, name, options)));
    });
}
