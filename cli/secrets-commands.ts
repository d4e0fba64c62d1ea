import type { Command } from 'commander';
import { guarded } from './command.ts';
import { json } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

/** The commands for who gives agents their secrets. */
export function addSecrets(program: Command, terminal: Terminal, finish: Finish): void {
  const secrets = program.command('secrets').description('work on the file that says where an agent has secrets from');
  secrets
    .command('check')
    .description('report all that is wrong in a secrets file')
    .argument('<file>', 'the secrets file of an agent')
    .option('--read', 'also have the providers give each secret, and tell which they do not give; no value is shown')
    .addOption(json())
    .action(async (file: string, options) => {
      const { checkSecretsFile } = await import('./commands/secrets-check.ts');
      finish(await guarded(terminal, options, () => checkSecretsFile(terminal, file, options)));
    });
}
