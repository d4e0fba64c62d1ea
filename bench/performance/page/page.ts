import { quantity } from '../../table.ts';
import { statisticOf } from '../../statistics.ts';
import { ours } from '../bounds.ts';
import { type Comparison, comparisonsOf } from '../comparison.ts';
import type { History } from '../history.ts';
import { type Limit, limitsOf } from '../limits.ts';
import type { ComparisonRecord, Measured } from '../record.ts';
import { type Scenario, scenarios } from '../scenarios.ts';
import { about } from './contestants.ts';
import { introduction, measuring } from './texts.ts';
import { plotOf } from './plot.ts';

/** What the harness itself makes of load on a processor, generously. */
const mostLoadOfOwn = 2;
/** Runs that the page lists, the newest first. */
const shownRecords = 10;

/** The page and its pictures, by their paths from docs/. Throws where nothing was recorded yet. */
export function pagesOf(history: History): ReadonlyMap<string, string> {
  const [newest] = history.comparisons;
  if (newest === undefined) throw new Error('no record in bench/history: run npm run performance');
  const comparisons = comparisonsOf(newest);
  const shown = scenarios.filter(({ name }) => newest.measured.some(({ scenario }) => scenario === name));
  const sections = [
    introduction,
    recordText(newest),
    winners(comparisons),
    limitsText(limitsOf(newest, history.idle), history),
    ...shown.map((scenario) => scenarioText(scenario, newest)),
    takingPart(newest),
    measuring,
    historyText(history.comparisons),
  ];
  const pictures = shown.map((scenario) => [pictureOf(scenario), plot(scenario, newest)] as const);
  return new Map([['performance.md', `${sections.join('\n\n')}\n`], ...pictures]);
}

function recordText({ at, commit, modified, machine }: ComparisonRecord): string {
  const { processors, model, memory_gib: memory, os, node, load_before: before, load_after: after } = machine;
  const load = `load average ${before[0]} before the first sample and ${after[0]} after the last one`;
  const isBusy = Math.max(before[0] ?? 0, after[0] ?? 0) > mostLoadOfOwn * processors;
  const busy = isBusy
    ? ' **The machine had other work at the same time**: ratios are less steady than on one that has none.'
    : '';
  return `Measured ${at.slice(0, 16).replace('T', ' ')} UTC at commit \`${commit}\`${modified ? ', with changes' : ''}, on ${processors} processors (${model}), ${memory} GiB, ${os}, Node ${node}; ${load}.${busy}`;
}

function winners(comparisons: readonly Comparison[]): string {
  const lost = comparisons.filter(({ outcome }) => outcome !== 'won');
  const won = comparisons.filter(({ outcome }) => outcome === 'won');
  const heads = ['what', 'Waterflow', 'peer', 'Waterflow to peer', 'single rounds', 'bound'];
  return [
    '## Where a peer wins',
    '',
    lost.length === 0
      ? 'Nowhere in this run.'
      : 'The ratio is what Waterflow costs, in time or memory, as a multiple of what the peer does; of rates, the peer’s as a multiple of Waterflow’s. The worst come first.',
    ...(lost.length === 0
      ? []
      : [
          '',
          ...table(
            [...heads, 'why'],
            lost.map((one) => [...cellsOf(one), one.bound.reason ?? 'not known yet']),
          ),
        ]),
    '',
    '## Where Waterflow wins',
    '',
    ...(won.length === 0 ? ['Nowhere in this run.'] : table(heads, won.map(cellsOf))),
  ].join('\n');
}

function cellsOf(comparison: Comparison): readonly string[] {
  const { scenario, contestant, peer, median, peerMedian, ratio, range, bound, outcome } = comparison;
  return [
    scenario.title,
    `${quantity(median, scenario.unit)}${contestant === 'Waterflow' ? '' : ' (on Temporal)'}`,
    `${peer}: ${quantity(peerMedian, scenario.unit)}`,
    `**${factor(ratio)}**`,
    `${factor(range[0])} to ${factor(range[1])}`,
    `${factor(bound.most)}${outcome === 'exceeded' ? ' (**exceeded**)' : ''}`,
  ];
}

