import { isJsonObject, type JsonObject, parseDuration } from '../../schemas/index.ts';
import type { KeyRow } from '../../storage/records/port.ts';
import { createKeyHasher } from '../auth/key-hash.ts';
import { keyView } from '../auth/key-view.ts';
import {
  defaultGraceMs,
  findKey,
  issueKeyOnce,
  type KeyTools,
  longestLifetimeMs,
  mostGraceMs,
  revokeKey,
  rotateKey,
} from '../auth/keys.ts';
import type { Principal } from '../auth/principal.ts';
import { forbidden } from '../auth/refusals.ts';
import { allTenants } from '../auth/tenant.ts';
import { meaningless } from '../http/query.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { answerIn, idempotencyKey, onceOnly, replayedHeader } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { keyIdSchema } from './keys-schemas.ts';
import { problemResponse } from './runs-answers.ts';

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const answering = (description: string, schema: JsonObject) =>
  ({ description, content: { 'application/json': { schema } } }) as const;
const taking = (name: string, { required }: { readonly required: boolean }) =>
  ({ required, content: { 'application/json': { schema: ref(name), as: 'json' } } }) as const;
const common = { tag: 'Keys', permission: 'keys:manage' } as const;

/** API keys of a tenant, for its admins. The key itself is in one answer only. */
export function keysRoutes({ records, clock }: Pick<ServerParts, 'records' | 'clock'>): readonly Route[] {
  const tools: KeyTools = { keys: records.keys, hasher: createKeyHasher(), now: () => clock.now() };
  return [listRoute(tools), makeRoute({ ...tools, records, clock }), rotateRoute(tools), revokeRoute(tools)];
}

function listRoute(tools: KeyTools): Route {
  return {
    ...common,
    method: 'GET',
    path: '/v1/keys',
    operation: 'listKeys',
    summary: 'List API keys',
    description: 'Those that are over, too.',
    responses: {
      200: answering('The keys, oldest first.', {
        type: 'object',
        required: ['keys'],
        properties: { keys: { type: 'array', items: ref('Key') } },
      }),
    },
    async handle({ principal }) {
      const rows = await tools.keys.list(scopeOf(principal));
      return json(200, { keys: rows.map((row) => keyView(row, tools.now())) });
    },
  };
}

function makeRoute(tools: KeyTools & Pick<ServerParts, 'records' | 'clock'>): Route {
  return {
    ...common,
    method: 'POST',
    path: '/v1/keys',
    operation: 'createKey',
    summary: 'Make an API key',
    description:
      'The key itself is in the first answer alone: where the request comes again with its `Idempotency-Key`, the answer is the same without ' +
      'it. Whoever lost that first answer rotates the key.',
    headers: { 'idempotency-key': idempotencyKey },
    body: taking('NewKey', { required: true }),
    responses: {
      201: { ...answering('The key, shown once.', ref('IssuedKey')), headers: replayedHeader },
      409: problemResponse('The tenant has a key of that name that is not over.'),
    },
    handle: (request) => make(tools, request),
  };
}

async function make(
  tools: KeyTools & Pick<ServerParts, 'records' | 'clock'>,
  request: ApiRequest,
): Promise<ApiResponse> {
  const { principal } = request;
  // The schema allows nothing else.
  const wanted = request.body as { name: string; role: KeyRow['role']; tenant_id?: string; expires_in?: string };
  const { name, role } = wanted;
  const tenant = tenantOf(principal, wanted.tenant_id);
  const lifetimeMs = lifetimeOf(wanted.expires_in);
  const once = onceOnly(tools, request, { tenant, operation: 'createKey', content: wanted });
  const before = await once.before();
  if (before !== undefined) return replayed(before);
  const wantedKey = { name, role, tenant, ...(lifetimeMs === undefined ? {} : { lifetimeMs }) };
  const view = (row: KeyRow): JsonObject => keyView(row, tools.now());
  const { issued, added } = await issueKeyOnce(wantedKey, (row) => once.claimed(view(row)), tools);
  const other = answerIn(added);
  return other === undefined ? json(201, { ...view(issued.row), key: issued.text }) : replayed(other);
}

