import type { JsonObject } from '../../schemas/index.ts';
import type { WebhookRow } from '../../storage/records/port.ts';
import { nextCursor, readCursor } from '../http/page-cursor.ts';
import type { ApiRequest, ApiResponse, Route, Schema } from '../http/route.ts';
import { answerIn, createdAnswer, idempotencyKey, onceOnly, removedSince, replayedHeader } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { pageOfList } from '../schedules/pages.ts';
import { tenantOfList, tenantOfNew } from '../schedules/tenants.ts';
import { timeText } from '../schedules/views.ts';
import { createReceiver, type Received } from '../webhooks/delivery.ts';
import {
  changeWebhook,
  findWebhook,
  type MadeWebhook,
  makeWebhook,
  type NewWebhook,
  noWebhook,
  type WebhookChanges,
  type WebhookParts,
} from '../webhooks/operations.ts';
import { createSealer } from '../webhooks/seal.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';
import { pageOf, pageQuery } from './schedules-schemas.ts';
import { webhookIdSchema } from './webhooks-schemas.ts';

const tag = 'Webhooks';
const path = '/v1/webhooks';
const onePath = '/v1/webhooks/{id}';
const params = { id: webhookIdSchema } as const;
/** As large as bodies that GitHub and others send are. */
const mostDeliveredBytes = 1024 * 1024;

const body = (schema: Schema) => ({ required: true, content: { 'application/json': { schema, as: 'json' } } }) as const;
const refused = problemResponse(
  'The workflow is wrong, has no `on.webhook`, or needs secrets; `errors` has every problem.',
);

/** Webhooks: making, listing, changing and removing them, and what is sent to them. */
export function webhooksRoutes(parts: ServerParts): readonly Route[] {
  const sealer = createSealer(parts.config.state);
  const tools: WebhookParts & Pick<ServerParts, 'config'> = { ...parts, sealer };
  return [...collection(tools), ...single(tools), delivery(parts, createReceiver(parts, sealer))];
}

type Tools = WebhookParts & Pick<ServerParts, 'config'>;

function collection(tools: Tools): readonly Route[] {
  return [
    {
      method: 'POST',
      path,
      operation: 'createWebhook',
      tag,
      summary: 'Makes a webhook for a workflow with `on.webhook`',
      description:
        'A secret that is made up is in the first answer alone: where the request comes again with its `Idempotency-Key`, the answer is the ' +
        'same without it, and `rotate_secret` gives another.',
      permission: 'webhooks:write',
      headers: { 'idempotency-key': idempotencyKey },
      body: body(reference('NewWebhook')),
      responses: {
        201: {
          ...jsonResponse('The webhook, with its secret where that was made up.', reference('WebhookWithSecret')),
          headers: { Location: { description: 'Where it is.', schema: { type: 'string' } }, ...replayedHeader },
        },
        409: problemResponse(
          'The tenant has a webhook of that name, or too many webhooks; or what the request made before was removed since.',
        ),
        422: refused,
      },
      handle: (request) => create(tools, request),
    },
    {
      method: 'GET',
      path,
      operation: 'listWebhooks',
      tag,
      summary: 'The webhooks, oldest first',
      permission: 'webhooks:read',
      query: pageQuery,
      responses: { 200: jsonResponse('A page of them.', pageOf('webhooks', reference('Webhook'))) },
      handle: (request) => list(tools, request),
    },
  ];
}

function single(tools: Tools): readonly Route[] {
  return [
    {
      method: 'GET',
      path: onePath,
      operation: 'getWebhook',
      tag,
      summary: 'A webhook',
      permission: 'webhooks:read',
      params,
      responses: { 200: jsonResponse('The webhook.', reference('Webhook')) },
      handle: async (request) => {
        const value = webhookView(tools, await found(tools, request));
        return { status: 200, body: { kind: 'json', value } };
      },
    },
    {
      method: 'PATCH',
      path: onePath,
      operation: 'changeWebhook',
      tag,
      summary: 'Pauses, resumes or changes a webhook, or gives it a new secret',
      permission: 'webhooks:write',
      params,
      body: body(reference('WebhookChanges')),
      responses: {
        200: jsonResponse(
          'The webhook as it is now, with its secret where that was made up.',
          reference('WebhookWithSecret'),
        ),
        409: problemResponse('The tenant has another webhook of that name.'),
        422: refused,
      },
      handle: async (request) => {
        // The schema of the body says so.
        const changes = request.body as unknown as WebhookChanges;
        return answerMade(tools, await changeWebhook(tools, await found(tools, request), changes));
      },
    },
    {
      method: 'DELETE',
      path: onePath,
      operation: 'removeWebhook',
      tag,
      summary: 'Removes a webhook',
      description: 'Its runs stay as they are.',
      permission: 'webhooks:write',
      params,
      responses: { 204: { description: 'It is gone.' } },
      handle: async (request) => {
        const { id } = await found(tools, request);
        if (!(await tools.records.webhooks.remove(id))) throw noWebhook();
        return { status: 204 };
      },
    },
  ];
}

