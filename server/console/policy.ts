/**
 * What the console's page may do: run and look at what came with it, and ask the server that it came from. No inline code, no
 * evaluation, no other host, no frame around it; and where the browser knows Trusted Types, no text becomes markup or code.
 */
export const consolePolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  // For the address of its own worker, which browsers take for code.
  'trusted-types waterflow-console',
].join('; ');
