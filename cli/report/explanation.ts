import { type Cause, type Explanation, type NextStep, placeText, shownValue } from '../../engine/explain/index.ts';
import { shellWord } from '../../schemas/shell-word.ts';
import type { Terminal } from '../terminal.ts';
import type { RunWords } from './answers.ts';
import { placeText as fileText } from './error.ts';
import { createStyle, type DisplayStatus, type Style } from './style.ts';
import { plainJson, plainLine, plainLogLine } from './text.ts';

/** How an explanation is printed: `words` are how the run is named on this command line. */
export interface ExplanationOptions {
  readonly words: RunWords;
  readonly json: boolean;
}

/** Prints an explanation, as JSON with the commands as they are typed. */
export function printExplanation(terminal: Terminal, explanation: Explanation, options: ExplanationOptions): void {
  const { stdout } = terminal;
  if (options.json) {
    const next = explanation.next.map((step) => ({ ...step, command: commandOf(step, options.words) }));
    stdout.write(`${plainJson({ ...explanation, next })}\n`);
    return;
  }
  stdout.write(`${renderExplanation(explanation, options.words, createStyle(stdout)).join('\n')}\n`);
}

/** The command, to be copied. */
function commandOf({ words, about }: NextStep, { state, server = [] }: RunWords): string {
  const place = about === 'file' ? [] : state === undefined ? server : about === 'run' ? ['--state', state] : [];
  return ['waterflow', ...words, ...place].map(shellWord).join(' ');
}

function renderExplanation(explanation: Explanation, words: RunWords, style: Style): readonly string[] {
  const { name, run, status, answer, causes, next, gaps, attempt } = explanation;
  const shown = displayStatus(status);
  const tried = attempt > 1 ? `, attempt ${attempt}` : '';
  return [
    `${style.symbol(shown)} ${style.bold(plainLine(name))}  ${style.status(shown, status)}${tried}  ${style.dim(plainLine(run))}`,
    '',
    plainLine(answer),
    ...causes.flatMap((cause) => causeLines(cause, style)),
    ...section('waits', waitLines(explanation), style),
    ...section('kept from running', consequenceLines(explanation), style),
    ...section('tried again', retriedLines(explanation), style),
    ...section('skipped by a condition', skippedLines(explanation), style),
    ...section('failed with leave', toleratedLines(explanation), style),
    ...section('since it last succeeded', sinceLines(explanation), style),
    ...section(
      'next',
      next.flatMap((step) => [plainLine(commandOf(step, words)), style.dim(`    ${plainLine(step.why)}`)]),
      style,
    ),
    ...section('not read', gaps.map(plainLine), style),
    ...leftOut(explanation, style),
  ];
}

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`)];
}

function causeLines(cause: Cause, style: Style): readonly string[] {
  const { code, message, at, rule, plugin, agent, last_lines, refused_calls, earlier_attempts, fixes } = cause;
  const ran = [
    ...(plugin === undefined
      ? []
      : [`${plugin.name} ${plugin.version} (${plugin.digest.slice(0, 'sha256:'.length + 12)})`]),
    ...(agent === undefined ? [] : [`on the agent ${agent}`]),
    ...(cause.at_time === undefined ? [] : [`at ${cause.at_time}`]),
  ].join(', ');
  return [
    '',
    `${style.symbol('failure')} ${style.bold(plainLine(placeText(cause)))}  ${plainLine(`${code}: ${message}`)}`,
    ...(at === undefined ? [] : [`  at ${plainLine(fileText(at.file, at.line, at.column))}`]),
    ...(ran === '' ? [] : [style.dim(`  ${plainLine(ran)}`)]),
    ...(rule === undefined ? [] : [`  rule: ${plainLine(rule)}`]),
    ...(cause.read ?? []).map(({ path, value, note }) =>
      plainLine(`  read: ${path} = ${shownValue(value)}${note === undefined ? '' : `: ${note}`}`),
    ),
    ...refused_calls.flatMap((call) => [
      `  refused: ${plainLine(`${call.capability}.${call.operation} ${call.subject}`)}`,
      ...(call.reason === undefined ? [] : [`    ${plainLine(call.reason)}`]),
      ...(call.rule === undefined || call.rule === rule ? [] : [style.dim(`    by: ${plainLine(call.rule)}`)]),
    ]),
    ...earlier_attempts.map((one) => plainLine(`  attempt ${one.attempt} before: ${one.code}, ${one.message}`)),
    ...(last_lines.length === 0
      ? []
      : ['  last lines:', ...last_lines.map((line) => `    ${style.dim(plainLogLine(line))}`)]),
    ...fixes.map((fix) => `  fix: ${plainLine(fix)}`),
  ];
}

function waitLines({ waits }: Explanation): readonly string[] {
  return waits.flatMap((wait) => [
    plainLine(`${wait.job === undefined ? '' : `${placeText(wait)} `}${wait.sentence}`),
    ...timesOf(wait),
    plainLine(`    moved on by: ${wait.who}`),
  ]);
}

function timesOf({ since, until }: Explanation['waits'][number]): readonly string[] {
  const times = [
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(until === undefined ? [] : [`gives up at ${until}`]),
  ];
  return times.length === 0 ? [] : [`    ${times.join(', ')}`];
}

function consequenceLines({ consequences }: Explanation): readonly string[] {
  return consequences.map(({ job, status, because }) => plainLine(`${job}  ${status}: ${because}`));
}

function retriedLines({ retried }: Explanation): readonly string[] {
  return retried.map((one) => {
    const [first] = one.failures;
    const why = first === undefined ? '' : `: first ${first.code}, ${first.message}`;
    return plainLine(`${placeText(one)}  ${one.verdict}, ${one.attempts} attempts${why}`);
  });
}

function skippedLines({ skipped }: Explanation): readonly string[] {
  return skipped.map((one) => {
    const read = one.read.map(({ path, value }) => `${path} = ${shownValue(value)}`).join(', ');
    return plainLine(`${placeText(one)}  if ${one.condition}${read === '' ? '' : `, where ${read}`}`);
  });
}

function toleratedLines({ tolerated }: Explanation): readonly string[] {
  return tolerated.map((one) => plainLine(`${placeText(one)}  ${one.code}: ${one.message}`));
}

function sinceLines({ since, recurrence }: Explanation): readonly string[] {
  if (since === undefined) return [];
  const past = recurrence === undefined ? [] : [`${recurrence.verdict}: ${recurrence.sentence}`];
  if (since.run === undefined)
    return [...past, 'no run of the workflow before it that succeeded is on record'].map(plainLine);
  const same = since.same.length === 0 ? [] : [`as it was then: ${since.same.join(', ')}`];
  return [
    ...past,
    `compared with ${since.run}${since.ended_at === undefined ? '' : `, which ended at ${since.ended_at}`}:`,
    ...(since.changes.length === 0
      ? ['nothing that is on record differs']
      : since.changes.map(({ text }) => `- ${text}`)),
    ...same,
  ].map(plainLine);
}

function leftOut({ left_out = {} }: Explanation, style: Style): readonly string[] {
  const parts = Object.entries(left_out).map(([name, count]) => `${count} more ${name}`);
  return parts.length === 0 ? [] : ['', style.dim(plainLine(`and ${parts.join(', ')}`))];
}

function displayStatus(status: Explanation['status']): DisplayStatus {
  switch (status) {
    case 'queued':
    case 'blocked':
    case 'paused':
    case 'waiting':
      return 'waiting';
    default:
      return status;
  }
}
