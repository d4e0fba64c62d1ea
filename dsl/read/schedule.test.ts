import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { fixSource } from '../fix.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked } from '../testing/mistakes.ts';

const read = (text: string): ReturnType<typeof compile> => compile(text, { file: 'w.yml', catalogue: testCatalogue });

const jobs = 'jobs: { a: { steps: [{ run: make }] } }\n';
const schedules = (lines: string): string => `on:\n  schedule:\n${lines.replace(/^(?=.)/gm, '    ')}\n${jobs}`;

describe('on.schedule', () => {
  it('is planned, with its defaults', () => {
    const { plan, diagnostics } = read(
      schedules(
        "- cron: '30 6 * * MON-FRI'\n- { cron: '@daily', timezone: Europe/Berlin, overlap: queue, catch-up: 1h }\n- { cron: 0 0 1 1 *, catch-up: false }",
      ),
    );
    expect(diagnostics).toEqual([]);
    expect(plan?.triggers?.schedules).toEqual([
      {
        cron: '30 6 * * mon-fri',
        timezone: 'UTC',
        overlap: 'skip',
        catch_up_ms: 0,
        at: { file: 'w.yml', line: 3, column: 7 },
      },
      {
        cron: '0 0 * * *',
        timezone: 'Europe/Berlin',
        overlap: 'queue',
        catch_up_ms: 3_600_000,
        at: { file: 'w.yml', line: 4, column: 7 },
      },
      {
        cron: '0 0 1 1 *',
        timezone: 'UTC',
        overlap: 'skip',
        catch_up_ms: 0,
        at: { file: 'w.yml', line: 5, column: 7 },
      },
    ]);
  });

  it.each([
    ['no times', `on: ▸MISSING_KEY▸schedule\n${jobs}`],
    ['nothing below it', `on:\n  ▸MISSING_KEY▸schedule:\n${jobs}`],
    ['an empty list', `on: { schedule: ▸EMPTY▸[] }\n${jobs}`],
    ['a mapping', `on: { schedule: ▸WRONG_TYPE▸{ cron: '@daily' } }\n${jobs}`],
    ['a text', `on: { schedule: [▸WRONG_TYPE▸'@daily'] }\n${jobs}`],
    ['no cron', schedules('- ▸MISSING_KEY▸timezone: UTC')],
    ['a misspelt cron once', schedules("- ▸UNKNOWN_KEY▸corn: '@daily'")],
    ['a value out of range', schedules("- cron: ▸INVALID_VALUE▸'61 * * * *'")],
    ['a value out of range in a plain text', schedules('- cron: ▸INVALID_VALUE▸0 24 * * *')],
    ['a value out of range in a list', schedules("- cron: ▸INVALID_VALUE▸'0 1,2,25 * * *'")],
    ['seconds', schedules("- cron: ▸INVALID_VALUE▸'0 0 0 * * *'")],
    ['a day that never comes', schedules("- cron: ▸INVALID_VALUE▸'0 0 31 feb,apr *'")],
    ['an expression', schedules("- cron: ▸INVALID_VALUE▸'${{ vars.cron }}'")],
    ['a number', schedules('- cron: ▸WRONG_TYPE▸5')],
    ['an unknown time zone', schedules("- { cron: '@daily', timezone: ▸INVALID_VALUE▸Europe/Brlin }")],
    ['a time zone in other letter case', schedules("- { cron: '@daily', timezone: ▸INVALID_VALUE▸europe/berlin }")],
    ['an offset', schedules("- { cron: '@daily', timezone: ▸INVALID_VALUE▸'+02:00' }")],
    ['an unknown overlap', schedules("- { cron: '@daily', overlap: ▸INVALID_VALUE▸skp }")],
    ['a catch-up without end', schedules("- { cron: '@daily', catch-up: ▸INVALID_VALUE▸true }")],
    ['a catch-up that is no duration', schedules("- { cron: '@daily', catch-up: ▸INVALID_VALUE▸soon }")],
    [
      'what a scheduled run lacks',
      `on:\n  manual: { inputs: { a: { required: true } } }\n  ▸MISSING_INPUT▸schedule: [{ cron: '@daily' }]\n${jobs}`,
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('has at most a hundred', () => {
    const { plan } = read(schedules("- cron: '@daily'\n".repeat(100)));
    expect(plan?.triggers?.schedules).toHaveLength(100);
    const { marked, reported } = compileMarked(
      schedules(`${"- cron: '@daily'\n".repeat(100)}- ▸INVALID_VALUE▸cron: '@daily'`),
    );
    expect(reported).toEqual(marked);
  });

  it('gets quotes where YAML takes a star for an alias', () => {
    const { text, result } = fixSource(
      schedules('- cron: * * * * *\n- { cron: 0 0 * * * }\n- cron: */5 * * * 1 # often'),
      read,
    );
    expect(text).toBe(schedules("- cron: '* * * * *'\n- { cron: 0 0 * * * }\n- cron: '*/5 * * * 1' # often"));
    expect(result.plan?.triggers?.schedules).toHaveLength(3);
  });

  it('gets what was plainly meant', () => {
    const slips = schedules(
      "- { cron: '0 9 * * monday', timezone: europe/berlin }\n- { cron: 0/15 * * * *, timezone: Berlin }\n- cron: '0 0 0 * * ?'\n- { cron: '@dayly', overlap: que }",
    );
    expect(fixSource(slips, read).text).toBe(
      schedules(
        "- { cron: '0 9 * * mon', timezone: Europe/Berlin }\n- { cron: 0-59/15 * * * *, timezone: Europe/Berlin }\n- cron: '0 0 * * *'\n- { cron: '@daily', overlap: que }",
      ),
    );
  });
});
