import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import type { ApiRequest, Route, Schema } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { jsonResponse, problemResponse } from './runs-answers.ts';

const payloads: Schema = {
  type: 'object',
  required: ['payloads'],
  properties: {
    payloads: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          metadata: { type: 'object', additionalProperties: { type: 'string' } },
          data: { type: 'string', description: 'In base64.' },
        },
      },
    },
  },
};

/** Temporal's UI shows up to a page of a run's history at once. */
const mostBytes = 16 * 1024 * 1024;

/** What Temporal's own UI and command ask to show what is encrypted. */
export function codecRoutes(parts: Pick<ServerParts, 'codec'>): readonly Route[] {
  return [
    codecRoute('decode', 'Decrypts payloads for the UI of Temporal', parts),
    codecRoute('encode', 'Encrypts payloads that are entered in the UI of Temporal', parts),
  ];
}

function codecRoute(operation: 'decode' | 'encode', summary: string, parts: Pick<ServerParts, 'codec'>): Route {
  return {
    method: 'POST',
    path: `/v1/codec/${operation}`,
    operation: `${operation}Payloads`,
    tag: 'Temporal',
    summary,
    description:
      "As Temporal's protocol of remote codecs asks for it. What is no ciphertext comes back as it is. Browsers may ask from the origins in `cors-origins`.",
    permission: 'payloads:decode',
    headers: { 'x-namespace': { type: 'string', description: "The namespace. Default: the server's." } },
    body: { required: true, bytes: mostBytes, content: { 'application/json': { schema: payloads, as: 'json' } } },
    responses: {
      200: jsonResponse('The payloads, in their order.', payloads),
      404: problemResponse('The server has no payload keys: nothing is encrypted.'),
    },
    handle: async (request) => {
      const value = await codecOf(parts)({ operation, body: bodyOf(request), ...namespaceOf(request) });
      return { status: 200, body: { kind: 'json', value } };
    },
  };
}

function codecOf({ codec }: Pick<ServerParts, 'codec'>): NonNullable<ServerParts['codec']> {
  if (codec !== undefined) return codec;
  throw new WaterflowFailure({
    code: 'NOT_FOUND',
    message: 'nothing is encrypted here: the server has no payload keys',
    remedy: 'Give it those of the engine and the agents: WATERFLOW_PAYLOAD_KEYS_FILE, or `temporal.payload-keys-file`.',
  });
}

function namespaceOf({ headers }: ApiRequest): { readonly namespace?: string } {
  const namespace = headers['x-namespace'];
  return typeof namespace === 'string' ? { namespace } : {};
}

/** The route takes JSON alone. */
function bodyOf({ body }: ApiRequest): Json {
  return body as Json;
}
