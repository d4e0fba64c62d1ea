/** A repository's address, taken apart as far as credentials and protocols need it. */
export type Repository =
  | { readonly protocol: 'https'; readonly url: string; readonly origin: string }
  | { readonly protocol: 'ssh'; readonly url: string }
  | { readonly protocol: 'git'; readonly url: string }
  | { readonly protocol: 'file'; readonly url: string };

/** `user@host:path`; neither user nor host can begin with `-`, which git or ssh would take for an option. */
const scpPattern = /^[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^\s]+$/;
const sshPattern = /^ssh:\/\/(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?\/[^\s]+$/;
const httpsPattern = /^(https:\/\/[A-Za-z0-9[][A-Za-z0-9.:\]-]*)\/[^\s]+$/;
const gitPattern = /^git:\/\/[A-Za-z0-9[][A-Za-z0-9.:\]-]*\/[^\s]+$/;
const filePattern = /^(?:file:\/\/)?\/[^\0\n\r]*$/;

/**
 * Reads `repository`. Throws on anything but https, ssh, git and an absolute path of the agent's machine: git knows transports
 * that run commands (`ext::`), and addresses that its tools take for options.
 */
export function parseRepository(text: string): Repository {
  const https = httpsPattern.exec(text);
  if (https?.[1]) {
    return { protocol: 'https', url: text, origin: https[1] };
  }
  if (/^https:\/\/[^/]*@/.test(text)) {
    throw new Error('repository: leave the user and the password out of the URL; give the token as `token`');
  }
  if (sshPattern.test(text) || scpPattern.test(text)) {
    return { protocol: 'ssh', url: text };
  }
  if (gitPattern.test(text)) {
    return { protocol: 'git', url: text };
  }
  if (filePattern.test(text)) {
    return { protocol: 'file', url: text };
  }
  throw new Error(
    `repository: ${JSON.stringify(text)} is none of https://host/path, ssh://user@host/path, user@host:path, /an/absolute/path`,
  );
}

/** Normalizes `path` to a folder of the workspace, `.` for the workspace itself. Throws where it leads out of it. */
export function parsePath(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (text.startsWith('/') || parts.includes('..') || /[\0\n\r]/.test(text)) {
    throw new Error(`path: ${JSON.stringify(text)} is not a folder of the workspace`);
  }
  return parts.join('/') || '.';
}
