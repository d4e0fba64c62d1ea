import type { SkipReason } from '../../engine/machine/run/protocol.ts';
import type { Moment, Simulation } from '../../engine/simulate/index.ts';
import { assertNever, type Json, type WaterflowError } from '../../schemas/index.ts';
import type { DisplayStatus, Style } from '../report/style.ts';
import { formatDuration, plainLine } from '../report/text.ts';

/** A simulated run for people: what happens in order, with the virtual time where it moves on, and the end. */
export function simulationLines(simulation: Simulation, style: Style): readonly string[] {
  const { moments, assumed, unused, status, duration_ms } = simulation;
  const lines = [style.bold(`simulation of ${plainLine(simulation.name)}`)];
  let now = 0;
  for (const moment of moments) {
    if (moment.at_ms !== now) lines.push(style.dim(`${formatDuration(moment.at_ms - now)} later`));
    now = moment.at_ms;
    lines.push(...momentLines(moment, style));
  }
  const end =
    status === 'waiting'
      ? 'waits for ever: nobody sends what it waits for'
      : `${status} after ${formatDuration(duration_ms)} of virtual time`;
  lines.push('', `${style.symbol(status)} ${end}`);
  lines.push(...assumed.map((assumption) => `  assumed: ${plainLine(assumption)}`));
  lines.push(...unused.map((entry) => `  nothing met: ${plainLine(entry)}`));
  return lines;
}

function momentLines(moment: Moment, style: Style): readonly string[] {
  const line = (status: DisplayStatus, text: string): readonly string[] => [
    `  ${style.symbol(status)} ${plainLine(text)}`,
  ];
  switch (moment.type) {
    case 'run_started':
    case 'run_finished':
      return [];
    case 'cancel_requested':
      return line('cancelled', `the run is cancelled: ${moment.reason}`);
    case 'group_waiting':
      return line('waiting', `${moment.job ?? 'the run'} waits for the group ${moment.group}`);
    case 'group_acquired':
      return line('running', `${moment.job ?? 'the run'} has the group ${moment.group}`);
    case 'hosts_known':
      return line('running', `${moment.job} finds the hosts ${moment.hosts.join(', ') || 'none'} on ${moment.queue}`);
    case 'awaiting':
      return line('waiting', awaitingText(moment));
    case 'signal_received':
      return line(
        'running',
        `${moment.signal.by} sends ${moment.signal.name}: ${JSON.stringify(moment.signal.payload)}`,
      );
    case 'job_started': {
      const again = moment.attempt > 1 ? `, attempt ${moment.attempt}` : '';
      return line('running', `${moment.job} starts on ${moment.host ?? moment.queue}${again}`);
    }
    case 'job_retrying':
      return line('waiting', `${moment.job} starts anew in ${formatDuration(moment.delay_ms)}${because(moment.error)}`);
    case 'job_finished':
      return line(
        moment.status,
        `${moment.job} ${moment.status}${skipText(moment.skip_reason)}${because(moment.error)}`,
      );
    case 'step_started': {
      const again = moment.attempt > 1 ? `, attempt ${moment.attempt}` : '';
      const times = moment.iterations === undefined ? '' : `, ${moment.iterations} iterations`;
      return line('running', `  ${moment.job}.${moment.step} ${moment.uses}${again}${times}`);
    }
    case 'step_retrying':
      return line(
        'waiting',
        `  ${moment.job}.${moment.step} retries in ${formatDuration(moment.delay_ms)}${because(moment.error)}`,
      );
    case 'step_finished': {
      const { conclusion, outcome } = moment;
      const covered = conclusion === outcome ? '' : ` (${outcome}, and the job goes on)`;
      const why = `${skipText(moment.skip_reason)}${because(moment.error)}`;
      return line(conclusion, `  ${moment.job}.${moment.step} ${conclusion}${covered}${why}`);
    }
    default:
      return assertNever(moment);
  }
}

function awaitingText({ signal }: Extract<Moment, { readonly type: 'awaiting' }>): string {
  const place = signal.step === undefined ? signal.job : `${signal.job}.${signal.step}`;
  if (signal.kind === 'signal') return `${place} waits for the signal ${signal.name}`;
  return `${place} waits for approval by ${signal.approvers.join(' or ') || 'anybody'}`;
}

function because(error: WaterflowError | undefined): string {
  if (error === undefined) return '';
  const hint =
    error.code === 'EVALUATION_FAILED' ? '; set the outputs that it reads, as job.step.outputs.name=value' : '';
  return `: ${error.code}, ${error.message}${hint}`;
}

function skipText(reason: SkipReason | undefined): string {
  if (reason === undefined) return '';
  const values = reason.read.map(({ path, value }) => `${path} = ${shortJson(value)}`).join(', ');
  return `: ${reason.condition} is ${shortJson(reason.result)}${values === '' ? '' : `, since ${values}`}`;
}

function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  const most = 60;
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
