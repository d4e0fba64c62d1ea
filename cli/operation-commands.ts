import { type Command, Option } from 'commander';
import { assertNever } from '../schemas/index.ts';
import { guarded } from './command.ts';
import type { Verb } from './commands/operate.ts';
import { approve as approveOption, checkpoints, input, json, policy, positive, secret, state } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

const runArgument = ['<run>', 'its id, the beginning of it, or `latest`'] as const;
const by = (): Option => new Option('--by <name>', 'who you are (default: the user of this machine)');

/** The commands that look at runs, and ask something of them, whichever process drives them. */
export function addOperations(program: Command, terminal: Terminal, finish: Finish): void {
  addList(program, terminal, finish);
  addGet(program, terminal, finish);
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
    .addOption(new Option('--limit <n>', 'the most runs to show').argParser(positive).default(20))
    .addOption(state())
    .addOption(json())
    .action(async (options) => {
      const { list } = await import('./commands/list.ts');
      finish(await guarded(terminal, options, () => list(terminal, options)));
    });
}

function addGet(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('get')
    .description('show what a run is at, what it waits for, and the command that answers it')
    .argument(...runArgument)
    .addOption(state())
    .addOption(json())
    .action(async (run: string, options) => {
      const { get } = await import('./commands/get.ts');
      finish(await guarded(terminal, options, () => get(terminal, run, options)));
    });
}

function addLogs(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('logs')
    .description('print what the steps of a run wrote')
    .argument(...runArgument)
    .option('--job <job>', 'only this job: its id, or the key of one cell, host or called job')
    .option('--step <step>', 'only this step, with the steps inside of it')
    .option('-f, --follow', 'go on until the run ends')
    .addOption(state())
    .addOption(json())
    .action(async (run: string, options) => {
      const { logs } = await import('./commands/logs.ts');
      finish(await guarded(terminal, options, () => logs(terminal, run, options)));
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
    .addOption(json())
    .action(async (run: string, target: string | undefined, options) => {
      const { approve } = await import('./commands/approve.ts');
      finish(await guarded(terminal, options, () => approve(terminal, { run, target }, options)));
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
    .addOption(json())
    .action(async (run: string, name: string, options) => {
      const { signal } = await import('./commands/signal.ts');
      finish(await guarded(terminal, options, () => signal(terminal, { run, name }, options)));
    });
}

function addVerb(
  program: Command,
  terminal: Terminal,
  { verb, finish }: { readonly verb: Verb; readonly finish: Finish },
): void {
  program
    .command(verb)
    .description(descriptionOf(verb))
    .argument(...runArgument)
    .option('--reason <text>', 'why; it is kept with the run')
    .addOption(state())
    .addOption(json())
    .action(async (run: string, options) => {
      const { operate } = await import('./commands/operate.ts');
      finish(await guarded(terminal, options, () => operate(terminal, { verb, run }, options)));
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
      return 'let a paused run go on';
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
    .addOption(policy())
    .addOption(approveOption())
    .addOption(checkpoints())
    .addOption(state())
    .addOption(json())
    .action(async (run: string, options) => {
      const { rerun } = await import('./commands/rerun.ts');
      finish(await guarded(terminal, options, () => rerun(terminal, run, options)));
    });
}
