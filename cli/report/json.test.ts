import { expect, it } from 'vitest';
import type { RunNotice } from '../../engine/port.ts';
import { type Diagnostic, parseRunId } from '../../schemas/index.ts';
import { textStream } from '../testing/terminal.ts';
import { createJsonReporter } from './json.ts';

const run = parseRunId('run-01m86d4fm7a3dfj4zrhbfymtfb');
if (run === undefined) throw new Error('the id of the fixture is none');

const at = '2026-01-01T00:00:00.000Z';
const started: RunNotice = {
  type: 'run_started',
  run,
  at,
  workflow: 'w',
  file: 'w.yml',
  name: 'w',
  attempt: 1,
  resumed: false,
};
const warning: Diagnostic = {
  severity: 'warning',
  code: 'SCRIPT_INJECTION',
  message: 'a value becomes part of the script',
  remedy: 'use env',
};

it('tells warnings once, each with the id of the run, after the notice that the run started', () => {
  const stdout = textStream();
  const reporter = createJsonReporter(stdout, textStream(), [warning]);
  reporter.notice(started);
  reporter.notice(started);
  const lines = stdout.text().trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    started,
    { type: 'diagnostic', run, at, ...warning },
    started,
  ]);
});

it('keeps messages off stdout', () => {
  const [stdout, stderr] = [textStream(), textStream()];
  createJsonReporter(stdout, stderr, []).message('cancelling');
  expect({ stdout: stdout.text(), stderr: stderr.text() }).toEqual({ stdout: '', stderr: 'cancelling\n' });
});
