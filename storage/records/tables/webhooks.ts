import type { Added, Claimed, RunRow, WebhookRow, WebhookRows } from '../port.ts';
import { assignments, type Operation, type SqlRow, sql } from '../sql.ts';
import { digestFrom, jsonFrom, keyOf, numberFrom, optional, textFrom } from '../text.ts';
import { claiming } from './claims.ts';
import { insertNamed, rename } from './names.ts';
import { insertRun } from './runs.ts';

export function* addWebhook(row: WebhookRow, claimed?: Claimed): Operation<Added> {
  const columns = {
    ...row,
    vars: JSON.stringify(row.vars),
    labels: JSON.stringify(row.labels),
    paused: row.paused ? 1 : 0,
  };
  return yield* claiming(claimed, row, () => insertNamed('webhooks', columns));
}

export function* getWebhook(id: string): Operation<WebhookRow | undefined> {
  const [row] = yield sql`SELECT * FROM webhooks WHERE id = ${id}`;
  return row === undefined ? undefined : fromColumns(row);
}

export function* listWebhooks(tenant: string | undefined): Operation<readonly WebhookRow[]> {
  const found =
    tenant === undefined
      ? yield sql`SELECT * FROM webhooks ORDER BY created_at, id`
      : yield sql`SELECT * FROM webhooks WHERE tenant = ${tenant} ORDER BY created_at, id`;
  return found.map(fromColumns);
}

export function* updateWebhook(id: string, changes: Parameters<WebhookRows['update']>[1]): Operation<boolean> {
  const { name, plan, source, vars, labels, sealed_secret, paused } = changes;
  if (name !== undefined) yield* rename('webhooks', id, name);
  const columns = {
    id,
    ...(name === undefined ? {} : { name }),
    ...(plan === undefined ? {} : { plan }),
    ...(source === undefined ? {} : { source }),
    ...(vars === undefined ? {} : { vars: JSON.stringify(vars) }),
    ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
    ...(sealed_secret === undefined ? {} : { sealed_secret }),
    ...(paused === undefined ? {} : { paused: paused ? 1 : 0 }),
  };
  const changed = yield sql`UPDATE webhooks SET ${assignments(columns)} WHERE id = ${id} RETURNING id`;
  return changed.length > 0;
}

/** With the record of its deliveries. */
export function* removeWebhook(id: string): Operation<boolean> {
  const removed = yield sql`DELETE FROM webhooks WHERE id = ${id} RETURNING id`;
  return removed.length > 0;
}

/** Of those that bring the same delivery, one is accepted. */
export function* deliver(
  delivery: Parameters<WebhookRows['deliver']>[0],
  run?: RunRow,
): Operation<'accepted' | 'repeated'> {
  const { webhook, id, received_at, expires_at } = delivery;
  const made = yield sql`INSERT INTO deliveries (delivery, webhook, received_at, expires_at)
    VALUES (${keyOf(webhook, id)}, ${webhook}, ${received_at}, ${expires_at})
    ON CONFLICT (delivery) DO UPDATE SET received_at = excluded.received_at, expires_at = excluded.expires_at
    WHERE deliveries.expires_at <= ${received_at} RETURNING delivery`;
  if (made.length === 0) return 'repeated';
  if (run !== undefined) yield* insertRun(run);
  return 'accepted';
}

function fromColumns(row: SqlRow): WebhookRow {
  return {
    id: textFrom(row, 'id'),
    tenant: textFrom(row, 'tenant'),
    name: textFrom(row, 'name'),
    plan: digestFrom(row, 'plan'),
    ...optional(row, 'source', digestFrom),
    vars: jsonFrom(row, 'vars'),
    labels: jsonFrom(row, 'labels') as WebhookRow['labels'],
    sealed_secret: textFrom(row, 'sealed_secret'),
    paused: numberFrom(row, 'paused') === 1,
    created_at: numberFrom(row, 'created_at'),
    created_by: textFrom(row, 'created_by'),
  };
}
