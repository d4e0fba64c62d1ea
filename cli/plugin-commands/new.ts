import { type Command, Option } from 'commander';
import { guarded } from '../command.ts';
import { json } from '../options.ts';
import { templates } from '../plugin-new/templates.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin new`. */
export function addPluginNew(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  const names = templates.map(({ name }) => name);
  plugin
    .command('new')
    .description('make a folder with a complete plugin to begin with: source, manifest, tests, CI')
    .argument('<name>', 'of the plugin, as `uses:` will have it')
    .addOption(new Option('--template <language>', 'on a terminal you are asked for it').choices(names))
    .option('--dir <folder>', 'the folder to make (default: one named like the plugin)')
    .addOption(json())
    .action(async (name: string, options) => {
      const { pluginNew } = await import('../commands/plugin-new.ts');
      finish(await guarded(terminal, options, () => pluginNew(terminal, name, options)));
    });
}
