import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { durationWithin, input, json, label, profile, secret, server, variable } from './options.ts';
import type { Terminal } from './terminal.ts';
import { addWebhook } from './webhook-commands.ts';

type Finish = (exitCode: number) => void;

/** The commands that ask a server, and nothing of this machine. */
export function addClient(program: Command, terminal: Terminal, finish: Finish): void {
  addSubmit(program, terminal, finish);
  addSchedule(program, terminal, finish);
  addWebhook(program, terminal, finish);
  addListings(program, terminal, finish);
}

function addSubmit(program: Command, terminal: Terminal, finish: Finish): void {
  remote(program.command('submit'))
    .description('have a server run a workflow file, with the files that it calls')
    .argument('<file>', 'the workflow file')
    .addOption(input())
    .addOption(variable())
    .addOption(secret())
    .addOption(label('what the run is found by; may be repeated'))
    .option('-f, --follow', 'show its log until it ends: 0 where it succeeds, 1 where it fails')
    .option(
      '--idempotency-key <key>',
      'with the same key there is one run, however often it is submitted (default: a new one)',
    )
    .addOption(
      new Option('--retry-for <duration>', 'how long to try where the server does not answer, as 2m; 0s: once')
        .argParser(durationWithin({ least: 0, most: 86_400_000 }))
        .default(30_000, '30s'),
    )
    .option('--dry-run', 'show what would run, and run nothing')
    .action(async (file: string, options) => {
      const { submit } = await import('./client/commands/submit.ts');
      finish(await guarded(terminal, options, () => submit(terminal, file, options)));
    });
}

function addSchedule(program: Command, terminal: Terminal, finish: Finish): void {
  const schedule = program.command('schedule').description("a server's schedules, which start runs at their times");
  addCreate(schedule, terminal, finish);
  remote(schedule.command('list').description('list schedules')).action(async (options) => {
    const { listSchedules } = await import('./client/commands/schedules.ts');
    finish(await guarded(terminal, options, () => listSchedules(terminal, options)));
  });
  ofOne(schedule, 'show', 'show a schedule with its next and its last starts').action(async (id: string, options) => {
    const { showSchedule } = await import('./client/commands/schedules.ts');
    finish(await guarded(terminal, options, () => showSchedule(terminal, id, options)));
  });
  for (const verb of ['pause', 'resume'] as const) {
    const description = verb === 'pause' ? 'start no more runs until it is resumed' : 'let a paused schedule go on';
    ofOne(schedule, verb, description).action(async (id: string, options) => {
      const { changeSchedule } = await import('./client/commands/schedules.ts');
      const change = { id, paused: verb === 'pause' };
      finish(await guarded(terminal, options, () => changeSchedule(terminal, change, options)));
    });
  }
  ofOne(schedule, 'trigger', 'start a run of it now').action(async (id: string, options) => {
    const { triggerSchedule } = await import('./client/commands/schedules.ts');
    finish(await guarded(terminal, options, () => triggerSchedule(terminal, id, options)));
  });
  ofOne(schedule, 'backfill', 'start the runs of times that have passed')
    .requiredOption('--from <time>', 'the first time of which a run is started, as 2026-05-01T00:00:00Z')
    .requiredOption('--to <time>', 'the last one')
    .action(async (id: string, options) => {
      const { backfillSchedule } = await import('./client/commands/schedules.ts');
      finish(await guarded(terminal, options, () => backfillSchedule(terminal, id, options)));
    });
  ofOne(schedule, 'delete', 'remove a schedule; its runs stay').action(async (id: string, options) => {
    const { removeSchedule } = await import('./client/commands/schedules.ts');
    finish(await guarded(terminal, options, () => removeSchedule(terminal, id, options)));
  });
}

function addCreate(schedule: Command, terminal: Terminal, finish: Finish): void {
  remote(schedule.command('create'))
    .description("make schedules of a workflow: one for each entry of its `on.schedule`, or one of --cron's times")
    .argument('<file>', 'the workflow file')
    .option('--name <name>', "what it is called (default: the workflow's name)")
    .option('--cron <times>', "its times, as '30 6 * * mon-fri'")
    .option('--timezone <zone>', 'the time zone of its times, as Europe/Vienna (default: UTC)')
    .addOption(
      new Option('--overlap <policy>', 'what becomes of a start while a run of it goes on').choices([
        'skip',
        'queue',
        'cancel',
      ]),
    )
    .option('--catch-up <duration>', 'make up for starts that were missed and are younger, as 6h; or false')
    .option('--paused', 'start no runs until it is resumed')
    .addOption(input())
    .addOption(variable())
    .addOption(label('what its runs are found by; may be repeated'))
    .action(async (file: string, options) => {
      const { createSchedule } = await import('./client/commands/schedules.ts');
      finish(await guarded(terminal, options, () => createSchedule(terminal, file, options)));
    });
}

function ofOne(schedule: Command, name: string, description: string): Command {
  return remote(schedule.command(name)).description(description).argument('<schedule>', 'its id, sch_…');
}

function remote(command: Command): Command {
  return command.addOption(server()).addOption(profile()).addOption(json());
}

const listings = {
  agents: "list a server's agents, with what they are doing",
  queues: "list a server's queues, with who takes from them and what waits",
  nodes: 'list what steps can use on a server',
} as const;

function addListings(program: Command, terminal: Terminal, finish: Finish): void {
  for (const name of ['agents', 'queues', 'nodes'] as const) {
    remote(program.command(name).description(listings[name])).action(async (options) => {
      const { showListing } = await import('./client/commands/catalogue.ts');
      finish(await guarded(terminal, options, () => showListing(terminal, name, options)));
    });
  }
}
