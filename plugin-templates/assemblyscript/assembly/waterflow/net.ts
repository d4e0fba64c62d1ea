// HTTP requests, which the agent makes.
import { call } from './call';
import { Result } from './failure';
import { Fields } from './fields';
import { Json } from './json';

// One HTTP request. What isn't set is left out.
export class Request {
  // Default 'GET'.
  method: string = '';
  // Values may hold placeholders of granted secrets.
  headers: Map<string, string> = new Map<string, string>();
  // What is sent, by text(), base64(), file() or parts().
  body: Json | null = null;
  // Where the answer's body goes: `Json.of('text')` (default), `Json.of('base64')` or file().
  response: Json | null = null;
  // How many redirects are followed at most; -1 for the default of 5.
  redirects: i32 = -1;
  // Of the whole call, in milliseconds.
  timeout: f64 = 0;
  // Of the answer's body.
  maxBytes: f64 = 0;
  // What a body that comes with success must have, in lower-case hex.
  sha256: string = '';
  // Placeholders of granted secrets, by basic() or clientCert().
  auth: Json | null = null;
  // `host:port` of a proxy that the grant names.
  proxy: string = '';

  constructor(public url: string) {}

  json(): Json {
    const fields = new Fields().text('url', this.url).text('method', this.method).pairs('headers', this.headers);
    fields.value('body', this.body).value('response', this.response).number('timeout_ms', this.timeout);
    if (this.redirects >= 0) fields.value('redirects', Json.number(this.redirects));
    fields.number('max_bytes', this.maxBytes).text('sha256', this.sha256).value('auth', this.auth);
    return fields.text('proxy', this.proxy).json;
  }
}

// A body that is text.
export function text(text: string): Json {
  return Json.of(text);
}

// A body of bytes, which are given as base64.
export function base64(bytes: string): Json {
  return Json.object().set('base64', Json.of(bytes));
}

// A body from or to a file of the workspace, whose bytes never pass through the plugin.
export function file(path: string): Json {
  return Json.object().set('file', Json.of(path));
}

// A body of several, one after the other.
export function parts(parts: Json[]): Json {
  return new Fields().items('parts', parts).json;
}

// Authenticates by a name and a password.
export function basic(user: string, password: string): Json {
  return Json.object().set('basic', new Fields().text('user', user).text('password', password).json);
}

// Authenticates by a certificate and its key.
export function clientCert(certificate: string, key: string): Json {
  return Json.object().set('client_cert', new Fields().text('certificate', certificate).text('key', key).json);
}

// The answer to a request. A status that is no success is an answer, not a failure. `headers` is an object of texts.
export class Response {
  status: i32;
  url: string;
  headers: Json;
  body: string;
  bytes: f64;
  sha256: string;

  constructor(answer: Json) {
    this.status = i32(answer.number('status'));
    this.url = answer.text('url');
    this.headers = answer.get('headers');
    this.body = answer.text('body');
    this.bytes = answer.number('bytes');
    this.sha256 = answer.text('sha256');
  }
}

// Makes one request.
export function request(request: Request): Result<Response> {
  const answer = call('net', 'request', request.json());
  return new Result(new Response(answer.value), answer.failure);
}

// The answer to GET.
export function get(url: string): Result<Response> {
  return request(new Request(url));
}
