import { Argument, type Command, Option } from 'commander';
import { guarded } from './command.ts';
import type { ConfigShowOptions } from './commands/config-show.ts';
import { approve, input, json, policy, secret, state, variable } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

const config = (): Option =>
  new Option('--config <file>', 'the configuration file (default: /etc/waterflow/server.yaml, where there is one)');

/** The commands for who runs a server. */
export function addServer(program: Command, terminal: Terminal, finish: Finish): void {
  withServerFlags(program.command('server'))
    .description(
      'run the server: its REST API, with the embedded engine and an agent in the same process, or with TEMPORAL_HOST the engine on Temporal',
    )
    .addOption(new Option('--json', 'write the log as JSON, one object a line, also to a terminal'))
    .action(async (options) => {
      const { server } = await import('./commands/server.ts');
      finish(await guarded(terminal, options, () => server(terminal, options)));
    });
  addEngine(program, terminal, finish);
  addDev(program, terminal, finish);
  withServerFlags(program.command('migrate'))
    .description("bring a server's records to the form that this version knows, as its start does")
    .option('--check', 'only show what would be changed, also while a server runs; exit code 1 where something would')
    .addOption(new Option('--to-latest', 'apply all that is missing: what it does by itself').conflicts('check'))
    .addOption(json())
    .action(async (options) => {
      const { migrate } = await import('./commands/migrate.ts');
      finish(await guarded(terminal, options, () => migrate(terminal, options)));
    });
  addConfigShow(program, terminal, finish);
}

function addEngine(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('engine')
    .description(
      'run the worker of the engine on Temporal alone, beside the servers: it carries out runs, and serves no API',
    )
    .addOption(config())
    .addOption(state())
    .addOption(new Option('--json', 'write the log as JSON, one object a line, also to a terminal'))
    .action(async (options) => {
      const { engine } = await import('./commands/engine.ts');
      finish(await guarded(terminal, options, () => engine(terminal, options)));
    });
}

function addDev(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('dev')
    .description(
      'write workflows and plugins: a server on this machine that checks, reloads and runs again what you save',
    )
    .argument('[file]', 'a workflow file to run, and to run again after each change')
    .option('--folder <folder>', "what is watched (default: the file's folder, else this one)")
    .option('--port <port>', 'where the server listens; 0 for any port that is free (default: 8080)')
    .addOption(input())
    .addOption(variable())
    .addOption(secret())
    .addOption(policy())
    .addOption(approve())
    .option(
      '--temporal',
      'have runs go on in a development server of Temporal, and an agent beside it, both of which are started',
    )
    .option('--state <folder>', 'where its runs are kept (default: `dev` in that of `waterflow run`)')
    .action(async (file: string | undefined, options) => {
      const { dev } = await import('./commands/dev.ts');
      finish(await guarded(terminal, {}, () => dev(terminal, file, options)));
    });
}

/** `waterflow completion`, over all commands of a program. */
export function addCompletion(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('completion')
    .description("print a script for a shell to complete waterflow's command lines")
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { printCompletion } = await import('./commands/completion.ts');
      finish(await guarded(terminal, {}, async () => printCompletion(terminal, program, shell)));
    });
}

function addConfigShow(program: Command, terminal: Terminal, finish: Finish): void {
  withServerFlags(program.command('config').description('see how this machine is configured').command('show'))
    .description(
      'show the configuration of `waterflow server`, or of `waterflow agent`, and where each value comes from',
    )
    .addOption(
      new Option('--role <role>', 'whose: that of the server or of the agent')
        .choices(['server', 'agent'])
        .default('server'),
    )
    .addOption(json())
    .action(async (options: ConfigShowOptions) => {
      const { showConfig } = await import('./commands/config-show.ts');
      finish(await guarded(terminal, options, async () => showConfig(terminal, options)));
    });
}

function withServerFlags(command: Command): Command {
  return command
    .addOption(config())
    .option('--host <address>', 'the address to listen on (default: HOST, else 127.0.0.1)')
    .option('--port <port>', 'the port; 0 for any that is free (default: PORT, else 8080)')
    .addOption(policy())
    .addOption(state());
}
