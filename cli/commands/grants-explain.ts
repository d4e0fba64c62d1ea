import { dirname, resolve } from 'node:path';
import { evaluateTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import { allJobs, allSteps, type CalledJob, resolveInputs } from '../../dsl/index.ts';
import {
  computeGrant,
  explain,
  explanationToJson,
  type GrantExplanation,
  renderExplanation,
} from '../../runtime/grants/index.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type Permissions,
  type PlannedPermissions,
  type PlannedStep,
  type Template,
  type WaterflowError,
} from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { openPolicy } from '../composition/policy.ts';
import { exitCodes } from '../exit-codes.ts';
import { createStyle } from '../report/style.ts';
import { renderError } from '../report/error.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checkApprovals } from './approvals.ts';
import { compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { parsePairs } from './pairs.ts';

/** `waterflow grants explain`'s options. */
export interface ExplainOptions {
  readonly step?: string;
  readonly input: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly json?: boolean;
}

interface ExplainedStep {
  readonly place: string;
  readonly uses: string;
  /** Inputs whose value only a run knows, so that entries that depend on them are open. */
  readonly unknown: readonly string[];
  readonly result: GrantExplanation | WaterflowError;
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
  const unused = checkApprovals(options.approve, { plan: compiled.plan, cwd: terminal.cwd, workflowFolder });
  if (unused !== undefined) throw unused;
  const resolved = resolveInputs(compiled.plan, given);
  const site: Site = {
    plugins: openPlugins(terminal, options.approve),
    policy: openPolicy(terminal, options.policy),
    workflowFolder,
    // Without all inputs, what depends on them stays open.
    inputs: 'inputs' in resolved ? resolved.inputs : given,
  };
  const steps = Array.from(allJobs(compiled.plan), (called) =>
    Array.from(allSteps(called.job), ({ key, step }) => ({ called, step, key, place: `${called.key}/${key}` })),
  ).flat();
  const chosen = options.step === undefined ? steps : steps.filter(({ place }) => place === options.step);
  if (chosen.length === 0) {
    throw usageError(
      `there is no step ${options.step ?? ''}`,
      `Steps are named job/step: ${steps.map(({ place }) => place).join(', ')}.`,
    );
  }
  const explained: ExplainedStep[] = [];
  for (const { place, ...chosenStep } of chosen) {
    const { kind, uses } = chosenStep.step;
    if (kind === 'plugin') explained.push({ place, uses, ...(await explainStep(site, chosenStep)) });
  }
  terminal.stdout.write(options.json ? `${JSON.stringify(toJson(explained))}\n` : renderSteps(explained, terminal));
  return exitCodes.ok;
}

interface Site {
  readonly plugins: PluginCatalogue;
  readonly policy: Policy;
  readonly workflowFolder: AbsolutePath;
  /** Of the root workflow. */
  readonly inputs: JsonObject;
}

async function explainStep(
  site: Site,
  { called, step, key }: { readonly called: CalledJob; readonly step: PlannedStep; readonly key: string },
): Promise<Pick<ExplainedStep, 'unknown' | 'result'>> {
  const resolved = await site.plugins.resolve(step.uses, site.workflowFolder);
  if ('error' in resolved) return { unknown: [], result: resolved.error };
  const workflowInputs = inputsOf(called, site.inputs);
  const { known, unknown } = knownInputs(step.with, workflowInputs);
  const inputs = { ...defaultsOf(resolved.plugin.manifest, { but: unknown }), ...known };
  const layers = [
    ...[...called.callers, called].flatMap((around) => {
      const inputsAround = inputsOf(around, site.inputs);
      return [
        layerOf('workflow', around.plan.permissions, inputsAround),
        layerOf('job', around.job.permissions, inputsAround),
      ];
    }),
    layerOf('step', step.permissions, workflowInputs),
  ].filter((layer) => layer !== undefined);
  const granted = computeGrant({
    plugin: resolved.plugin,
    policy: site.policy,
    layers,
    inputs,
    subject: { tenant: 'default', workflow: called.plan.name, job: called.key, step: key },
  });
  return { unknown, result: 'error' in granted ? granted.error : explain(granted.grant) };
}

/** The inputs of the workflow that a job stands in, as far as its callers say them before anything runs. */
function inputsOf({ plan, callers }: CalledJob, root: JsonObject): JsonObject {
  const caller = callers.at(-1);
  const call = caller?.job.calls;
  if (caller === undefined || call === undefined) return root;
  const { known, unknown } = knownInputs(call.with, inputsOf(caller, root));
  const declared = Object.entries(plan.inputs).filter(([name]) => !unknown.includes(name));
  const resolved = resolveInputs({ ...plan, inputs: Object.fromEntries(declared) }, known);
  return 'inputs' in resolved ? resolved.inputs : known;
}

/** What the agent fills in where a step gives nothing. */
function defaultsOf(manifest: PluginManifest, { but }: { readonly but: readonly string[] }): JsonObject {
  const defaults: [string, Json][] = [];
  for (const [name, schema] of Object.entries(manifest.inputs ?? {})) {
    // A manifest is JSON: it was read from a file.
    if (Object.hasOwn(schema, 'default') && !but.includes(name)) defaults.push([name, schema['default'] as Json]);
  }
  return Object.fromEntries(defaults);
}

function knownInputs(
  template: Template,
  inputs: JsonObject,
): { readonly known: JsonObject; readonly unknown: readonly string[] } {
  if (template.kind === 'literal') return { known: isJsonObject(template.value) ? template.value : {}, unknown: [] };
  if (template.kind !== 'object') return { known: {}, unknown: [] };
  const known: [string, JsonObject[string]][] = [];
  const unknown: string[] = [];
  for (const [name, value] of template.entries) {
    const evaluated = evaluateKnown(value, inputs);
    if (evaluated === undefined) unknown.push(name);
    else known.push([name, evaluated.value]);
  }
  return { known: Object.fromEntries(known), unknown };
}

/** The value of a template that reads nothing but inputs that are known. */
function evaluateKnown(template: Template, inputs: JsonObject): { readonly value: JsonObject[string] } | undefined {
  const readable = referencesOf(template).every(
    ([context, name]) => context === 'inputs' && name !== undefined && Object.hasOwn(inputs, name),
  );
  if (!readable) return undefined;
  const evaluated = evaluateTemplate(template, { contexts: { inputs } });
  return 'ok' in evaluated ? { value: evaluated.ok } : undefined;
}

/** A layer whose entries a run must still compute is shown as one that gives nothing yet. */
function layerOf(
  layer: PermissionLayer['layer'],
  planned: PlannedPermissions | undefined,
  inputs: JsonObject,
): PermissionLayer | undefined {
  if (planned === undefined) return undefined;
  const evaluated = evaluateKnown(planned.entries, inputs);
  // The reader checked that it is an object of lists of entries.
  const permissions = (evaluated?.value ?? {}) as Permissions;
  return { layer, permissions, at: planned.at };
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
      `${style.bold(place)} uses ${uses}`,
      ...[body.trimEnd(), ...open]
        .join('\n')
        .split('\n')
        // Reasons and patterns are the plugin's own words.
        .map((line) => `  ${plainLine(line)}`.trimEnd()),
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n\nThis is advisory: the policy of the agent that runs a step decides.\n`;
}
