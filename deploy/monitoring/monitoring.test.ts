import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { commandLine } from '../../cli/testing/terminal.ts';
import { serverPlace } from '../../e2e/server-process.ts';
import { metricOf, metricsIn } from '../../tools/monitoring/expressions.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const textOf = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
// All three are files of this repository, whose form the tests below rely on.
const { groups } = parse(textOf('alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const dashboard = JSON.parse(textOf('dashboard.json')) as {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
};
const rules = groups.flatMap((group) => group.rules);
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const runbooks = textOf('../../docs/runbooks.md');

/** What an expression needs that isn't in a server's metrics. */
function unknownIn(expression: string, known: ReadonlySet<string>): readonly string[] {
  const names = metricsIn(expression);
  expect(names, expression).not.toEqual([]);
  return names.filter((name) => name !== 'up' && !known.has(name) && !known.has(metricOf(name)));
}

describe('rules and dashboard', () => {
  it('ask for nothing but what a server tells', async () => {
    const server = await serverPlace().begin();
    const text = await (await fetch(new URL('/metrics', server.url))).text();
    const known = new Set(Array.from(text.matchAll(/^# TYPE (\S+)/gmu), ([, name]) => String(name)));
    expect(metricsIn('sum by (up) (rate(waterflow_no_such_total{job="up"}[5m])) / up')).toEqual([
      'waterflow_no_such_total',
      'up',
    ]);
    expect(unknownIn('waterflow_no_such_total', known)).toEqual(['waterflow_no_such_total']);
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ];
    expect(expressions.flatMap((expression) => unknownIn(expression, known))).toEqual([]);
    const docs = textOf('../../docs/server.md');
    const own = [...known].filter((name) => name.startsWith('waterflow_'));
    expect(own.filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
  });

  it('have a runbook for each alert, and no other', () => {
    const sections = Array.from(runbooks.matchAll(/^## (Waterflow\w+)$/gmu), ([, name]) => name);
    expect(sections).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations, labels } of rules) {
      expect(annotations['runbook_url']).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
      expect(['critical', 'warning']).toContain(labels.severity);
      const section = runbooks.split(`## ${alert}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const part of ['**Means.**', '**See.**', '**Do.**']) expect(section, alert).toContain(part);
    }
  });

  it('have runbooks whose commands say all that they need', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'waterflow-runbooks-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const commands = Array.from(runbooks.matchAll(/`waterflow ((?:audit|keys|policy) [^`]+)`/gu), ([, words]) =>
      String(words)
        .replace('/var/lib/waterflow-agent', cwd)
        .replace('RUN', 'run-01m86nh6h33wwxknp9t5yf783b')
        .split(' '),
    );
    expect(commands.length).toBeGreaterThan(4);
    for (const words of commands) {
      const state = words.includes('--state') ? [] : ['--state', cwd];
      const { stderr } = await commandLine([...words, ...state], { cwd });
      expect(stderr, words.join(' ')).not.toContain('error[USAGE]');
    }
  });

  it('have cases for each alert', () => {
    const cases = textOf('alerts.test.yaml');
    expect(rules.map(({ alert }) => alert).filter((alert) => !cases.includes(alert))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('takes its data from the source that is chosen', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    for (const { datasource, targets = [] } of charts) {
      for (const source of [datasource, ...targets.map((target) => target.datasource)])
        expect(source?.uid).toBe('${datasource}');
    }
  });

  it('has panels that say what they show, each in a place of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { description, fieldConfig, title } of charts) {
      expect(description, title).toMatch(/\w/u);
      expect(fieldConfig?.defaults.unit, title).toMatch(/\w/u);
    }
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});
