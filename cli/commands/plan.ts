import type { Plan, PlannedBody, PlannedJob, PlannedStep, StrategyPlan, Template } from '../../schemas/index.ts';
import { nextStarts } from '../../dsl/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';

/** Shows what a workflow file would run: jobs in waves with their steps, the plan as JSON, or a Mermaid flowchart. */
export async function plan(
  terminal: Terminal,
  file: string,
  options: { readonly json?: boolean; readonly mermaid?: boolean },
): Promise<number> {
  const compiled = await compileFile(terminal, file);
  // Stdout is one JSON document: where there is one to print, warnings are for people.
  printDiagnostics(terminal, [compiled], { json: options.json === true && compiled.plan === undefined });
  if (compiled.plan === undefined) return exitCodes.usage;
  terminal.stdout.write(render(compiled.plan, { ...options, now: new Date(terminal.now()) }));
  return exitCodes.ok;
}

function render(
  plan: Plan,
  options: { readonly json?: boolean; readonly mermaid?: boolean; readonly now: Date },
): string {
  if (options.json) return `${JSON.stringify(plan)}\n`;
  // Names and expressions are the file's.
  return `${(options.mermaid ? renderMermaid(plan) : renderText(plan, options.now)).map(plainLine).join('\n')}\n`;
}

function renderText(plan: Plan, now: Date): readonly string[] {
  const lines = [`${plan.name} (${plan.file})`];
  for (const [name, input] of Object.entries(plan.inputs)) {
    const facts = [
      input.type,
      input.required ? 'required' : undefined,
      input.default === undefined ? undefined : `default ${JSON.stringify(input.default)}`,
    ];
    lines.push(`input ${name}: ${facts.filter((fact) => fact !== undefined).join(', ')}`);
  }
  for (const schedule of plan.triggers?.schedules ?? []) {
    const [next] = nextStarts(schedule, { after: now, count: 1 });
    const start = next === undefined ? '' : `; next ${next.toISOString().replace(':00.000Z', 'Z')}`;
    lines.push(`schedule ${schedule.cron} ${schedule.timezone}: ${schedule.overlap} while a run goes on${start}`);
  }
  if (plan.triggers?.webhook !== undefined) lines.push(`webhook: signed with ${plan.triggers.webhook.secret}`);
  waves(plan).forEach((jobs, index) => {
    lines.push('', `wave ${index + 1}`);
    for (const job of jobs) lines.push(...renderJob(job));
  });
  return lines;
}

function renderJob(job: PlannedJob): readonly string[] {
  const facts = [
    job.calls === undefined ? `on ${show(job.runs_on)}` : `calls ${job.calls.workflow}`,
    ...(job.needs.length > 0 ? [`needs ${job.needs.join(', ')}`] : []),
    ...(job.strategy === undefined ? [] : [`matrix of ${axesOf(job.strategy)}`]),
    ...(job.if === undefined ? [] : [`if ${job.if.expression.source}`]),
  ];
  return [`  ${job.id}: ${facts.join('; ')}`, ...job.steps.flatMap((step) => renderStep(step, '    '))];
}

function axesOf({ whole_matrix: whole, matrix }: StrategyPlan): string {
  return whole === undefined ? matrix.map(([axis]) => axis).join(' x ') || 'include' : show(whole);
}

function renderStep(step: PlannedStep, indent: string): readonly string[] {
  const label = step.name === undefined ? '' : ` ${show(step.name)}`;
  const condition = step.if === undefined ? '' : `; if ${step.if.expression.source}`;
  const line = `${indent}${step.key}: ${step.uses}${label}${condition}`;
  return step.body === undefined ? [line] : [line, ...renderBody(step.body, `${indent}  `)];
}

function renderBody(body: PlannedBody, indent: string): readonly string[] {
  const inside = (steps: readonly PlannedStep[]): readonly string[] =>
    steps.flatMap((step) => renderStep(step, `${indent}  `));
  switch (body.kind) {
    case 'if': {
      const then = [`${indent}then, if ${body.condition.expression.source}`, ...inside(body.then)];
      return body.else.length === 0 ? then : [...then, `${indent}else`, ...inside(body.else)];
    }
    case 'for-each':
      return [`${indent}each of ${show(body.items)}, ${show(body.concurrency)} at once`, ...inside(body.steps)];
    default:
      return assertNever(body);
  }
}

/** Jobs that may start together: each after all that it needs. The plan has no cycles. */
function waves(plan: Plan): readonly (readonly PlannedJob[])[] {
  const depth = new Map<string, number>();
  const byId = new Map(plan.jobs.map((job) => [job.id, job]));
  const depthOf = (id: string): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    const needs = byId.get(id)?.needs ?? [];
    const found = needs.length === 0 ? 0 : 1 + Math.max(...needs.map(depthOf));
    depth.set(id, found);
    return found;
  };
  const result: PlannedJob[][] = [];
  for (const job of plan.jobs) (result[depthOf(job.id)] ??= []).push(job);
  return result;
}

function renderMermaid(plan: Plan): readonly string[] {
  // Mermaid reads `end` and some punctuation as syntax in ids, so nodes are numbered and names stand in quoted labels.
  const index = new Map(plan.jobs.map((job, position) => [job.id, `job${position}`]));
  const label = (text: string): string => text.replaceAll('"', '#quot;');
  return [
    'flowchart LR',
    ...plan.jobs.map((job) => `  ${index.get(job.id)}["${label(job.id)}"]`),
    ...plan.jobs.flatMap((job) => job.needs.map((need) => `  ${index.get(need)} --> ${index.get(job.id)}`)),
  ];
}

/** A template as the file has it. */
function show(template: Template): string {
  switch (template.kind) {
    case 'literal':
      return typeof template.value === 'string' ? template.value : JSON.stringify(template.value);
    case 'expression':
      return `\${{ ${template.expression.source} }}`;
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : `\${{ ${part.source} }}`)).join('');
    case 'array':
      return `[${template.items.map(show).join(', ')}]`;
    case 'object':
      return `{ ${template.entries.map(([key, value]) => `${key}: ${show(value)}`).join(', ')} }`;
    default:
      return assertNever(template);
  }
}
