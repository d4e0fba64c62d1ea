import type { Recheck } from '../../grants/api.ts';
import { CallFailure } from '../capability.ts';
import { type NetDemand, readUrl } from './call.ts';
import { safeHeaders } from './headers.ts';
import type { RequestBody } from './request-body.ts';
import type { NetEffective } from './rule.ts';

/** A request, before it is sent; again after each redirect. */
export interface PlannedRequest {
  readonly url: URL;
  readonly method: string;
  /** Lower-case names; values may hold placeholders. */
  readonly headers: ReadonlyMap<string, string>;
  /** Names of the secrets whose values the headers are to carry. */
  readonly secrets: readonly string[];
  readonly body: RequestBody | undefined;
  readonly effective: NetEffective;
  /** Whether a redirect has led to another origin: credentials stay behind for good. */
  readonly crossedOrigins: boolean;
}

/** The new place of an answer that is a redirect; undefined where it isn't one. */
export function locationOf(status: number, headers: Readonly<Record<string, string>>): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? headers['location'] : undefined;
}

/**
 * The request that a redirect leads to, checked from the beginning as if the guest had asked for it. Throws DENIED, naming
 * the target and the rule.
 */
export function followRedirect(
  from: PlannedRequest,
  redirect: { readonly status: number; readonly location: string },
  rules: {
    readonly recheck: (demand: NetDemand) => Recheck<NetEffective>;
    /** Names of the secrets in a text. */
    readonly mentioned: (text: string) => readonly string[];
  },
): PlannedRequest {
  const url = targetOf(from.url, redirect.location);
  const keepsMethod =
    redirect.status === 307 ||
    redirect.status === 308 ||
    from.method === 'HEAD' ||
    (redirect.status !== 303 && from.method !== 'POST');
  const method = keepsMethod ? from.method : 'GET';
  const sameOrigin = url.origin === from.url.origin;
  const headers = new Map(
    [...from.headers].filter(
      ([name, value]) =>
        (keepsMethod || !name.startsWith('content-')) &&
        (sameOrigin || (safeHeaders.has(name) && rules.mentioned(value).length === 0)),
    ),
  );
  const secrets = rules.mentioned([...headers.values()].join(' '));
  const recheck = rules.recheck({ url: url.href, method, headers: [...headers.keys()], secrets });
  if (recheck.kind === 'denied') {
    const { message, rule, remedy } = recheck.denial;
    throw new CallFailure('DENIED', `the redirect to ${url.href} is not granted: ${message}`, { rule, remedy });
  }
  return {
    url,
    method,
    headers,
    secrets,
    body: keepsMethod ? from.body : undefined,
    effective: recheck.effective,
    crossedOrigins: from.crossedOrigins || !sameOrigin,
  };
}

function targetOf(from: URL, location: string): URL {
  const read = URL.canParse(location, from.href) ? readUrl(new URL(location, from.href).href) : undefined;
  if (read === undefined || 'problem' in read) {
    throw new CallFailure(
      'DENIED',
      `the redirect to \`${location}\` can't be followed: ${read?.problem ?? 'it is no URL'}`,
      {
        rule: 'net: redirects lead to https and http URLs',
        remedy: 'Ask with `redirects: 0` and look at the answer.',
      },
    );
  }
  if (from.protocol === 'https:' && read.url.protocol !== 'https:') {
    throw new CallFailure('DENIED', `the redirect to ${read.url.href} would leave https`, {
      rule: 'net: a redirect never leaves https',
      remedy: 'Ask for the http URL itself, if that is granted.',
    });
  }
  return read.url;
}
