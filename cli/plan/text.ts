import type { InputOutline, JobOutline, PlanOutline, SecretOutline } from './api.ts';
import { grantLines } from './grants-text.ts';
import { jobLines } from './job-text.ts';
import { concurrencyWords, known, listed } from './words.ts';

/** The outline of a plan for people, one fact a line. Names and expressions are the file's: the caller makes them plain. */
export function outlineLines(outline: PlanOutline): readonly string[] {
  const { workflow, run_name, concurrency } = outline;
  return [
    `${workflow.name} (${workflow.file}) ${workflow.source}`,
    ...(run_name === undefined ? [] : [`runs are called ${known(run_name)}`]),
    ...Object.entries(outline.inputs).map(([name, input]) => inputLine(name, input, outline)),
    ...startLines(outline),
    ...(concurrency === undefined ? [] : [`one run at a time: ${concurrencyWords(concurrency)}`]),
    ...waveLines(outline.jobs, ''),
    ...section('grants', grantLines(outline.jobs)),
    ...section('plugins', outline.plugins.map(pluginLine)),
    ...section('secrets', outline.secrets.map(secretLine)),
    ...(outline.plugins.length === 0
      ? []
      : ['', 'Grants are advisory: the policy of the agent that runs a step decides.']),
  ];
}

/** The jobs of a workflow in waves; a called one is further in. */
function waveLines(jobs: readonly JobOutline[], indent: string): readonly string[] {
  const waves = new Map<number, JobOutline[]>();
  for (const job of jobs) {
    const wave = waves.get(job.wave);
    if (wave === undefined) waves.set(job.wave, [job]);
    else wave.push(job);
  }
  const ordered = [...waves].sort(([one], [other]) => one - other);
  return ordered.flatMap(([wave, inside]) => [
    '',
    `${indent}wave ${wave}${inside.length > 1 ? `: ${inside.length} jobs together` : ''}`,
    ...inside.flatMap((job) => [
      ...jobLines(job, `${indent}  `),
      ...(job.jobs === undefined ? [] : waveLines(job.jobs, `${indent}    `).slice(1)),
    ]),
  ]);
}

function inputLine(name: string, { type, required, value }: InputOutline, { missing_inputs }: PlanOutline): string {
  const facts = required ? `${type}, required` : type;
  if (missing_inputs.includes(name)) return `input ${name}: ${facts}, missing: what depends on it is shown as ?`;
  return `input ${name}: ${facts}${value === undefined ? '' : `, ${JSON.stringify(value)}`}`;
}

function startLines({ starts }: PlanOutline): readonly string[] {
  const { schedules, webhook } = starts;
  return [
    ...schedules.map(({ cron, timezone, overlap, next }) => {
      const when = next.length === 0 ? 'never' : `next ${next.join(', ')}`;
      return `schedule ${cron} ${timezone}: ${when}; ${overlap} while a run goes on`;
    }),
    ...(webhook === undefined ? [] : [webhookLine(webhook)]),
  ];
}

function webhookLine({ secret, filter }: NonNullable<PlanOutline['starts']['webhook']>): string {
  return `webhook: signed with ${secret}${filter === undefined ? '' : `; if ${filter}`}`;
}

function pluginLine({ name, version, digest, origin, steps }: PlanOutline['plugins'][number]): string {
  return `${name} ${version} (${origin}) ${digest}: ${listed(steps)}`;
}

function secretLine({ name, used_by, required }: SecretOutline): string {
  return `${name}: ${listed(used_by)}; ${required ? 'fails without it' : 'goes on without it'}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
