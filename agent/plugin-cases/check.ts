import { parseCallText } from '../../runtime/grants/index.ts';
import type { AbsolutePath, StepResult } from '../../schemas/index.ts';
import type { HostCallEvent } from '../executor/index.ts';
import type { CallProblem } from './answers.ts';
import { contentOf, readWorkspaceFile } from './files.ts';
import { differences } from './match.ts';
import { callText, type PluginCase } from './read.ts';

/** What came of a plugin's run. */
export interface Seen {
  readonly result: StepResult;
  readonly workspace: AbsolutePath;
  readonly denials: readonly HostCallEvent[];
  readonly log: readonly string[];
}

type Expectation = PluginCase['expect'];

/** Where it isn't what the case expects. */
export function unmetExpectations(expect: Expectation, seen: Seen): readonly CallProblem[] {
  return [
    ...checkOutcome(expect, seen.result),
    ...checkOutputs(expect, seen.result),
    ...checkFiles(expect, seen.workspace),
    ...checkDenials(expect, seen.denials),
    ...checkLog(expect, seen.log),
  ];
}

function checkOutcome({ error }: Expectation, result: StepResult): readonly CallProblem[] {
  if (result.outcome === 'success') {
    return error === undefined
      ? []
      : [{ message: `the step succeeded, and should fail with ${error.code}`, differences: [] }];
  }
  const { code, message, remedy } = result.error;
  if (error === undefined) {
    const what = code === 'SECRET_MISSING' ? "Give it under the case's `secrets:`, by that name." : remedy;
    return [{ message: `the step failed: ${code}: ${message.replace(/\.$/u, '')}. ${what}`, differences: [] }];
  }
  const found = [
    ...differences('error.code', error.code, code),
    ...(error.message === undefined ? [] : differences('error.message', error.message, message)),
  ];
  return found.length === 0
    ? []
    : [{ message: `the step failed with another error: ${code}: ${message}`, differences: found }];
}

function checkOutputs({ outputs }: Expectation, result: StepResult): readonly CallProblem[] {
  if (outputs === undefined) return [];
  // Read from YAML: JSON.
  const found = differences('outputs', outputs as StepResult['outputs'], result.outputs);
  return found.length === 0 ? [] : [{ message: 'the outputs are others', differences: found }];
}

function checkFiles({ files = {} }: Expectation, workspace: AbsolutePath): readonly CallProblem[] {
  return Object.entries(files).flatMap(([path, expected]): readonly CallProblem[] => {
    const bytes = readWorkspaceFile(workspace, path);
    if (expected === null) {
      return bytes === undefined ? [] : [{ message: `${path} is there, and should not be`, differences: [] }];
    }
    if (bytes === undefined) return [{ message: `${path} is missing`, differences: [] }];
    if (bytes === 'folder') return [{ message: `${path} is a folder`, differences: [] }];
    const actual =
      typeof expected === 'object' && 'base64' in expected ? { base64: bytes.toString('base64') } : contentOf(bytes);
    const found = differences(path, expected, actual);
    return found.length === 0 ? [] : [{ message: `${path} has another content`, differences: found }];
  });
}

function checkDenials({ denials }: Expectation, seen: readonly HostCallEvent[]): readonly CallProblem[] {
  const problems: CallProblem[] = [];
  for (const [index, event] of seen.entries()) {
    const text = eventText(event);
    const expected = denials[index];
    if (expected === undefined) {
      const remedy = event.remedy === undefined ? '' : `. ${event.remedy}`;
      problems.push({ message: `${text} was denied by ${event.rule ?? 'no rule'}${remedy}`, differences: [] });
      continue;
    }
    const found = [
      ...differences('denied', expected.text, text),
      ...((event.rule ?? '').startsWith(expected.rule) ? [] : differences('rule', expected.rule, event.rule ?? '')),
    ];
    if (found.length > 0) problems.push({ message: 'another call was denied, or by another rule', differences: found });
  }
  for (const { text } of denials.slice(seen.length)) {
    problems.push({ message: `it was not denied: ${text}`, differences: [] });
  }
  return problems;
}

/** As callText() says it of a call. */
export function eventText({ capability, operation, subject }: HostCallEvent): string {
  return subject === '' ? `${capability}.${operation}` : `${capability}.${operation} ${subject}`;
}

function checkLog({ log: expected = [] }: Expectation, lines: readonly string[]): readonly CallProblem[] {
  let from = 0;
  for (const line of expected) {
    const index = lines.findIndex((candidate, at) => at >= from && differences('log', line, candidate).length === 0);
    if (index < 0) {
      const message = from === 0 ? 'the log has no such line' : `the log has no such line after line ${from}`;
      const rest = lines.slice(from).join('\n');
      return [{ message, differences: differences('log', line, rest) }];
    }
    from = index + 1;
  }
  return [];
}

/** The event as a case names the call; undefined for one that has no short form. */
export function writtenCall(event: HostCallEvent): string | undefined {
  const { capability, operation, subject } = event;
  return [`${capability} ${subject}`, `${capability} ${operation} ${subject}`].find((text) => {
    const parsed = parseCallText(text);
    return 'call' in parsed && callText(parsed.call) === eventText(event);
  });
}