function replayed(answer: JsonObject): ApiResponse {
  return { ...json(201, answer), headers: { 'Idempotency-Replayed': 'true' } };
}

function rotateRoute(tools: KeyTools): Route {
  return {
    ...common,
    method: 'POST',
    path: '/v1/keys/{id}/rotate',
    operation: 'rotateKey',
    summary: 'Replace an API key',
    description:
      'Makes a new key of the same name, tenant and role, that is good for as long. The old one works until the grace is over, so that nobody is ' +
      'locked out. Until then it can be replaced again, where the new key was lost: revoke that one then.',
    params: { id: keyIdSchema },
    body: taking('KeyRotation', { required: false }),
    responses: {
      201: answering('The new key, shown once.', ref('IssuedKey')),
      409: { description: 'The key is over.' },
    },
    async handle(request) {
      const old = await keyOf(request, tools);
      const wanted = isJsonObject(request.body as JsonObject) ? (request.body as JsonObject) : {};
      const { row, text } = await rotateKey(
        old,
        { graceMs: graceOf(wanted['grace']), lifetimeMs: lifetimeOf(wanted['expires_in']) },
        tools,
      );
      return json(201, { ...keyView(row, tools.now()), key: text });
    },
  };
}

function revokeRoute(tools: KeyTools): Route {
  return {
    ...common,
    method: 'DELETE',
    path: '/v1/keys/{id}',
    operation: 'revokeKey',
    summary: 'Revoke an API key',
    description: 'At once and for good, on all servers.',
    params: { id: keyIdSchema },
    responses: { 200: answering('The key, which is revoked.', ref('Key')) },
    async handle(request) {
      const revoked = await revokeKey(await keyOf(request, tools), tools);
      return json(200, keyView(revoked, tools.now()));
    },
  };
}

/** The tenant whose keys somebody sees; undefined: all. */
function scopeOf({ tenant }: Principal): string | undefined {
  return tenant === allTenants ? undefined : tenant;
}

function keyOf({ principal, params }: ApiRequest, { keys }: KeyTools): Promise<KeyRow> {
  return findKey(params['id'] ?? '', { tenant: scopeOf(principal), keys });
}

/** Nobody makes a key that reaches further than they do, and nobody one of all tenants without saying so. */
function tenantOf(principal: Principal, asked: string | undefined): string {
  if (principal.tenant === allTenants) {
    if (asked !== undefined) return asked;
    const remedy = 'Name the tenant of the key in `tenant_id`; `*` is all of them.';
    throw meaningless('the body is not valid', [
      {
        code: 'INVALID_VALUE',
        message: '`tenant_id` is missing, and you are of all tenants',
        remedy,
        pointer: '/tenant_id',
      },
    ]);
  }
  if (asked === undefined || asked === principal.tenant) return principal.tenant;
  throw forbidden(
    'an admin makes keys of its own tenant only',
    'Leave `tenant_id` out, or ask with a key of all tenants (`*`).',
  );
}

function lifetimeOf(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  return durationOf(text, { field: 'expires_in', least: 1, most: longestLifetimeMs, example: '90d' });
}

function graceOf(text: unknown): number {
  if (text === undefined) return defaultGraceMs;
  return durationOf(text, { field: 'grace', least: 0, most: mostGraceMs, example: '24h' });
}

function durationOf(
  text: unknown,
  {
    field,
    least,
    most,
    example,
  }: { readonly field: string; readonly least: number; readonly most: number; readonly example: string },
): number {
  const milliseconds = typeof text === 'string' ? parseDuration(text) : undefined;
  if (milliseconds !== undefined && milliseconds >= least && milliseconds <= most) return milliseconds;
  const reason = milliseconds === undefined ? 'is no duration' : 'is too short or too long';
  const remedy = `Write a duration such as \`${example}\`.`;
  throw meaningless('the body is not valid', [{ code: 'INVALID_VALUE', message: `\`${field}\` ${reason}`, remedy }]);
}

function json(status: number, value: JsonObject): ApiResponse {
  return { status, body: { kind: 'json', value } };
}
