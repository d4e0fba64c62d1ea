import type {
  AcceptedDelivery,
  ListWebhooksQuery,
  NewWebhook,
  SkippedDelivery,
  Webhook,
  WebhookChanges,
  WebhookWithSecret,
} from './generated/models.ts';
import { type Pages, pagesOf } from './pages.ts';
import { apiPath } from './path.ts';
import { hideIn } from './shown-once.ts';
import type { KeyedOptions, RequestOptions, Transport } from './transport.ts';

/** What starts runs by signed requests. */
export interface Webhooks {
  readonly list: (query?: ListWebhooksQuery, options?: RequestOptions) => Pages<Webhook>;
  readonly get: (id: string, options?: RequestOptions) => Promise<Webhook>;
  /** `secret` of the answer is in it this one time, and not printed with the rest. */
  readonly create: (webhook: NewWebhook, options?: KeyedOptions) => Promise<WebhookWithSecret>;
  /** With `rotate_secret` the answer has the new `secret`, as that of `create` has. */
  readonly change: (id: string, changes: WebhookChanges, options?: RequestOptions) => Promise<WebhookWithSecret>;
  readonly remove: (id: string, options?: RequestOptions) => Promise<void>;
  /** Signs `body` with the webhook's secret and delivers it. The same delivery counts once. */
  readonly deliver: (
    id: string,
    delivery: Delivery,
    options?: RequestOptions,
  ) => Promise<AcceptedDelivery | SkippedDelivery>;
}

/** What is delivered to a webhook. */
export interface Delivery {
  readonly secret: string;
  /** The exact text that is signed and sent. */
  readonly body: string;
  /** Default: `application/json`. */
  readonly contentType?: string | undefined;
}

/** The operations of webhooks. Their answers are as the API says. */
export function webhooksOf(transport: Transport): Webhooks {
  const { ask, powers } = transport;
  return {
    list: (query, options) =>
      pagesOf(transport, { path: 'v1/webhooks', list: 'webhooks', query: { ...query } }, options),
    get: (id, options) => ask({ path: apiPath`v1/webhooks/${id}` }, options) as Promise<Webhook>,
    async create(webhook, options) {
      const idempotencyKey = options?.idempotencyKey ?? powers.uniqueKey();
      const made = await ask({ method: 'POST', path: 'v1/webhooks', body: webhook, idempotencyKey }, options);
      return hideIn(made as WebhookWithSecret, 'secret');
    },
    async change(id, changes, options) {
      const changed = await ask({ method: 'PATCH', path: apiPath`v1/webhooks/${id}`, body: changes }, options);
      return hideIn(changed as WebhookWithSecret, 'secret');
    },
    async remove(id, options) {
      await ask({ method: 'DELETE', path: apiPath`v1/webhooks/${id}` }, options);
    },
    async deliver(id, { secret, body, contentType = 'application/json' }, options) {
      const seconds = Math.floor(Date.now() / 1000);
      const headers = {
        'content-type': contentType,
        'x-waterflow-signature': `t=${seconds},v1=${await hmac(secret, `${seconds}.${body}`)}`,
      };
      const path = apiPath`v1/webhooks/${id}/deliveries`;
      const answer = await ask({ method: 'POST', path, body, headers, repeats: true }, options);
      return answer as AcceptedDelivery | SkippedDelivery;
    },
  };
}

/** HMAC-SHA-256 in hexadecimal digits. */
async function hmac(secret: string, text: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, bytes.encode(text));
  return Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
