import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import type { BackupOptions } from './commands/backup.ts';
import type { VacuumOptions } from './commands/vacuum.ts';
import { durationWithin, json, state } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

/** The commands for backups of state folders, and for their room. */
export function addBackup(program: Command, terminal: Terminal, finish: Finish): void {
  addVacuum(program, terminal, finish);
  const backup = program
    .command('backup')
    .description('back up a state folder into one file, also while a server uses it')
    .option('--out <file>', 'the file, which is not there yet: a tar archive, compressed by gzip')
    .addOption(new Option('--config <file>', 'the configuration of the server whose state folder it is'))
    .addOption(state())
    .option('--no-keys', 'leave private keys out')
    .addOption(json())
    .action(async (options: BackupOptions) => {
      const commands = await import('./commands/backup.ts');
      finish(await guarded(terminal, options, () => commands.backup(terminal, options)));
    });
  backup
    .command('verify')
    .description('check that a backup is whole, and as it was written')
    .argument('<file>', 'the backup')
    .addOption(json())
    .action(async (file: string, _options: object, command: Command) => {
      // Of the same names the command above has the value.
      const options: { readonly json?: boolean } = command.optsWithGlobals();
      const { verify } = await import('./commands/backup.ts');
      finish(await guarded(terminal, options, () => verify(terminal, file, options)));
    });
  program
    .command('restore')
    .description('put a backup into a state folder that nobody uses')
    .argument('<file>', 'the backup')
    .option('--state <folder>', 'the folder: a new one, or an empty one')
    .option('--force', 'set what lies in the folder aside, and restore')
    .addOption(json())
    .action(
      async (file: string, options: { readonly state?: string; readonly force?: boolean; readonly json?: boolean }) => {
        const { restore } = await import('./commands/backup.ts');
        finish(await guarded(terminal, options, () => restore(terminal, file, options)));
      },
    );
}

const dayMs = 24 * 3_600_000;

function addVacuum(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('vacuum')
    .description('remove runs of this machine that ended long ago, and give back room that nothing needs')
    .addOption(state())
    .addOption(
      new Option('--keep-runs <duration>', 'how long runs that ended are kept')
        .argParser(durationWithin({ least: 1, most: 3650 * dayMs }))
        .default(30 * dayMs, '30d'),
    )
    .option('--dry-run', 'only say what would be removed')
    .addOption(json())
    .action(async (options: VacuumOptions) => {
      const { vacuum } = await import('./commands/vacuum.ts');
      finish(await guarded(terminal, options, () => vacuum(terminal, options)));
    });
}
