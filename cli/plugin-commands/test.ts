import { type Command, InvalidArgumentError, Option } from 'commander';
import { guarded } from '../command.ts';
import { json, policy, secret } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { allowPrivate } from './private-places.ts';

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
    .option('--coverage', "count which lines and functions of a plugin's TypeScript ran, in the isolate itself")
    .option('--lcov <file>', 'write that to a file, too, as lcov has it; implies --coverage')
    .addOption(
      new Option(
        '--min-coverage <percent>',
        'fail where less of the lines or of the functions ran; implies --coverage',
      ).argParser(percent),
    )
    .addOption(secret())
    .addOption(allowPrivate())
    .addOption(policy())
    .addOption(json())
    .action(async (name: string, options) => {
      const { testPlugin } = await import('./test-plugin.ts');
      finish(await guarded(terminal, options, () => testPlugin(terminal, name, options)));
    });
}

function percent(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || value > 100) throw new InvalidArgumentError('It is a number from 0 to 100.');
  return value;
}
