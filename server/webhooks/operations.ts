import { randomBytes } from 'node:crypto';
import { type Diagnostic, type JsonObject, plainLine, WaterflowFailure } from '../../schemas/index.ts';
import type { WebhookRow } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import { HttpProblem } from '../http/problem.ts';
import { newId } from '../ids.ts';
import type { ServerParts } from '../parts.ts';
import type { SentWorkflow } from '../runs/sent-workflow.ts';
import { type ReadWorkflow, readUnattended } from '../schedules/read-workflow.ts';
import { isVisibleTo } from '../schedules/tenants.ts';
import { sealLabel } from './delivery.ts';
import type { Sealer } from './seal.ts';

/** What the operations on webhooks need of a server. */
export interface WebhookParts extends Pick<ServerParts, 'records' | 'submissions' | 'clock' | 'catalogue' | 'log'> {
  readonly sealer: Sealer;
}

interface GivenSettings {
  readonly name?: string;
  readonly vars?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly paused?: boolean;
}

/** The body of a request for a new webhook. */
export interface NewWebhook extends SentWorkflow, GivenSettings {
  readonly tenant_id?: string;
}

/** The body of a request for changes. */
export type WebhookChanges = Partial<SentWorkflow> & GivenSettings & { readonly rotate_secret?: true };

/** A webhook that was made or changed; `secret` is one that was made up for it, and can't be shown again. */
export interface MadeWebhook {
  readonly row: WebhookRow;
  readonly warnings: readonly Diagnostic[];
  readonly secret?: string;
}

/** A tenant has so many webhooks at most. */
const mostWebhooks = 1_000;
const longestName = 200;

/** The webhook that a request asks for, of a workflow with `on.webhook`. 409, 422. */
export async function makeWebhook(
  parts: WebhookParts,
  { tenant, by, given }: { readonly tenant: string; readonly by: string; readonly given: NewWebhook },
): Promise<MadeWebhook> {
  const { records, sealer, clock } = parts;
  const { plan, digest, source, warnings } = await readTriggered(parts, tenant, given);
  if ((await records.webhooks.list(tenant)).length >= mostWebhooks) throw tooMany(tenant);
  const id = newId('whk');
  const secret = given.secret ?? newSecret();
  const row: WebhookRow = {
    id,
    tenant,
    name: (given.name ?? plainLine(plan.name)).slice(0, longestName),
    plan: digest,
    source,
    vars: given.vars ?? {},
    labels: given.labels ?? {},
    sealed_secret: await sealer.seal(secret, sealLabel({ id, tenant })),
    paused: given.paused ?? false,
    created_at: Math.floor(clock.now()),
    created_by: by,
  };
  return { row, warnings, ...(given.secret === undefined ? { secret } : {}) };
}

/** The webhook of that id. NOT_FOUND, in the same words, where there is none and where it is another tenant's. */
export async function findWebhook(
  { records }: Pick<ServerParts, 'records'>,
  principal: Principal,
  id: string,
): Promise<WebhookRow> {
  const row = await records.webhooks.get(id);
  if (row !== undefined && isVisibleTo(principal, row)) return row;
  throw noWebhook();
}

/** As it is where somebody else has removed it meanwhile. */
export function noWebhook(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'NOT_FOUND',
    message: 'there is no webhook of this id',
    remedy: 'List the webhooks with GET /v1/webhooks.',
  });
}

/** Changes a webhook. 404, 422. */
export async function changeWebhook(parts: WebhookParts, row: WebhookRow, given: WebhookChanges): Promise<MadeWebhook> {
  const { workflow, rotate_secret } = given;
  const read = workflow === undefined ? undefined : await readTriggered(parts, row.tenant, { ...given, workflow });
  const madeUp = rotate_secret === true && given.secret === undefined ? newSecret() : undefined;
  const secret = given.secret ?? madeUp;
  const changes = {
    name: given.name ?? row.name,
    vars: given.vars ?? row.vars,
    labels: given.labels ?? row.labels,
    paused: given.paused ?? row.paused,
    plan: read?.digest ?? row.plan,
    ...(read === undefined ? {} : { source: read.source }),
    ...(secret === undefined ? {} : { sealed_secret: await parts.sealer.seal(secret, sealLabel(row)) }),
  };
  if (!(await parts.records.webhooks.update(row.id, changes))) throw noWebhook();
  return {
    row: { ...row, ...changes },
    warnings: read?.warnings ?? [],
    ...(madeUp === undefined ? {} : { secret: madeUp }),
  };
}

async function readTriggered(parts: WebhookParts, tenant: string, sent: SentWorkflow): Promise<ReadWorkflow> {
  const read = await readUnattended(parts, tenant, sent);
  if (read.plan.triggers?.webhook !== undefined) return read;
  throw new HttpProblem(422, {
    code: 'MISSING_KEY',
    message: 'the workflow has no `on.webhook`',
    remedy: 'Add `webhook:` to `on`, with the inputs that its runs take from the request.',
    file: read.plan.file,
    line: 1,
    column: 1,
  });
}

/** 256 bits, as text that goes into any configuration. */
function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function tooMany(tenant: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `tenant ${tenant} has ${mostWebhooks} webhooks already`,
    remedy: 'Remove some with DELETE /v1/webhooks/{id}.',
  });
}
