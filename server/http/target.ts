import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './problem.ts';

/**
 * Checks what Node's parser lets through and what servers and proxies may read in two ways (request smuggling): no or more
 * than one Host, a chunked body of HTTP/1.0, and a body in another coding beside chunks, which isn't decoded here. Throws
 * HttpProblem 400; what follows on the connection can't be trusted.
 */
export function checkFraming(request: IncomingMessage): void {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw malformed('the request has more than one Host header');
  if (hosts.length === 0 && request.httpVersion !== '1.0') throw malformed('the request has no Host header');
  const coding = request.headers['transfer-encoding'];
  if (coding === undefined) return;
  if (request.httpVersion === '1.0') throw malformed('HTTP/1.0 has no Transfer-Encoding');
  // What doesn't end in chunks the parser refuses itself.
  if (/,\s*chunked$/iu.test(coding)) throw malformed('the Transfer-Encoding is another than chunked');
}

/** As Node decides to ask before it calls a request's handler. */
const continueForm = /(?:^|\W)100-continue(?:$|\W)/iu;

/** Whether the client waits for leave to send its body. Throws HttpProblem 417 where it expects anything else (RFC 9110, 10.1.1). */
export function expectsContinue(request: IncomingMessage): boolean {
  const { expect } = request.headers;
  if (expect === undefined || request.httpVersion === '1.0') return false;
  if (continueForm.test(expect)) return true;
  const message = 'the request expects what this server does not know';
  throw new HttpProblem(417, { code: 'INVALID_INPUT', message, remedy: 'Send it without the Expect header.' });
}

/** The path and query that are asked for, of `/path?query` and of `http://host/path?query`. Throws HttpProblem 400. */
export function requestTarget(request: IncomingMessage): string {
  const url = request.url ?? '';
  const target = url.replace(/^https?:\/\/[^/?#]*/iu, '');
  if (target === '*' && request.method === 'OPTIONS') return target;
  const absolute = target === url ? target : `/${target.replace(/^\//u, '')}`;
  if (!absolute.startsWith('/') || absolute.includes('#')) throw malformed('the request target is not valid');
  return absolute;
}

function malformed(message: string): HttpProblem {
  return new HttpProblem(400, { code: 'INVALID_INPUT', message, remedy: 'Send it with an HTTP library.' });
}
