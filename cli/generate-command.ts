import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { durationWithin, json, positive } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `waterflow generate`. */
export function addGenerate(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  program
    .command('generate')
    .description('have a model that you configure write a workflow file, and check what it writes')
    .requiredOption('--prompt <text>', 'what the workflow is to do; it is sent to the model')
    .option('-o, --output <file>', 'write a valid result to this file (default: to stdout)')
    .option('--force', 'replace the file where it exists')
    .addOption(new Option('--rounds <n>', 'how often to ask at most until it is valid').argParser(positive).default(3))
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for each reply')
        .argParser(durationWithin({ least: 1000, most: 3_600_000 }))
        .default(120_000, '2m'),
    )
    .addOption(json())
    .addHelpText(
      'after',
      '\nOff until you name an OpenAI-compatible endpoint: `generate: { url, model, api-key-file }` in\n$XDG_CONFIG_HOME/waterflow/config.yaml, or WATERFLOW_GENERATE_URL, WATERFLOW_GENERATE_MODEL and\nWATERFLOW_GENERATE_API_KEY_FILE. It is sent the prompt, the schema of the language and the nodes with their inputs;\nno secrets, values, environment or files. The result is not run. Exit code 1 where it is not valid.',
    )
    .action(async (options) => {
      const { generate } = await import('./commands/generate.ts');
      finish(await guarded(terminal, options, () => generate(terminal, options)));
    });
}
