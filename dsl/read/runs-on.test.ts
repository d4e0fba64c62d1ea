import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../schemas/index.ts';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, steps } from '../testing/mistakes.ts';

function warnings(source: string, knownQueues?: readonly string[]): readonly Diagnostic[] {
  const known = knownQueues === undefined ? {} : { knownQueues };
  return compile(source, { file: 'w.yml', catalogue: testCatalogue, ...known }).diagnostics;
}

const places = (found: readonly Diagnostic[]): readonly string[] =>
  found.map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`);

describe('a queue that no agent has ever served', () => {
  it.each([
    ['at its name', job(`runs-on: wbe\n${steps}`), '3:14'],
    ["at a fleet's queue", job(`runs-on: { hosts: 2, queue: wbe }\n${steps}`), '3:33'],
    ['at the job, where it is the default', job(steps), '2:3'],
  ])('is warned of %s', (_what, source, place) => {
    const found = warnings(source, ['web', 'gpu']);
    expect(places(found)).toEqual([`warning UNKNOWN_QUEUE ${place}`]);
  });

  it('gets the queue that was meant', () => {
    const [found] = warnings(job(`runs-on: wbe\n${steps}`), ['web', 'gpu']);
    expect(found?.remedy).toContain('`web`');
    expect(found?.fix?.edits).toMatchObject([{ text: 'web' }]);
  });

  it.each([
    ['nothing is known of queues', job(`runs-on: wbe\n${steps}`), undefined],
    ['agents serve it', job(`runs-on: web\n${steps}`), ['web']],
    ['an expression gives it', job(`runs-on: \${{ vars.queue }}\n${steps}`), []],
    ['the job claims no agent', job('steps: [{ uses: sleep@v1, with: { duration: 1s } }]'), []],
  ])('is not warned of where %s', (_what, source, known) => {
    expect(warnings(source, known)).toEqual([]);
  });

  it('is warned of where there are no agents at all', () => {
    expect(places(warnings(job(`runs-on: web\n${steps}`), []))).toEqual(['warning UNKNOWN_QUEUE 3:14']);
  });
});

describe('how long a job waits, and what it leaves', () => {
  it.each([
    ['a wait without a unit', job(`queue-timeout: ▸WRONG_TYPE▸30\n${steps}`)],
    ['a wait of nothing', job(`queue-timeout: ▸INVALID_VALUE▸0s\n${steps}`)],
    ['an expression for a wait', job(`queue-timeout: ▸INVALID_VALUE▸\${{ vars.a }}\n${steps}`)],
    ['a word for true', job(`keep-workspace: ▸WRONG_TYPE▸yes\n${steps}`)],
    ['an expression for true', job(`keep-workspace: ▸INVALID_VALUE▸\${{ vars.a }}\n${steps}`)],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('is planned', () => {
    const source = job(`queue-timeout: 90s\nkeep-workspace: true\n${steps}`);
    const { plan } = compile(source, { file: 'w.yml', catalogue: testCatalogue });
    expect(plan?.jobs[0]).toMatchObject({ queue_timeout_ms: 90_000, keep_workspace: true });
  });
});
