import type { ServerConfig } from '../config.ts';
import { headerValues, type RequestHeaders } from './credentials.ts';
import { isLoopbackAddress, isLoopbackHost } from './loopback.ts';
import type { Principal } from './principal.ts';
import { forbidden, unauthenticated } from './refusals.ts';
import { defaultTenant } from './tenant.ts';

/** Whoever uses a machine whose server listens there only and asks for no key. */
const localAdmin: Principal = {
  id: 'loopback',
  name: 'this machine',
  tenant: defaultTenant,
  role: 'admin',
  by: 'loopback',
};

/** What proxies add: behind one, everybody comes from this machine. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

const setKey = 'Set API_KEY on the server, and send it as `Authorization: Bearer`.';

/** Whether the configuration leaves a server open to its own machine, if there are no API keys either. */
export function mayBeOpen({ host, apiKey, jwt }: Pick<ServerConfig, 'host' | 'apiKey' | 'jwt'>): boolean {
  if (apiKey !== undefined || jwt !== undefined) return false;
  return host.toLowerCase() === 'localhost' || isLoopbackAddress(host);
}

/**
 * Who asks without a key on an open server: the admin, for a program of this machine. Refuses what others can have this machine send: a page
 * under a name that was pointed here (DNS rebinding), a page of another origin, and what comes through a proxy. UNAUTHENTICATED, FORBIDDEN.
 */
export function localPrincipal(
  headers: RequestHeaders,
  { remote, origins }: { readonly remote: string; readonly origins: readonly string[] },
): Principal {
  if (!isLoopbackAddress(remote)) throw unauthenticated('requests of other machines need an API key', setKey);
  if (proxyHeaders.some((name) => headerValues(headers, name).length > 0)) {
    throw unauthenticated('requests through a proxy need an API key', setKey);
  }
  const [host = '', ...others] = headerValues(headers, 'host');
  if (others.length > 0 || !isLoopbackHost(host)) {
    const remedy = `Ask at http://127.0.0.1 or http://localhost. ${setKey}`;
    throw forbidden('without an API key, the Host header must be that of this machine', remedy);
  }
  refuseOtherOrigins(headers, { host, origins });
  return localAdmin;
}

/** A browser sends along what a page can't choose: Origin, and Sec-Fetch-Site (Fetch Metadata). Other programs send neither. */
function refuseOtherOrigins(
  headers: RequestHeaders,
  { host, origins }: { readonly host: string; readonly origins: readonly string[] },
): void {
  const own = [`http://${host}`, `https://${host}`].map((origin) => origin.toLowerCase());
  const sent = headerValues(headers, 'origin');
  const allowed = sent.length > 0 && sent.every((origin) => origins.includes(origin));
  if (allowed) return;
  const isForeign = sent.some((origin) => !own.includes(origin.toLowerCase()));
  const isCrossSite = headerValues(headers, 'sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none');
  if (isForeign || isCrossSite) {
    const remedy = 'Name that origin in `cors-origins` of the configuration, or set API_KEY and send it.';
    throw forbidden('without an API key, pages of other origins may not call this server', remedy);
  }
}
