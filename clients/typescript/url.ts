import { WaterflowError } from './errors.ts';

/** A server's URL, ending with a slash: https, or http to this machine only, so that nobody on the way reads keys and secrets. */
export function serverUrl(text: string | URL, { allowHttp }: { readonly allowHttp: boolean }): URL {
  const url = parsedUrl(text);
  if (url.username !== '' || url.password !== '') {
    throw usage("the server's URL holds a user name or password", 'Give the API key as `apiKey`.');
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw usage(
      `the server's URL is http: on the way to ${url.hostname}, everybody could read the key and the secrets`,
      'Use https:, or say `allowHttp: true` where the way there is protected otherwise.',
    );
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

function parsedUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw usage("the server's URL is none of the web", 'Write it as https://waterflow.example.com.');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

function usage(message: string, remedy: string): WaterflowError {
  return new WaterflowError(message, { code: 'USAGE', remedy });
}
