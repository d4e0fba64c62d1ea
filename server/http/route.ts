import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { Permission, Principal } from '../auth/principal.ts';

/** A JSON Schema (2020-12), as OpenAPI 3.1 takes it. `{ $ref: '#/components/schemas/NAME' }` names one of `components.ts`. */
export type Schema = JsonObject;

/**
 * One operation of the API. The router, the validation and the OpenAPI document are made from it, so that none can differ:
 * a handler is called with what its schemas allow, and a status or a body that it doesn't declare is a defect that tests see.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/workflows/{id}` */
  readonly path: string;
  /** `operationId`: unique, camelCase. */
  readonly operation: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `public`: without authentication. */
  readonly permission: Permission | 'public';
  /** By their names; all are required. */
  readonly params?: Readonly<Record<string, Schema>>;
  /** By their names; texts are made numbers and booleans where the schema says so, `a,b` a list. Unknown ones are refused. */
  readonly query?: Readonly<Record<string, Schema & { readonly required?: never }>>;
  /** For pages: whatever is in the query is of no consequence, as links that are passed on have things put into it. */
  readonly ignoresQuery?: true;
  /** Lists of the query whose items may hold a comma: given several times, and never split. */
  readonly unsplit?: readonly string[];
  /** Request headers that the handler reads. */
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly body?: RouteBody;
  /** By status. 400, 401, 403, 404 (with params), 405, 408, 413, 415, 429, 500 and 503 are declared for all that can have them. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
}

export interface RouteBody {
  readonly required: boolean;
  /** By media type. JSON is parsed and checked against the schema; `text` and `bytes` are handed over as they came. */
  readonly content: Readonly<
    Record<
      string,
      { readonly schema: Schema; readonly as: 'json' | 'text' | 'bytes' | 'stream'; readonly example?: Json }
    >
  >;
  /** Largest size, in bytes. Default: the server's. */
  readonly bytes?: number;
}

export interface RouteResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>;
}

/** A request that is authenticated, authorized and checked. */
export interface ApiRequest {
  /** The request's id, also in the `X-Request-Id` of the answer. */
  readonly id: string;
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, Json>>;
  readonly headers: IncomingHttpHeaders;
  /** The media type of the body that was sent, one of the route's. */
  readonly mediaType: string | undefined;
  readonly body: Json | Uint8Array | Readable | undefined;
  /** `traceparent` of W3C trace context, valid or absent. */
  readonly traceparent: string | undefined;
  /** Where the client comes from. */
  readonly remote: string;
  /** Aborts when the client is gone, when it may not have the answer any more (the reason is an HttpProblem), or when the server shuts down. */
  readonly signal: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly kind: 'json'; readonly value: unknown; readonly type?: string }
    | { readonly kind: 'text'; readonly text: string; readonly type: string }
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly type: string }
    /** Sent chunk by chunk, as fast as the client reads. */
    | { readonly kind: 'stream'; readonly chunks: AsyncIterable<string | Uint8Array>; readonly type: string };
}
