import { dirname, resolve } from 'node:path';
import { allJobs, allSteps, resolveInputs } from '../../dsl/index.ts';
import { parseScript, type Simulation, simulate } from '../../engine/simulate/index.ts';
import {
  type AbsolutePath,
  type Diagnostic,
  type JsonObject,
  type Plan,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { explainStep, type StepGrant } from '../composition/explain-step.ts';
import { openPlugins } from '../composition/plugins.ts';
import { openPolicy } from '../composition/policy.ts';
import { exitCodes } from '../exit-codes.ts';
import { mermaidLines } from '../plan/mermaid.ts';
import { outlineOf } from '../plan/outline.ts';
import { simulationLines } from '../plan/simulation-text.ts';
import type { GrantsOfSteps } from '../plan/step-outline.ts';
import { outlineLines } from '../plan/text.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { checkApprovals } from './approvals.ts';
import { type CompiledFile, compileFile } from './compile-file.ts';
import { printDiagnostics } from './diagnostics.ts';
import { parsePairs } from './pairs.ts';

/** `waterflow plan`'s options, as the command line gives them. */
export interface PlanOptions {
  readonly input: readonly string[];
  readonly var: readonly string[];
  readonly policy?: string;
  readonly approve: readonly string[];
  readonly json?: boolean;
  readonly mermaid?: boolean;
  readonly simulate?: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * Shows what a workflow file would run with these inputs, as far as it is known before, or with --simulate how a run would go. Required
 * inputs may be missing, but for a simulation; given ones must be right.
 */
export async function plan(terminal: Terminal, file: string, options: PlanOptions): Promise<number> {
  if (options.hosts.length > 0 && options.simulate === undefined) {
    throw usageError('--hosts is for a simulation', "Add --simulate 'TARGET=RESULT,…', or leave --hosts out.");
  }
  const given = parsePairs('--input', options.input);
  const vars = parsePairs('--var', options.var);
  const compiled = await compileFile(terminal, file);
  // Stdout is one JSON document: where there is one to print, warnings are for people.
  printDiagnostics(terminal, [compiled], { json: options.json === true && compiled.plan === undefined });
  if (compiled.plan === undefined) return exitCodes.usage;
  const inputs = knownInputs(compiled.plan, given, { partly: options.simulate === undefined });
  if ('errors' in inputs) {
    printDiagnostics(terminal, [{ ...compiled, diagnostics: inputs.errors }], { json: options.json === true });
    return exitCodes.usage;
  }
  const known = { inputs: inputs.known, openInputs: inputs.missing, vars };
  const grants = await explainSteps(terminal, { ...compiled, plan: compiled.plan }, { options, inputs: inputs.known });
  const simulation =
    options.simulate === undefined
      ? undefined
      : simulateWith(compiled.plan, {
          inputs: inputs.known,
          vars,
          grants,
          simulate: options.simulate,
          hosts: options.hosts,
        });
  const outline = outlineOf({
    plan: compiled.plan,
    known,
    grants,
    now: new Date(terminal.now()),
    ...(simulation === undefined ? {} : { simulation }),
  });
  if (options.json) terminal.stdout.write(`${plainJson(outline)}\n`);
  else if (simulation === undefined) {
    // Names and expressions are the file's.
    const lines = (options.mermaid ? mermaidLines(outline) : outlineLines(outline)).map(plainLine);
    terminal.stdout.write(`${lines.join('\n')}\n`);
  } else {
    const style = createStyle({ colours: terminal.stdout.colours });
    terminal.stdout.write(`${simulationLines(simulation, style).join('\n')}\n`);
  }
  return exitCodes.ok;
}

/** The inputs that are known, with their defaults. `partly`: required ones may be missing; then they are told by name. */
function knownInputs(
  plan: Plan,
  given: Readonly<Record<string, string>>,
  { partly }: { readonly partly: boolean },
): { readonly known: JsonObject; readonly missing: readonly string[] } | { readonly errors: readonly Diagnostic[] } {
  const missing = Object.entries(plan.inputs).flatMap(([name, { required, default: value }]) =>
    partly && required && value === undefined && !Object.hasOwn(given, name) ? [name] : [],
  );
  // Those that are missing would hide what is wrong with those that are given.
  const declared = Object.fromEntries(Object.entries(plan.inputs).filter(([name]) => !missing.includes(name)));
  const resolved = resolveInputs({ ...plan, inputs: declared }, given);
  return 'errors' in resolved ? resolved : { known: resolved.inputs, missing };
}

async function explainSteps(
  terminal: Terminal,
  { file, plan }: CompiledFile & { readonly plan: Plan },
  { options, inputs }: { readonly options: PlanOptions; readonly inputs: JsonObject },
): Promise<GrantsOfSteps> {
  const workflowFolder = dirname(resolve(terminal.cwd, file)) as AbsolutePath; // resolve() gives an absolute path.
  const unused = await checkApprovals(terminal, options.approve, { plan, workflowFolder });
  if (unused !== undefined) throw unused;
  const site = {
    plugins: openPlugins(terminal, options.approve),
    policy: openPolicy(terminal, options.policy),
    workflowFolder,
    inputs,
    at: terminal.now(),
  };
  const grants = new Map<string, StepGrant>();
  for (const called of allJobs(plan)) {
    for (const { key, step } of allSteps(called.job)) {
      if (step.kind === 'plugin') grants.set(`${called.key}/${key}`, await explainStep(site, { called, step, key }));
    }
  }
  return grants;
}

interface SimulatedWith {
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  readonly grants: GrantsOfSteps;
  readonly simulate: readonly string[];
  readonly hosts: readonly string[];
}

function simulateWith(plan: Plan, { inputs, vars, grants, ...text }: SimulatedWith): Simulation {
  const script = parseScript(plan, text);
  if ('error' in script) throw new WaterflowFailure(script.error);
  const timeouts = timeoutsOf(plan, grants);
  const simulation = simulate(plan, { script: script.ok, inputs, vars, timeoutOf: (uses) => timeouts.get(uses) });
  if ('error' in simulation) throw new WaterflowFailure(simulation.error);
  return simulation.ok;
}

/** The timeouts that the manifests of nodes ask for, in ms, by `uses`. */
function timeoutsOf(plan: Plan, grants: GrantsOfSteps): ReadonlyMap<string, number> {
  const timeouts = new Map<string, number>();
  for (const called of allJobs(plan)) {
    for (const { key, step } of allSteps(called.job)) {
      const grant = grants.get(`${called.key}/${key}`);
      if (grant !== undefined && 'limits' in grant.result) timeouts.set(step.uses, grant.result.limits.timeout_ms);
    }
  }
  return timeouts;
}
