import { type Command, Option } from 'commander';
import { guarded } from '../command.ts';
import { json } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin build`. */
export function addPluginBuild(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  plugin
    .command('build')
    .description("build a plugin's code from its source, into its folder")
    .argument('[folder]', 'the plugin', '.')
    .addOption(new Option('--target <runtime>', 'default: what plugin.yaml says').choices(['isolate', 'wasm']))
    .option('--check', 'write nothing; fail where what lies in the folder is not what the sources give')
    .addOption(json())
    .action(async (folder: string, options) => {
      const { pluginBuild } = await import('../commands/plugin-build.ts');
      finish(await guarded(terminal, options, () => pluginBuild(terminal, folder, options)));
    });
}