function delivery({ clock }: ServerParts, receive: ReturnType<typeof createReceiver>): Route {
  const header = (description: string): Schema => ({ type: 'string', description });
  return {
    method: 'POST',
    path: `${onePath}/deliveries`,
    operation: 'deliverToWebhook',
    tag,
    summary: 'Starts a run of a workflow by a signed request',
    description:
      'Signed by HMAC-SHA-256 with the secret of the webhook: over `<t>.<body>` in `X-Waterflow-Signature: t=<unix seconds>,v1=<hex>`, which ' +
      'holds for 5 minutes, or over the body in `X-Hub-Signature-256` with an `X-GitHub-Delivery`, as GitHub does. A webhook that is not ' +
      'there, one that is paused and a signature that is not good are all answered alike.',
    permission: 'public',
    // No form of ids is told from another here, either.
    params: { id: { type: 'string', minLength: 1, maxLength: 200, description: 'The id of a webhook.' } },
    headers: {
      'x-waterflow-signature': header('`t=<unix seconds>,v1=<hex>`'),
      'x-hub-signature-256': header('`sha256=<hex>`, as GitHub signs.'),
      'x-github-delivery': header('By what a delivery of GitHub that comes again is known.'),
    },
    body: { required: true, content: { '*/*': { schema: {}, as: 'bytes' } }, bytes: mostDeliveredBytes },
    responses: {
      200: jsonResponse('It starts nothing.', reference('SkippedDelivery')),
      202: jsonResponse('A run is started.', reference('AcceptedDelivery')),
      401: problemResponse('It was refused: WEBHOOK_REFUSED.'),
      422: problemResponse('It is signed, but its inputs do not fit the workflow.'),
    },
    handle: async ({ params: { id = '' }, headers, mediaType, body: sent, traceparent }) => {
      // The route takes bytes.
      const bytes = sent as Uint8Array;
      const receivedAt = Math.floor(clock.now());
      return answerReceived(await receive({ webhook: id, headers, body: bytes, receivedAt, mediaType, traceparent }));
    },
  };
}

function answerReceived(received: Received): ApiResponse {
  return received.kind === 'started'
    ? { status: 202, body: { kind: 'json', value: { id: received.run } } }
    : { status: 200, body: { kind: 'json', value: { skipped: true, reason: received.reason } } };
}

function found(tools: Tools, { principal, params }: ApiRequest): Promise<WebhookRow> {
  return findWebhook(tools, principal, params['id'] ?? '');
}

async function create(tools: Tools, request: ApiRequest): Promise<ApiResponse> {
  const { principal } = request;
  // The schema of the body says so.
  const given = request.body as unknown as NewWebhook;
  const { secret, ...content } = given;
  const tenant = tenantOfNew(principal, given.tenant_id);
  const once = onceOnly(tools, request, {
    tenant,
    operation: 'createWebhook',
    content: { ...content, secret: secret !== undefined },
  });
  const before = await once.before();
  if (before !== undefined) return madeBefore(tools, before);
  const made = await makeWebhook(tools, { tenant, by: principal.name, given });
  const { secret: madeUp, ...kept } = madeView(tools, made);
  const other = answerIn(await tools.records.webhooks.add(made.row, once.claimed(kept)));
  if (other !== undefined) return madeBefore(tools, other);
  return madeAnswer(madeUp === undefined ? kept : { ...kept, secret: madeUp }, { replayed: false });
}

function madeAnswer(value: JsonObject, { replayed }: { readonly replayed: boolean }): ApiResponse {
  return createdAnswer(value, { location: `${path}/${idIn(value)}`, replayed });
}

/** 409 where the webhook of the answer of before is gone. */
async function madeBefore({ records }: Tools, answer: JsonObject): Promise<ApiResponse> {
  if ((await records.webhooks.get(idIn(answer))) === undefined) throw removedSince('a webhook');
  return madeAnswer(answer, { replayed: true });
}

function idIn(answer: JsonObject): string {
  // An answer of create().
  return (answer as { readonly id: string }).id;
}

async function list(tools: Tools, { principal, query }: ApiRequest): Promise<ApiResponse> {
  const { limit, cursor, tenant_id } = query;
  const name = typeof query['name'] === 'string' ? query['name'] : undefined;
  const tenant = tenantOfList(principal, typeof tenant_id === 'string' ? tenant_id : undefined);
  const list = ['webhooks', tenant, name ?? null];
  const { rows, next } = pageOfList(await tools.records.webhooks.list(tenant), {
    limit: Number(limit ?? 50),
    cursor: readCursor(cursor, list),
    name,
  });
  const value = {
    webhooks: rows.map((row) => webhookView(tools, row)),
    ...nextCursor(next, list),
  };
  return { status: 200, body: { kind: 'json', value } };
}

function answerMade(tools: Tools, made: MadeWebhook): ApiResponse {
  return { status: 200, body: { kind: 'json', value: madeView(tools, made) } };
}

function madeView(tools: Tools, { row, secret, warnings }: MadeWebhook): JsonObject {
  return {
    ...webhookView(tools, row),
    ...(secret === undefined ? {} : { secret }),
    // Diagnostics are JSON; their interfaces only lack JsonObject's index signature.
    warnings: warnings as unknown as readonly JsonObject[],
  };
}

function webhookView({ config }: Pick<ServerParts, 'config'>, row: WebhookRow): JsonObject {
  const { id, tenant, name, vars, labels, paused, created_at, created_by } = row;
  return {
    id,
    tenant_id: tenant,
    name,
    vars,
    labels,
    paused,
    delivery_url: `${config.publicUrl?.replace(/\/+$/, '') ?? ''}${path}/${id}/deliveries`,
    created_at: timeText(created_at),
    created_by,
  };
}
