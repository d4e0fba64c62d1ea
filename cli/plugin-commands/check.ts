import { type Command, Option } from 'commander';
import { guarded } from '../command.ts';
import { json, policy } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin check`. */
export function addPluginCheck(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  plugin
    .command('check')
    .description("find what is wrong with a plugin: what it requests, uses, imports, returns and doesn't say")
    .argument('[folder]', "the plugin's folder", '.')
    .option('--no-cases', "don't run its recorded cases to see which permissions they need")
    .addOption(policy())
    .addOption(json())
    .addOption(new Option('--sarif', 'a SARIF 2.1.0 log on stdout, as code scanning takes it').conflicts('json'))
    .addOption(
      new Option('--github', 'annotations of GitHub Actions on stdout, one a line').conflicts(['json', 'sarif']),
    )
    .action(async (name: string, options) => {
      const { checkPlugin } = await import('./check-command.ts');
      finish(await guarded(terminal, options, () => checkPlugin(terminal, name, options)));
    });
}
