import type { AbsolutePath } from '../schemas/index.ts';
import type { S3Settings } from '../storage/blobs/index.ts';

/** A server's configuration, read from its environment and its file by `cli/composition/server-config.ts`, complete and checked. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** The server's own data: records (SQLite), blobs, its keys. The runs of the embedded engine lie in it, too. */
  readonly state: AbsolutePath;
  /**
   * The admin key of tenant `default`, API_KEY. Without it, on a loopback address only, and only as long as there are no tokens and no API key (but
   * those of agents) was ever made, everybody there is that admin.
   */
  readonly apiKey?: string;
  readonly jwt?: JwtConfig;
  /** PostgreSQL; absent: SQLite in `state`. */
  readonly databaseUrl?: string;
  /** The bucket for what agents ship; absent: a folder in `state`. */
  readonly blobs?: Omit<S3Settings, 'spool'>;
  /** `clientCa`: who vouches for clients, of which each must have a certificate then. */
  readonly tls?: { readonly cert: AbsolutePath; readonly key: AbsolutePath; readonly clientCa?: AbsolutePath };
  /** How clients reach this server from outside, for links: `https://waterflow.example.com`. */
  readonly publicUrl?: string;
  /** Addresses of proxies whose `X-Forwarded-For` and `-Proto` are believed. */
  readonly trustedProxies: readonly string[];
  /** Origins that browsers may call from. Default: none. */
  readonly corsOrigins: readonly string[];
  readonly limits: ServerLimits;
  /** Runs that the embedded engine drives at a time; others wait as `accepted`. */
  readonly activeRuns: number;
  /** Ended runs are kept so long, in milliseconds. */
  readonly keepRunsMs: number;
  /** The record of API calls is kept so long, in milliseconds. */
  readonly keepCallsMs: number;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

export interface JwtConfig {
  /** A JWKS file, or its HTTPS URL. `allowPrivate`: the URL may lead to a private address; default false. */
  readonly jwks: { readonly file: AbsolutePath } | { readonly url: string; readonly allowPrivate?: boolean };
  readonly issuer: string;
  readonly audience: string;
  /** Seconds that clocks may differ by. */
  readonly clockSkewSeconds: number;
  /** Claims that hold the tenant and the role. */
  readonly tenantClaim: string;
  readonly roleClaim: string;
  /** Whether a token may be of all tenants, by `*` as its tenant. Default false. */
  readonly allowAllTenants?: boolean;
}

export interface ServerLimits {
  /** Of a request's body, in bytes, where its route says nothing else. */
  readonly bodyBytes: number;
  /** Requests of one key, or without one of one address, within a minute. */
  readonly requestsPerMinute: number;
  /** Failed authentications of one address within a minute. */
  readonly failuresPerMinute: number;
  /** A request's headers must have come by then, and its body. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Requests in progress are waited for at a shutdown. */
  readonly shutdownGraceMs: number;
  /** Streams (logs, events), and bodies that are sent as one, at a time. */
  readonly streams: number;
  /** Other requests that are worked on at a time; further ones that wait for their turn, and for how long. */
  readonly requests: number;
  readonly queuedRequests: number;
  readonly queueTimeoutMs: number;
  /** Runs that wait until an engine takes them: beyond that none is accepted. */
  readonly queuedRuns: number;
}
