import type { JsonObject } from '../../schemas/index.ts';
import type { Route } from './route.ts';

/** An answer that operations have beside their own, by its name in the document. */
interface GeneralResponse {
  readonly name: string;
  readonly description: string;
  readonly headers?: JsonObject;
  /** Which operations can have it. */
  readonly of: (route: Route) => boolean;
}

const header = (description: string): JsonObject => ({ description, schema: { type: 'string' } });
const everywhere = (): boolean => true;
const isClosed = ({ permission }: Route): boolean => permission !== 'public';
const hasInput = ({ body, query, headers }: Route): boolean => (body ?? query ?? headers) !== undefined;
const hasBody = ({ body }: Route): boolean => body !== undefined;

/** Problems that any operation of a kind can have, by status. */
export const generalResponses: Readonly<Record<number, GeneralResponse>> = {
  400: {
    name: 'BadRequest',
    description: 'The query, the headers or the body are not as described here.',
    of: everywhere,
  },
  401: {
    name: 'Unauthenticated',
    description: 'There is no valid key or token.',
    headers: { 'WWW-Authenticate': header('How to authenticate.') },
    of: isClosed,
  },
  403: { name: 'Forbidden', description: 'The key or token may not do this.', of: isClosed },
  404: {
    name: 'NotFound',
    description: 'There is no such thing, or it belongs to another tenant.',
    of: ({ path }) => path.includes('{'),
  },
  405: {
    name: 'MethodNotAllowed',
    description: 'The path has other methods.',
    headers: { Allow: header('The methods that the path has.') },
    of: everywhere,
  },
  408: { name: 'RequestTimeout', description: 'The headers, or the body, did not come in time.', of: everywhere },
  413: { name: 'BodyTooLarge', description: 'The body is larger than it may be.', of: hasBody },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is of another type, charset or encoding than this operation takes.',
    of: hasBody,
  },
  417: {
    name: 'ExpectationFailed',
    description: 'The request has an `Expect` header that says something else than `100-continue`.',
    of: everywhere,
  },
  422: {
    name: 'Unprocessable',
    description:
      'The request is as described here, and still it can not be carried out: `errors`, or `detail`, says why.',
    of: hasInput,
  },
  429: {
    name: 'RateLimited',
    description: 'Too many requests of this key or address.',
    headers: { 'Retry-After': header('Seconds until the next request is taken.') },
    of: everywhere,
  },
  431: { name: 'HeadersTooLarge', description: 'The headers are larger than 16 KiB.', of: everywhere },
  500: { name: 'Internal', description: 'The server failed. Its log has more, by the request id.', of: everywhere },
  503: {
    name: 'Unavailable',
    description: 'The server, or a store that it needs, can not do it now.',
    headers: { 'Retry-After': header('Seconds after which it is worth trying again.') },
    of: everywhere,
  },
};

/** The statuses of {@link generalResponses} that an operation can have. */
export function generalStatuses(route: Route): readonly number[] {
  return Object.entries(generalResponses)
    .filter(([, response]) => response.of(route))
    .map(([status]) => Number(status));
}
