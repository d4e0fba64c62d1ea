import { type Command, Option } from 'commander';
import { assertNever } from '../schemas/index.ts';
import { onServerOrHere } from './client/choose.ts';
import type { Client } from './client/http.ts';
import { guarded } from './command.ts';
import type { Verb } from './commands/operate.ts';
import {
  approve as approveOption,
  checkpoints,
  input,
  json,
  label,
  policy,
  positive,
  profile,
  secret,
  server,
  state,
} from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

const runArgument = ['<run>', 'its id, the beginning of it, or `latest`'] as const;
const by = (): Option =>
  new Option('--by <name>', 'who you are, of runs of this machine (default: its user; on a server: your key)');
/** Where the runs are: said in each help. */
const place = `\nOn the runs of a server where one is named (--server, --profile, WATERFLOW_SERVER_URL or the default-profile of\n$XDG_CONFIG_HOME/waterflow/config.yaml), else on those of this machine (--state).`;

/** The commands that look at runs, and ask something of them, whichever process drives them. */
export function addOperations(program: Command, terminal: Terminal, finish: Finish): void {
  addList(program, terminal, finish);
  addGet(program, terminal, finish);
  addExplain(program, terminal, finish);
  addLogs(program, terminal, finish);
  addApprove(program, terminal, finish);
  addSignal(program, terminal, finish);
  for (const verb of ['pause', 'resume', 'cancel', 'terminate'] as const) addVerb(program, terminal, { verb, finish });
  addRerun(program, terminal, finish);
}

function addList(program: Command, terminal: Terminal, finish: Finish): void {
  const statuses = ['queued', 'running', 'waiting', 'blocked', 'paused', 'success', 'failure', 'cancelled'];
  program
    .command('list')
    .description('list runs, the newest first')
    .addOption(new Option('--status <status>', 'only runs that are at this').choices(statuses))
    .option('--name <name>', 'only runs of this workflow, or with this in their names')
    .addOption(label('only runs with this label, of a server; may be repeated'))
    .addOption(new Option('--limit <n>', 'the most runs to show').argParser(positive).default(20))
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (options) => {
      const local = async (): Promise<number> => (await import('./commands/list.ts')).list(terminal, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/list.ts')).listRemote(terminal, client, options);
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addGet(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('get')
    .description('show what a run is at, what it waits for, and the command that answers it')
    .argument(...runArgument)
    .option(
      '--source',
      'print the workflow instead, as it was submitted; with --json the files that it calls, too (of a server)',
    )
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, options) => {
      const local = async (): Promise<number> => (await import('./commands/get.ts')).get(terminal, run, options);
      const remote = async (client: Client): Promise<number> => {
        const asked = { run, json: options.json === true };
        if (options.source === true) {
          return (await import('./client/commands/source.ts')).printSource(terminal, client, asked);
        }
        return (await import('./client/commands/get.ts')).getRemote(terminal, client, asked);
      };
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addExplain(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('explain')
    .description(
      'say why a run failed, or what it waits for, what is otherwise than when it last succeeded, and what to do',
    )
    .argument(...runArgument)
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText(
      'after',
      `\nFrom what is on record alone: it asks no model, and no network but that to the server.\n${place}`,
    )
    .action(async (run: string, options) => {
      const local = async (): Promise<number> =>
        (await import('./commands/explain.ts')).explainRun(terminal, run, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/explain.ts')).explainRemote(terminal, client, {
          run,
          json: options.json === true,
        });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addLogs(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('logs')
    .description('print what the steps of a run wrote')
    .argument(...runArgument)
    .option('--job <job>', 'only this job: its id, or the key of one cell, host or called job')
    .option('--step <step>', 'only this step, with the steps inside of it')
    .option('--tail <n>', 'of the lines that are there only the last ones, of a server')
    .option('--since <time>', 'only lines since then, of a server: `10m`, or 2026-05-01T12:00:00Z')
    .option('-f, --follow', 'go on until the run ends')
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, options) => {
      const local = async (): Promise<number> => (await import('./commands/logs.ts')).logs(terminal, run, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/logs.ts')).logsRemote(terminal, client, { run, options });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addApprove(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('approve')
    .description('approve a step or an environment that waits for it, reject it, or push it back')
    .argument(...runArgument)
    .argument('[step-or-job]', 'what is decided over: a step, a job, or job/step; left out where only one waits')
    .option('--reject', 'say no: the step, or the job, fails')
    .option('--push-back <step>', 'have the steps from this earlier one on run again, and ask anew')
    .option('--comment <text>', 'what you have to say to it')
    .addOption(by())
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, target: string | undefined, options) => {
      const local = async (): Promise<number> =>
        (await import('./commands/approve.ts')).approve(terminal, { run, target }, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/answers.ts')).approveRemote(terminal, client, { run, target, options });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addSignal(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('signal')
    .description('send a run a signal that it waits for')
    .argument(...runArgument)
    .argument('<name>', 'the name of the signal')
    .option('--payload <json>', 'what is sent along')
    .option('--payload-file <file>', 'the same from a file; `-` for what is piped in')
    .addOption(by())
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, name: string, options) => {
      const local = async (): Promise<number> =>
        (await import('./commands/signal.ts')).signal(terminal, { run, name }, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/answers.ts')).signalRemote(terminal, client, { run, name, options });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function addVerb(
  program: Command,
  terminal: Terminal,
  { verb, finish }: { readonly verb: Verb; readonly finish: Finish },
): void {
  const command = program
    .command(verb)
    .description(descriptionOf(verb))
    .argument(...runArgument);
  if (verb === 'resume') command.addOption(secret());
  command
    .option('--reason <text>', 'why; it is kept with the run')
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, options) => {
      const local = async (): Promise<number> =>
        (await import('./commands/operate.ts')).operate(terminal, { verb, run }, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/operate.ts')).operateRemote(terminal, client, { verb, run, options });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}

function descriptionOf(verb: Verb): string {
  switch (verb) {
    case 'cancel':
      return 'end a run in order: what runs is stopped, `always()` steps still run';
    case 'terminate':
      return 'end a run at once: nothing more of it runs';
    case 'pause':
      return 'let what runs come to its end, and begin nothing new';
    case 'resume':
      return 'let a paused run go on, or one of a server that waits for the values of its secrets (--secret)';
    default:
      return assertNever(verb);
  }
}

function addRerun(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('rerun')
    .description('run a run that has ended again, in whole or in part; what is left out is reused')
    .argument(...runArgument)
    .option('--failed', 'only the jobs that failed or were cancelled, and those that need them')
    .option('--job <job>', 'only this job, or one cell, host or called job of it, and those that need it')
    .option('--from <job/step>', 'from this step on, in the workspace that `keep-workspace` kept')
    .option('--iteration <job/loop[n]>', 'one iteration of a loop, and what comes after the loop')
    .addOption(input())
    .addOption(secret())
    .option('-f, --follow', 'show its log until it ends; on this machine it always does')
    .addOption(policy())
    .addOption(approveOption())
    .addOption(checkpoints())
    .addOption(state())
    .addOption(server())
    .addOption(profile())
    .addOption(json())
    .addHelpText('after', place)
    .action(async (run: string, options) => {
      const local = async (): Promise<number> => (await import('./commands/rerun.ts')).rerun(terminal, run, options);
      const remote = async (client: Client): Promise<number> =>
        (await import('./client/commands/rerun.ts')).rerunRemote(terminal, client, { run, options });
      finish(await guarded(terminal, options, () => onServerOrHere(terminal, options, { local, remote })));
    });
}
