import { randomBytes } from 'node:crypto';
import { evaluateExpression, evaluateTemplate, isTruthy } from '../../dsl/expressions/index.ts';
import {
  type Digest,
  isJsonObject,
  type Json,
  type JsonObject,
  type Plan,
  type PlannedWebhook,
  type RunId,
  type WaterflowError,
} from '../../schemas/index.ts';
import type { WebhookRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerParts } from '../parts.ts';
import type { NewRun } from '../runs/submissions.ts';
import { workflowRefused } from '../schedules/read-workflow.ts';
import { readDelivered } from './delivered-body.ts';
import { safeHeaders } from './safe-headers.ts';
import type { Sealer } from './seal.ts';
import { type SignedDelivery, type SignedRequest, verify } from './signature.ts';

/** What a delivery needs of a server. */
export type DeliveryParts = Pick<ServerParts, 'records' | 'submissions' | 'log'>;

/** A delivery as it came: nothing of it is to be trusted. */
export interface Delivery extends SignedRequest {
  readonly webhook: string;
  readonly mediaType: string | undefined;
  readonly traceparent: string | undefined;
}

/** `filter`: the workflow doesn't want it; `repeated`: it came before. */
export type Received =
  | { readonly kind: 'started'; readonly run: RunId }
  | { readonly kind: 'skipped'; readonly reason: 'filter' | 'repeated' };

/** Webhooks whose workflows are kept in memory, about. */
const mostTriggers = 1_000;

const webhookId = /^whk_[0-9a-hjkmnp-tv-z]{26}$/;

/** Whose a sealed secret is. */
export function sealLabel({ id, tenant }: Pick<WebhookRow, 'id' | 'tenant'>): string {
  return `webhook ${tenant} ${id}`;
}

/**
 * Takes deliveries. 401 WEBHOOK_REFUSED where there is no such webhook, where it is paused, and where the signature is not good, with the
 * same words and the same work; 400 and 422 only for who has signed.
 */
export function createReceiver(parts: DeliveryParts, sealer: Sealer): (delivery: Delivery) => Promise<Received> {
  const { records, log } = parts;
  const nobody = createNobody(sealer);
  const triggers = createTriggers(parts);
  return async (delivery) => {
    // Other texts are no ids; not every database could even look for them.
    const found = webhookId.test(delivery.webhook) ? await records.webhooks.get(delivery.webhook) : undefined;
    const row = found ?? (await nobody());
    const secret = await sealer.unseal(row.sealed_secret, sealLabel(row));
    const signed = verify(delivery, secret ?? randomBytes(32).toString('hex'));
    if (found === undefined || found.paused || secret === undefined || signed === undefined) {
      log.warn('a delivery was refused', { webhook: delivery.webhook, why: whyNot(found, { secret }) });
      throw refused();
    }
    return take(parts, { row: found, delivery, signed, trigger: await triggers(found) });
  };
}

/** For the log alone. */
function whyNot(found: WebhookRow | undefined, { secret }: { readonly secret: string | undefined }): string {
  if (found === undefined) return 'there is no such webhook';
  if (secret === undefined) return 'its secret was sealed with another key than this server has';
  return found.paused ? 'it is paused' : 'its signature is not good, or too old';
}

/** A webhook that nobody has the secret of, in the place of one that isn't there. */
function createNobody(sealer: Sealer): () => Promise<Pick<WebhookRow, 'id' | 'tenant' | 'sealed_secret'>> {
  const row = { id: '', tenant: '' };
  let sealed: Promise<string> | undefined;
  return async () => {
    sealed ??= sealer.seal(randomBytes(32).toString('base64url'), sealLabel(row));
    try {
      return { ...row, sealed_secret: await sealed };
    } catch (error) {
      sealed = undefined;
      throw error;
    }
  };
}

function refused(): HttpProblem {
  return new HttpProblem(401, {
    code: 'WEBHOOK_REFUSED',
    message: 'the delivery was refused',
    remedy:
      'Sign the exact bytes of the body with the secret of the webhook, and see that the webhook is there and not paused.',
  });
}

interface Signed {
  readonly row: WebhookRow;
  readonly delivery: Delivery;
  readonly signed: SignedDelivery;
  readonly trigger: PlannedWebhook;
}

async function take(
  { records, submissions }: DeliveryParts,
  { row, delivery, signed, trigger }: Signed,
): Promise<Received> {
  const contexts = contextsOf(row, delivery);
  // What isn't wanted isn't remembered: sent again for a workflow that was changed, it may be.
  if (!isWanted(trigger, contexts)) return { kind: 'skipped', reason: 'filter' };
  submissions.requireRoom(row.tenant);
  const prepared = await submissions.prepare(runOfDelivery(row, delivery, inputsOf(trigger, contexts)));
  if (prepared.kind === 'invalid') throw workflowRefused(prepared.diagnostics);
  const remembered = { webhook: row.id, id: signed.id, received_at: delivery.receivedAt, expires_at: signed.expiresAt };
  if ((await records.webhooks.deliver(remembered, prepared.row)) === 'repeated') {
    return { kind: 'skipped', reason: 'repeated' };
  }
  submissions.written(prepared.row);
  return { kind: 'started', run: prepared.row.run };
}

/** What plans say of their webhooks, kept so that a plan isn't read for each delivery. A plan never changes. */
function createTriggers({ records }: Pick<ServerParts, 'records'>): (row: WebhookRow) => Promise<PlannedWebhook> {
  const known = new Map<Digest, PlannedWebhook>();
  return async ({ id, plan }) => {
    const held = known.get(plan);
    if (held !== undefined) return held;
    // putPlan() wrote it.
    const content = (await records.runs.getPlan(plan)) as unknown as Plan | undefined;
    const trigger = content?.triggers?.webhook;
    if (trigger === undefined) throw new Error(`the plan of webhook ${id} has no \`on.webhook\``);
    if (known.size >= mostTriggers) known.clear();
    known.set(plan, trigger);
    return trigger;
  };
}

function contextsOf(row: WebhookRow, { headers, body, mediaType }: Delivery): JsonObject {
  return {
    webhook: { headers: safeHeaders(headers), body: readDelivered(body, mediaType) },
    vars: row.vars,
    tenant: { id: row.tenant },
  };
}

function isWanted({ filter }: PlannedWebhook, contexts: JsonObject): boolean {
  if (filter === undefined) return true;
  const evaluated = evaluateExpression(filter.expression, { contexts });
  if ('error' in evaluated) throw notEvaluated(evaluated.error);
  return isTruthy(evaluated.ok);
}

/** An input for which the request has nothing isn't given: it has its default. */
function inputsOf({ inputs }: PlannedWebhook, contexts: JsonObject): JsonObject {
  const evaluated = evaluateTemplate(inputs, { contexts });
  if ('error' in evaluated) throw notEvaluated(evaluated.error);
  const given: Json = evaluated.ok;
  return isJsonObject(given) ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) : {};
}

function notEvaluated(error: WaterflowError): HttpProblem {
  return new HttpProblem(422, error);
}

function runOfDelivery(row: WebhookRow, { traceparent }: Delivery, inputs: JsonObject): NewRun {
  const origin = { kind: 'webhook', id: row.id, by: row.name } as const;
  return {
    tenant: row.tenant,
    plan: row.plan,
    source: row.source,
    inputs,
    vars: row.vars,
    secrets: {},
    labels: row.labels,
    origin: { ...origin, ...(traceparent === undefined ? {} : { traceparent }) },
  };
}
