/** Carries out what the scenarios want with the client in TypeScript: for every platform that it runs on. */
import { createClient, WaterflowError, type WaterflowClient } from '../index.ts';

type Values = Readonly<Record<string, unknown>>;
/** What is written to a driver. */
interface Message {
  readonly id: number;
  readonly call?: string;
  readonly args?: Values;
  readonly as?: string;
  readonly cancel?: true;
}
interface Setup {
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Options of calls, with their names here; times are in seconds there, and in ms here. */
const options: Readonly<Record<string, string>> = {
  idempotency_key: 'idempotencyKey',
  timeout: 'timeoutMs',
  retry_for: 'retryForMs',
  reconnect_for: 'reconnectForMs',
  until: 'until',
  after: 'after',
};
/** Calls whose arguments but the id are all options. */
const withoutBody =
  /^(?:get_run|get_run_source|explain|wait|stream_logs|stream_events|(?:schedules|webhooks)\.(?:get|remove|trigger)|keys\.(?:list|revoke)|list_(?:nodes|plugins|agents|queues|capabilities|audit_records)|get_node|caller|health|readiness|metrics|open_api_document)$/u;

/** A driver that says what becomes of calls by `tell`. */
export function createDriver({ url, keys }: Setup, tell: (told: Values) => void): (message: Message) => void {
  const clients = new Map<string, WaterflowClient>();
  const clientOf = (name: string): WaterflowClient => {
    // A scenario may have made a key of its own.
    const apiKey = keys[name] ?? (name.startsWith('wf_') ? name : undefined);
    const known = clients.get(name) ?? createClient({ url, apiKey });
    clients.set(name, known);
    return known;
  };
  const enough = new Map<number, AbortController>();
  return ({ id, call, args = {}, as = '', cancel }) => {
    if (cancel === true || call === undefined) {
      enough.get(id)?.abort(new Error('had enough'));
      return;
    }
    const controller = new AbortController();
    enough.set(id, controller);
    const client = clientOf(as);
    const begun = call === 'shown' ? shown(client) : carryOut(client, { call, args, signal: controller.signal });
    finish(begun, (item) => tell({ id, item })).then(
      (result) => tell({ id, result }),
      (error: unknown) => tell({ id, error: errorOf(error) }),
    );
  };
}

/** What a person or a log would see of a client. */
function shown(client: WaterflowClient): unknown {
  return JSON.stringify([client, Object.entries(client).map(([name, value]) => [name, JSON.stringify(value)])]);
}

function carryOut(
  client: WaterflowClient,
  { call, args, signal }: { readonly call: string; readonly args: Values; readonly signal: AbortSignal },
): unknown {
  const [part, method = ''] = call.includes('.') ? call.split('.') : [undefined, call];
  // The names are those of the client's own operations, as the scenarios know them.
  const owner = (part === undefined ? client : client[part as 'schedules']) as unknown as Record<
    string,
    ((...taken: unknown[]) => unknown) | undefined
  >;
  const operation = owner[method.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase())];
  if (operation === undefined) throw new Error(`there is no ${call}`);
  return operation(...argumentsOf(call, args, signal));
}

function argumentsOf(call: string, args: Values, signal: AbortSignal): unknown[] {
  const { id, ...rest } = args;
  const own: Record<string, unknown> = { signal };
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    const option = options[name];
    if (option === undefined) body[name] = value;
    else own[option] = valueOf(option, value);
  }
  const first = id === undefined ? [] : [id];
  if (call === 'get_node') return [rest['name'], own];
  if (call === 'get_run_at') return [id, rest['sequence'], own];
  if (withoutBody.test(call)) return [...first, { ...body, ...own }];
  return [...first, body, own];
}

function valueOf(option: string, value: unknown): unknown {
  if (option === 'until') return (run: { readonly awaits: readonly unknown[] }) => run.awaits.length > 0;
  return option.endsWith('Ms') ? Number(value) * 1000 : value;
}

/** Of lists and streams the items as they come, else the result. */
async function finish(begun: unknown, each: (item: unknown) => void): Promise<unknown> {
  if (typeof begun !== 'object' || begun === null || !(Symbol.asyncIterator in begun)) return withHidden(await begun);
  // Only lists and streams are iterable so.
  for await (const item of begun as AsyncIterable<unknown>) each(item);
  return null;
}

/** With what is shown once, which no copy has. */
function withHidden(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  return Array.isArray(result)
    ? result
    : Object.fromEntries(Object.getOwnPropertyNames(result).map((name) => [name, Reflect.get(result, name)]));
}

function errorOf(error: unknown): Values {
  if (!(error instanceof WaterflowError)) return { type: 'other', message: String(error) };
  const own = Object.entries(error);
  const all = [...own, ['type', error.name], ['message', error.message], ['shown', String(error)]] as const;
  const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(all.map(([name, value]) => [snakeCase(name), value]));
}
