import type { Command } from 'commander';
import { guarded } from '../command.ts';
import { json, policy, secret } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin test`. */
export function addPluginTest(plugin: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  plugin
    .command('test')
    .description("run a plugin's cases (tests/*.yaml, plugin.test.yaml), each in its sandbox")
    .argument('[plugin]', 'a plugin folder, or a node (http@v1)', '.')
    .option('--case <text>', 'only cases that have this in their name')
    .option('--real', 'let cases with `host: real` make their calls; grants them what the plugin requests')
    .option(
      '--record',
      'run those too, and write their calls with the answers into the cases, which are recorded ones then',
    )
    .option('--update', 'write what came into the cases that fail')
    .addOption(secret())
    .addOption(policy())
    .addOption(json())
    .action(async (name: string, options) => {
      const { testPlugin } = await import('./test-plugin.ts');
      finish(await guarded(terminal, options, () => testPlugin(terminal, name, options)));
    });
}