function limitsText(limits: readonly Limit[], { idle }: History): string {
  const rows = limits.map(({ what, measured, most, unit, kept }) => [
    what,
    quantity(measured, unit),
    `${most} ${unit}`,
    kept ? 'kept' : '**missed**',
  ]);
  const of =
    idle === undefined
      ? 'The servers that have nothing to do for ten minutes were not measured yet.'
      : `Of the servers with nothing to do the record is of ${idle.at.slice(0, 10)}, commit \`${idle.commit}\`. Counted is the process that serves; the comparison has its launcher and its sandboxes, too, where it looked at memory.`;
  return ['## Limits', '', ...table(['what', 'measured', 'at most', ''], rows), '', of].join('\n');
}

function scenarioText(scenario: Scenario, record: ComparisonRecord): string {
  const of = measuredIn(scenario, record);
  const rows = of.map(({ contestant, samples }) => [
    ours.includes(contestant) ? `**${contestant}**` : contestant,
    ...(['p50', 'min', 'max'] as const).map((statistic) => quantity(statisticOf(samples, statistic), scenario.unit)),
    String(samples.length),
  ]);
  const absent = record.absent.filter(({ scenario: name }) => name === scenario.name);
  return [
    `## ${scenario.title}`,
    '',
    scenario.work,
    '',
    `![${scenario.title}: medians](${pictureOf(scenario)})`,
    '',
    ...table(['who', 'median', 'least', 'most', 'samples'], rows),
    ...(absent.length === 0
      ? []
      : ['', `Not here: ${absent.map(({ contestant, reason }) => `${contestant} (${reason})`).join('; ')}.`]),
  ].join('\n');
}

function plot(scenario: Scenario, record: ComparisonRecord): string {
  const bars = measuredIn(scenario, record).map(({ contestant, samples }) => {
    const value = statisticOf(samples, 'p50');
    return { name: contestant, value, text: quantity(value, scenario.unit), own: ours.includes(contestant) };
  });
  const hint = `median, ${scenario.unit}; ${scenario.better === 'lower' ? 'shorter' : 'longer'} is better`;
  return plotOf(scenario.title, hint, bars);
}

/** The best one first. */
function measuredIn(scenario: Scenario, { measured }: ComparisonRecord): readonly Measured[] {
  const sign = scenario.better === 'lower' ? 1 : -1;
  return measured
    .filter((one) => one.scenario === scenario.name)
    .toSorted((left, right) => sign * (statisticOf(left.samples, 'p50') - statisticOf(right.samples, 'p50')));
}

function takingPart({ contestants, absent }: ComparisonRecord): string {
  const rows = contestants.map(({ name, version }) => [name, version, about[name]?.is ?? '', about[name]?.lacks ?? '']);
  const missing = absent.filter(({ scenario }) => scenario === undefined);
  return [
    '## Who takes part, and what each doesn’t do',
    '',
    'Waterflow records each step durably before the next one begins, runs it in a sandbox, and writes what its host calls did to the audit log. Whoever does less has less to do:',
    '',
    ...table(['who', 'version', 'as what', 'does not have'], rows),
    '',
    missing.length === 0
      ? 'Nobody was absent.'
      : `Absent: ${missing.map(({ contestant, reason }) => `${contestant} (${reason})`).join('; ')}.`,
  ].join('\n');
}

function historyText(records: readonly ComparisonRecord[]): string {
  const rows = records.slice(0, shownRecords).map((record) => {
    const comparisons = comparisonsOf(record);
    const count = (outcome: Comparison['outcome']): string =>
      String(comparisons.filter((one) => one.outcome === outcome).length);
    const { commit, modified, machine } = record;
    const load = `${machine.load_before[0]} to ${machine.load_after[0]}`;
    return [
      record.at.slice(0, 16).replace('T', ' '),
      `\`${commit}\`${modified ? ' and changes' : ''}`,
      `${machine.processors} x ${machine.model}`,
      load,
      count('won'),
      count('lost'),
      count('exceeded'),
    ];
  });
  const heads = ['when', 'commit', 'machine', 'load', 'won', 'lost, within the bound', 'beyond it'];
  return [
    '## The runs so far',
    '',
    'Each is a file in `bench/history/`, with every sample.',
    '',
    ...table(heads, rows),
  ].join('\n');
}

function pictureOf({ name }: Scenario): string {
  return `performance/${name}.svg`;
}

function factor(ratio: number): string {
  return `${ratio.toFixed(ratio >= 10 ? 0 : 2)}x`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}
