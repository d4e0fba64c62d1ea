import {
  type CallExplanation,
  type Change,
  callExplanationToJson,
  explainCall,
  type LayerVerdict,
  parseCallText,
} from '../../runtime/grants/index.ts';
import type { JsonObject, WaterflowError } from '../../schemas/index.ts';
import { assertNever } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { requestOfStep, type Site, type SitedStep } from '../composition/explain-step.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderError } from '../report/error.ts';
import { changeInWords } from '../report/least-change.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** What the call is looked at under. */
interface CallOptions {
  readonly site: Site;
  readonly steps: readonly (SitedStep & { readonly place: string })[];
  readonly json?: boolean;
}

/** One step and the call, or why there is no grant to ask. */
interface AskedStep {
  readonly place: string;
  readonly uses: string;
  readonly plugin: string;
  readonly unknown: readonly string[];
  readonly result: CallExplanation | WaterflowError;
}

/** Whether each of the steps may make the call, which entries decided, and the least that would allow it. Exit 1 where one may not. */
export async function explainCallOfSteps(terminal: Terminal, text: string, options: CallOptions): Promise<number> {
  const parsed = parseCallText(text);
  if ('problem' in parsed) throw usageError(`--call: ${parsed.problem}`, parsed.remedy);
  const asked: AskedStep[] = [];
  for (const step of options.steps) {
    const { uses, kind } = step.step;
    if (kind !== 'plugin') continue;
    const requested = await requestOfStep(options.site, step);
    if ('error' in requested) {
      asked.push({ place: step.place, uses, plugin: uses, unknown: [], result: requested.error });
      continue;
    }
    const { unknown, request } = requested;
    const explained = explainCall(request, parsed.call);
    const result = 'error' in explained ? explained.error : explained.explanation;
    asked.push({ place: step.place, uses, plugin: request.plugin.identity.name, unknown, result });
  }
  if (asked.length === 0) {
    throw usageError('that step is carried out by the engine, and makes no calls', 'Name a step that uses a plugin.');
  }
  if (options.json) terminal.stdout.write(`${plainJson({ steps: asked.map(toJson) })}\n`);
  else terminal.stdout.write(render(asked, text, createStyle({ colours: terminal.stdout.colours })));
  const allowed = asked.every(({ result }) => 'decision' in result && result.decision === 'allowed');
  return allowed ? exitCodes.ok : exitCodes.failed;
}

function toJson({ place, uses, unknown, result }: AskedStep): JsonObject {
  const head = { step: place, uses, unknown_inputs: [...unknown] };
  if (!('decision' in result)) return { ...head, error: { ...result } };
  return { ...head, ...callExplanationToJson(result) };
}

type Style = ReturnType<typeof createStyle>;

function render(asked: readonly AskedStep[], text: string, style: Style): string {
  const blocks = asked.map((step) =>
    [
      `${style.bold(plainLine(step.place))} uses ${plainLine(step.uses)}: ${plainLine(text)}`,
      ...('decision' in step.result
        ? renderCall(step, step.result, style)
        : renderError(step.result, createStyle({ colours: false })).map((line) => `  ${line}`)),
      ...(step.unknown.length === 0 ? [] : [`  known only when the run starts: ${step.unknown.join(', ')}`]),
    ].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\nThis is advisory: the policy of the agent that runs a step decides.\n`;
}

function renderCall(step: AskedStep, explanation: CallExplanation, style: Style): readonly string[] {
  const { decision, layers, changes, call } = explanation;
  const verdict = decision === 'allowed' ? style.status('success', 'allowed') : style.status('failure', 'denied');
  const note = laterChecks[call.capability];
  return [
    `  ${verdict}${layers.length === 0 ? `: ${call.capability} is always there` : ''}`,
    ...layers.flatMap(renderVerdict),
    ...(decision === 'allowed' && note !== undefined ? [`  ${note}`] : []),
    ...(changes.length === 0 ? [] : ['', '  The least that would allow it:']),
    ...changes.flatMap((change) => renderChange(step, change)),
  ];
}

/** What only shows when the call is made. */
const laterChecks: Readonly<Record<string, string>> = {
  net: 'When it is made, the address of the host is looked at too: a private one needs `private: true` in every layer.',
  exec: 'When it is made, the program is looked up: every layer that names one must mean the same file.',
};

function renderVerdict(verdict: LayerVerdict): readonly string[] {
  const head = `    ${verdict.layer.padEnd(8)} ${verdict.verdict.padEnd(7)}`;
  switch (verdict.verdict) {
    case 'allows':
    case 'forbids':
      return verdict.rules.map(({ place, says }) => plainLine(`${head} ${says}  [${place}]`));
    case 'refuses':
      return [plainLine(`${head} ${verdict.why}  [${verdict.place}]`)];
    default:
      return assertNever(verdict);
  }
}

function renderChange(step: AskedStep, change: Change): readonly string[] {
  const { todo, lines } = changeInWords(change, step);
  return [`    ${change.layer} (${plainLine(change.place)}): ${todo}`, ...lines.map((line) => `      ${line}`)];
}
