import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { SocketContext } from './asking.ts';

/** A request that found its route: the groups of its path, its query checked, its body as the route wants it. */
export interface SocketRequest {
  readonly params: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  /** Empty where the route takes none. */
  readonly json: JsonObject;
  /** For a route that reads its body itself. */
  readonly incoming: IncomingMessage;
}

/** What a request is answered with. */
export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly value: Json }
  | { readonly kind: 'empty'; readonly status: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stream'; readonly type: string; readonly source: Readable };

/** One thing that can be asked for. What isn't in the table of these is refused. */
export type Route = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Of the whole path. */
  readonly path: RegExp;
  /** Every key that the query may have, and of which form. */
  readonly query: Readonly<Record<string, RegExp>>;
} & (
  | {
      readonly kind: 'answer';
      readonly body: 'none' | 'json' | 'stream';
      readonly answer: (context: SocketContext, request: SocketRequest) => Promise<Reply>;
    }
  | {
      /** The connection goes over to the streams of one program. */
      readonly kind: 'join';
      readonly join: (context: SocketContext, request: Omit<SocketRequest, 'incoming'>) => Promise<Joined>;
    }
);

/** The daemon's connection for these streams; it is good for nothing else. */
export interface Joined {
  readonly daemon: Socket;
  readonly stdin: 'open' | 'none';
}

/** Forms of queries that several routes have. */
export const forms: Readonly<Record<'flag' | 'off' | 'number' | 'name' | 'filters' | 'time', RegExp>> = {
  flag: /^(?:|0|1|true|false|True|False)$/u,
  off: /^(?:|0|false|False)$/u,
  number: /^-?[0-9]{1,10}$/u,
  name: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/u,
  filters: /^[\s\S]{0,8000}$/u,
  time: /^[0-9TZ:.+-]{0,40}$/u,
};

/** Whether a flag is on. */
export function isOn(query: ReadonlyMap<string, string>, key: string): boolean {
  return /^(?:1|true|True)$/u.test(query.get(key) ?? '');
}

/** The n-th group of the path, which its form has. */
export function param({ params }: Pick<SocketRequest, 'params'>, index: number = 0): string {
  return params[index] ?? '';
}

export function json(value: Json, status: number = 200): Reply {
  return { kind: 'json', status, value };
}
