import type { JsonObject } from '../../../schemas/index.ts';
import { parsePairs } from '../../commands/pairs.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client, createClient } from '../http.ts';
import { makeOfWorkflow } from '../of-workflow.ts';
import { hint, listIn, printFacts, printJson, printTable, textIn } from '../output.ts';
import { allOf } from '../pages.ts';
import { requireServer, type TargetFlags } from '../target.ts';
import { readSentWorkflow } from '../workflow-files.ts';

/** Options of all commands that ask a server. */
export interface RemoteOptions extends TargetFlags {
  readonly json?: boolean;
}

/** `waterflow schedule create`'s options, as the command line gives them. */
export interface CreateScheduleOptions extends RemoteOptions {
  readonly name?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly overlap?: string;
  /** A duration, or `false`. */
  readonly catchUp?: string;
  readonly input: readonly string[];
  readonly var: readonly string[];
  /** `key=value` */
  readonly label: readonly string[];
  readonly paused?: boolean;
}

/** Makes schedules of a workflow: those that its file has, or the one of --cron; gives the exit code. */
export async function createSchedule(
  terminal: Terminal,
  file: string,
  options: CreateScheduleOptions,
): Promise<number> {
  const client = clientOf(terminal, options);
  const { name, cron, timezone, overlap, catchUp, paused } = options;
  const settings: JsonObject = {
    ...(name === undefined ? {} : { name }),
    ...(cron === undefined ? {} : { cron }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(catchUp === undefined ? {} : { catch_up: catchUp === 'false' ? false : catchUp }),
    ...(paused === true ? { paused } : {}),
    inputs: parsePairs('--input', options.input),
    vars: parsePairs('--var', options.var),
    labels: parsePairs('--label', options.label),
  };
  const sent = await readSentWorkflow(terminal, file);
  const json = options.json === true;
  const made = await makeOfWorkflow(terminal, client, { path: 'v1/schedules', sent, settings, json });
  if (made === undefined) return exitCodes.usage;
  if (json) {
    printJson(terminal, made);
    return exitCodes.ok;
  }
  for (const { id, cron: times, next_run_at: next } of listIn(made, 'schedules')) {
    terminal.stdout.write(`${textIn(id)}\n`);
    hint(terminal, `it starts runs at ${textIn(times)}${next === undefined ? '' : `, next at ${textIn(next)}`}`);
  }
  return exitCodes.ok;
}

/** Lists schedules, one JSON object a line with --json; gives the exit code. */
export async function listSchedules(terminal: Terminal, options: RemoteOptions): Promise<number> {
  const client = clientOf(terminal, options);
  const rows: (readonly string[])[] = [];
  for await (const schedule of allOf(client, { path: 'v1/schedules', list: 'schedules' })) {
    if (options.json === true) printJson(terminal, schedule);
    const { id, paused, cron, timezone, next_run_at: next, name } = schedule;
    rows.push([
      textIn(id),
      paused === true ? 'paused' : textIn(next),
      `${textIn(cron)} ${textIn(timezone)}`,
      textIn(name),
    ]);
  }
  if (options.json !== true)
    printTable(terminal, ['schedule', 'next run', 'cron', 'name'], { rows, empty: 'no schedules' });
  return exitCodes.ok;
}

/** Shows a schedule with its next and its last starts; gives the exit code. */
export async function showSchedule(terminal: Terminal, id: string, options: RemoteOptions): Promise<number> {
  const schedule = await clientOf(terminal, options).ask({ path: apiPath`v1/schedules/${id}` });
  if (options.json === true) printJson(terminal, schedule);
  else print(terminal, schedule);
  return exitCodes.ok;
}

/** Pauses a schedule, or lets it go on; gives the exit code. */
export async function changeSchedule(
  terminal: Terminal,
  { id, paused }: { readonly id: string; readonly paused: boolean },
  options: RemoteOptions,
): Promise<number> {
  const request = { method: 'PATCH', path: apiPath`v1/schedules/${id}`, body: { paused } } as const;
  const schedule = await clientOf(terminal, options).ask(request);
  const next = schedule['next_run_at'];
  if (options.json === true) printJson(terminal, schedule);
  else
    terminal.stdout.write(
      paused ? `${id} is paused\n` : `${id} goes on${next === undefined ? '' : `: next run at ${textIn(next)}`}\n`,
    );
  return exitCodes.ok;
}

/** Starts a run of a schedule out of turn; gives the exit code. */
export async function triggerSchedule(terminal: Terminal, id: string, options: RemoteOptions): Promise<number> {
  const run = await clientOf(terminal, options).ask({ method: 'POST', path: apiPath`v1/schedules/${id}/trigger` });
  if (options.json === true) printJson(terminal, run);
  else terminal.stdout.write(`${textIn(run['id'])}\n`);
  return exitCodes.ok;
}

/** Starts the runs of times that have passed; gives the exit code. */
export async function backfillSchedule(
  terminal: Terminal,
  id: string,
  options: RemoteOptions & { readonly from: string; readonly to: string },
): Promise<number> {
  const body = { from: options.from, to: options.to };
  const answer = await clientOf(terminal, options).ask({
    method: 'POST',
    path: apiPath`v1/schedules/${id}/backfill`,
    body,
  });
  if (options.json === true) {
    printJson(terminal, answer);
    return exitCodes.ok;
  }
  const rows = listIn(answer, 'runs').map((run) => [
    textIn(run['id']),
    textIn(run['scheduled_at']),
    run['repeated'] === true ? 'started before' : '',
  ]);
  printTable(terminal, ['run', 'scheduled at', ''], { rows, empty: 'no starts in that time' });
  return exitCodes.ok;
}

/** Removes a schedule; its runs stay. Gives the exit code. */
export async function removeSchedule(terminal: Terminal, id: string, options: RemoteOptions): Promise<number> {
  await clientOf(terminal, options).ask({ method: 'DELETE', path: apiPath`v1/schedules/${id}` });
  if (options.json === true) printJson(terminal, { id, removed: true });
  else terminal.stdout.write(`${id} is removed\n`);
  return exitCodes.ok;
}

function clientOf(terminal: Terminal, options: RemoteOptions): Client {
  return createClient(requireServer(terminal, options));
}

function print(terminal: Terminal, schedule: JsonObject): void {
  const { id, name, cron, timezone, overlap, paused, created_by: by, created_at: at, next_runs: next } = schedule;
  printFacts(terminal, [
    ['schedule', textIn(id)],
    ['name', textIn(name)],
    ['cron', `${textIn(cron)} ${textIn(timezone)}`],
    ['overlap', textIn(overlap)],
    ['inputs', textIn(schedule['inputs'])],
    ['created', `${textIn(at)} by ${textIn(by)}`],
    ['next', paused === true ? 'paused' : Array.isArray(next) ? next.map(textIn).join(', ') : ''],
  ]);
  const rows = listIn(schedule, 'last_runs').map((run) => [
    textIn(run['id']),
    textIn(run['status']),
    textIn(run['scheduled_at']),
    textIn(run['ended_at']),
  ]);
  if (rows.length === 0) return;
  terminal.stdout.write('\n');
  printTable(terminal, ['run', 'status', 'scheduled at', 'ended at'], { rows, empty: '' });
}
