import { dirname, resolve } from 'node:path';
import { allJobs, allSteps, resolveInputs } from '../../dsl/index.ts';
import { explanationToJson, renderExplanation } from '../../runtime/grants/index.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { explainStep, type Site, type StepGrant } from '../composition/explain-step.ts';
import { openPlugins } from '../composition/plugins.ts';
import { openPolicy } from '../composition/policy.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderError } from '../report/error.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checkApprovals } from './approvals.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { explainCallOfSteps } from './explain-call.ts';
import { parsePairs } from './pairs.ts';

/** `waterflow grants explain`'s options. */
export interface ExplainOptions {
  readonly step?: string;
  readonly input: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly json?: boolean;
  /** A call to look at, as `net GET https://…`. */
  readonly call?: string;
}

interface ExplainedStep extends StepGrant {
  readonly place: string;
  readonly uses: string;
}

/**
 * Shows for each plugin step what is requested, what each layer allows and what holds. It is advisory: the policy of the
 * agent that runs the step decides, over the inputs of that moment.
 */
export async function explainGrants(terminal: Terminal, file: string, options: ExplainOptions): Promise<number> {
  const compiled = await compileFile(terminal, file);
  // Stdout is one JSON document: where there is one to print, warnings are for people.
  printDiagnostics(terminal, [compiled], { json: options.json === true && compiled.plan === undefined });
  if (compiled.plan === undefined) return exitCodes.usage;
  const given = parsePairs('--input', options.input);
  const workflowFolder = dirname(resolve(terminal.cwd, file)) as AbsolutePath; // resolve() gives an absolute path.
  const unused = await checkApprovals(terminal, options.approve, { plan: compiled.plan, workflowFolder });
  if (unused !== undefined) throw unused;
  const resolved = resolveInputs(compiled.plan, given);
  const site: Site = {
    plugins: openPlugins(terminal, options.approve),
    policy: openPolicy(terminal, options.policy),
    workflowFolder,
    // Without all inputs, what depends on them stays open.
    inputs: 'inputs' in resolved ? resolved.inputs : given,
    at: terminal.now(),
  };
  const steps = Array.from(allJobs(compiled.plan), (called) =>
    Array.from(allSteps(called.job), ({ key, step }) => ({ called, step, key, place: `${called.key}/${key}` })),
  ).flat();
  const chosen = options.step === undefined ? steps : steps.filter(({ place }) => isNamed(place, options.step));
  if (chosen.length === 0) {
    throw usageError(
      `there is no step ${options.step ?? ''}`,
      `Steps are named job/step: ${steps.map(({ place }) => place).join(', ')}.`,
    );
  }
  if (options.call !== undefined)
    return await explainCallOfSteps(terminal, options.call, { site, steps: chosen, ...options });
  const explained: ExplainedStep[] = [];
  for (const { place, ...chosenStep } of chosen) {
    const { kind, uses } = chosenStep.step;
    if (kind === 'plugin') explained.push({ place, uses, ...(await explainStep(site, chosenStep)) });
  }
  terminal.stdout.write(options.json ? `${plainJson(toJson(explained))}\n` : renderSteps(explained, terminal));
  return exitCodes.ok;
}

/** By its whole name, or by the last part of it. */
function isNamed(place: string, name: string | undefined): boolean {
  return place === name || place.endsWith(`/${name ?? ''}`);
}

function toJson(steps: readonly ExplainedStep[]): JsonObject {
  return {
    steps: steps.map(({ place, uses, unknown, result }) => ({
      step: place,
      uses,
      unknown_inputs: unknown,
      ...('capabilities' in result ? { grant: explanationToJson(result) } : { error: { ...result } }),
    })),
  };
}

/** Bodies lose every control character, colours included. */
const plainStyle = createStyle({ colours: false });

/** A plugin beside the workflow that nobody has approved, and that the policy refuses something. */
function needsApproval(result: ExplainedStep['result']): boolean {
  if (!('capabilities' in result) || result.plugin.origin !== 'local') return false;
  return result.capabilities.some(
    ({ verdict, layers }) =>
      verdict === 'refused' && layers.some(({ layer, rules }) => layer === 'policy' && rules.length === 0),
  );
}

function renderSteps(steps: readonly ExplainedStep[], terminal: Terminal): string {
  const style = createStyle({ colours: terminal.stdout.colours });
  const blocks = steps.map(({ place, uses, unknown, result }) => {
    const body = 'capabilities' in result ? renderExplanation(result) : renderError(result, plainStyle).join('\n');
    const open = unknown.length === 0 ? [] : [`known only when the run starts: ${unknown.join(', ')}`];
    if (needsApproval(result)) open.push(`the policy may give it more once it is approved: --approve ${uses}`);
    return [
      `${style.bold(plainLine(place))} uses ${plainLine(uses)}`,
      ...[body.trimEnd(), ...open]
        .join('\n')
        .split('\n')
        // Reasons and patterns are the plugin's own words.
        .map((line) => `  ${plainLine(line)}`.trimEnd()),
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n\nThis is advisory: the policy of the agent that runs a step decides.\n`;
}
