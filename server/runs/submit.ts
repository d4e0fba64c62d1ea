import type { Diagnostic, JsonObject, Plan, RunId } from '../../schemas/index.ts';
import type { Submitted } from '../../storage/records/port.ts';
import type { ApiRequest, ApiResponse } from '../http/route.ts';
import { claimMs, idempotencyConflict, idempotencyKeyOf } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { workflowRefused } from '../schedules/read-workflow.ts';
import { tenantOfNew } from '../schedules/tenants.ts';
import { reasonOf } from './failures.ts';
import { agentSecrets, missingSecrets } from './missing-secrets.ts';
import { fingerprintOf, type RunBody, readRunBody } from './request.ts';
import { compileSent } from './sent-workflow.ts';
import type { KeptSource, NewRun } from './submissions.ts';
import { summaryOfPlan } from './summary-of-plan.ts';

/** Carries out POST /v1/workflows. */
export async function submitRun(parts: ServerParts, request: ApiRequest): Promise<ApiResponse> {
  const { records, submissions, clock } = parts;
  const body = readRunBody(request.body);
  const tenant = tenantOfNew(request.principal, body.tenant_id);
  const key = body.dry_run ? undefined : idempotencyKeyOf(request);
  const claim = key === undefined ? undefined : { tenant, key, fingerprint: fingerprintOf(body, tenant) };
  const before = claim === undefined ? undefined : await records.runs.repeated(claim, clock.now());
  if (before !== undefined && before.kind !== 'created') return repeated(parts, before, body);
  if (!body.dry_run) submissions.requireRoom(tenant);
  const compiled = await compileSent(submissions, tenant, body);
  const run = newRun(compiled, { body, tenant, request });
  if (body.dry_run) return dryRun(parts, compiled, run);
  const warnings = await warningsOf(parts, compiled, run);
  const submitted = await submissions.submit(
    run,
    claim && { ...claim, expires_at: Math.floor(clock.now()) + claimMs, answer: (id) => answerOf(id, warnings) },
  );
  switch (submitted.kind) {
    case 'created':
      return created(answerOf(submitted.run, warnings), submitted.run);
    case 'invalid':
      throw workflowRefused(submitted.diagnostics);
    default:
      return repeated(parts, submitted, body);
  }
}

/** 422 where the workflow has no plan. */
function newRun(
  { plan, diagnostics }: KeptSource,
  parts: { readonly body: RunBody; readonly tenant: string; readonly request: ApiRequest },
): NewRun {
  if (plan === undefined) throw workflowRefused(diagnostics);
  const { body, tenant, request } = parts;
  const { principal, traceparent } = request;
  const { inputs, vars, secrets, labels } = body;
  const trace = traceparent === undefined ? {} : { traceparent };
  const origin = { kind: 'api', id: principal.id, by: principal.name, ...trace } as const;
  return { tenant, plan: plan.digest, source: plan.source, inputs, vars, secrets, labels, origin };
}

/**
 * The warnings of a workflow, with those of secrets that it may need. 422 where it can't do without one that wasn't given, together with
 * what is wrong with the inputs.
 */
async function warningsOf(
  parts: Pick<ServerParts, 'submissions' | 'catalogue' | 'log'>,
  { plan, diagnostics }: KeptSource,
  run: NewRun,
): Promise<readonly Diagnostic[]> {
  const lacking =
    plan === undefined ? [] : missingSecrets(plan.content, run.secrets, await agentSecrets(parts, run.tenant));
  const missing = [...lacking, ...(plan === undefined ? [] : await problemsOf(plan.content, parts))];
  if (missing.every(({ severity }) => severity === 'warning')) return [...diagnostics, ...missing];
  const prepared = await parts.submissions.prepare(run);
  const wrong = prepared.kind === 'invalid' ? prepared.diagnostics : [];
  throw workflowRefused([...wrong, ...missing, ...diagnostics]);
}

/** Whoever can't be asked of the agents at the moment doesn't keep a run from waiting for them. */
async function problemsOf(
  plan: Plan,
  { catalogue, log }: Pick<ServerParts, 'catalogue' | 'log'>,
): Promise<readonly Diagnostic[]> {
  try {
    return (await catalogue.problemsOf?.(plan)) ?? [];
  } catch (cause) {
    log.warn('a workflow was not checked against the agents', { reason: reasonOf(cause) });
    return [];
  }
}

async function dryRun(parts: ServerParts, { plan, diagnostics }: KeptSource, run: NewRun): Promise<ApiResponse> {
  const prepared = await parts.submissions.prepare(run);
  if (prepared.kind === 'invalid') throw workflowRefused(prepared.diagnostics);
  if (plan === undefined) throw workflowRefused(diagnostics);
  const { inputs } = prepared.row.request;
  const missing = missingSecrets(plan.content, run.secrets, await agentSecrets(parts, run.tenant));
  const [errors, maybe] = [missing.filter(isError), missing.filter((one) => !isError(one))];
  const warnings = [...diagnostics, ...maybe];
  const summary = summaryOfPlan(plan.content, { digest: plan.digest, inputs, warnings });
  // Diagnostics are JSON; their interfaces only lack JsonObject's index signature.
  const value = { ...summary, errors: errors as unknown as readonly JsonObject[] };
  return { status: 200, body: { kind: 'json', value } };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error';
}

/** Whoever asks again gets the same, whatever became of the run. */
function answerOf(run: RunId, warnings: readonly Diagnostic[]): JsonObject {
  // Diagnostics are JSON; their interfaces only lack JsonObject's index signature.
  return { id: run, workflow_id: run, status: 'queued', warnings: warnings as unknown as readonly JsonObject[] };
}

function created(answer: JsonObject, run: RunId, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return {
    status: 201,
    headers: { Location: `/v1/workflows/${run}`, ...headers },
    body: { kind: 'json', value: answer },
  };
}

/** Whoever has the request has the secrets, too: those that the run has lost it gets again. */
async function repeated(
  { submissions }: ServerParts,
  submitted: Exclude<Submitted, { readonly kind: 'created' }>,
  { secrets }: RunBody,
): Promise<ApiResponse> {
  if (submitted.kind === 'repeated' && (await submissions.repeatedWith(submitted.run, secrets))) {
    return created(submitted.answer, submitted.run, { 'Idempotency-Replayed': 'true' });
  }
  throw idempotencyConflict();
}
