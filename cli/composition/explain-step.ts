import { evaluateTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import { type CalledJob, resolveInputs } from '../../dsl/index.ts';
import { permissionLayer } from '../../engine/machine/index.ts';
import { computeGrant, explain, type GrantExplanation, type GrantRequest } from '../../runtime/grants/index.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { Policy } from '../../runtime/policy/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type PlannedPermissions,
  type PlannedStep,
  type Template,
  type WaterflowError,
} from '../../schemas/index.ts';

/** What a step may do, as far as it is known before anything runs. */
export interface StepGrant {
  /** Inputs whose value only a run knows, so that entries that depend on them are open. */
  readonly unknown: readonly string[];
  readonly result: GrantExplanation | WaterflowError;
}

/** What a step's grant is computed from. */
export interface RequestedStep {
  readonly unknown: readonly string[];
  readonly request: GrantRequest;
}

/** A plugin step of a plan. */
export interface SitedStep {
  readonly called: CalledJob;
  readonly step: PlannedStep;
  readonly key: string;
}

/** Where a step's grants are computed. */
export interface Site {
  readonly plugins: PluginCatalogue;
  readonly policy: Policy;
  readonly workflowFolder: AbsolutePath;
  /** Of the root workflow. */
  readonly inputs: JsonObject;
  /** Default: that of runs without a server. */
  readonly tenant?: string;
  /** The moment for which grants are computed, in ms since the epoch. */
  readonly at: number;
}

/** What a plugin step may do; an error where its plugin can't be loaded or the grant can't be computed. */
export async function explainStep(site: Site, step: SitedStep): Promise<StepGrant> {
  const requested = await requestOfStep(site, step);
  if ('error' in requested) return { unknown: [], result: requested.error };
  const computed = computeGrant(requested.request);
  return { unknown: requested.unknown, result: 'error' in computed ? computed.error : explain(computed.grant) };
}

/** What the grant of a plugin step is computed from, as far as its inputs are known. */
export async function requestOfStep(
  site: Site,
  { called, step, key }: SitedStep,
): Promise<RequestedStep | { readonly error: WaterflowError }> {
  const resolved = await site.plugins.resolve(step.uses, site.workflowFolder);
  if ('error' in resolved) return { error: resolved.error };
  const workflowInputs = inputsOf(called, site.inputs);
  const { known, unknown } = knownInputs(step.with, workflowInputs);
  const inputs = { ...defaultsOf(resolved.plugin.manifest, { but: unknown }), ...known };
  const layers = [
    ...[...called.callers, called].flatMap((around) => {
      const inputsAround = inputsOf(around, site.inputs);
      return [
        ...layerOf('workflow', around.plan.permissions, inputsAround),
        ...layerOf('job', around.job.permissions, inputsAround),
      ];
    }),
    ...layerOf('step', step.permissions, workflowInputs),
  ];
  const queue = evaluateKnown(called.job.runs_on, workflowInputs)?.value;
  const request: GrantRequest = {
    plugin: resolved.plugin,
    policy: site.policy,
    layers,
    inputs,
    subject: {
      tenant: site.tenant ?? 'default',
      workflow: called.plan.name,
      job: called.key,
      step: key,
      ...(typeof queue === 'string' ? { queue } : {}),
      at: site.at,
    },
  };
  return { unknown, request };
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
  if (!readsOnly(template, inputs)) return undefined;
  const evaluated = evaluateTemplate(template, { contexts: { inputs } });
  return 'ok' in evaluated ? { value: evaluated.ok } : undefined;
}

function readsOnly(template: Template, inputs: JsonObject): boolean {
  return referencesOf(template).every(
    ([context, name]) => context === 'inputs' && name !== undefined && Object.hasOwn(inputs, name),
  );
}

/** As the engine evaluates it. A layer whose entries a run must still compute is shown as one that gives nothing yet. */
function layerOf(
  layer: PermissionLayer['layer'],
  planned: PlannedPermissions | undefined,
  inputs: JsonObject,
): readonly PermissionLayer[] {
  if (planned === undefined) return [];
  const known = readsOnly(planned.entries, inputs)
    ? permissionLayer(layer, planned, { contexts: { inputs } })
    : undefined;
  return known !== undefined && 'ok' in known ? known.ok : [{ version: 2, layer, entries: {}, at: planned.at }];
}
