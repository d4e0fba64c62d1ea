import type { Git } from './git.ts';

/** What was checked out. */
export interface Commit {
  readonly commit: string;
  /** `Name <address>`. */
  readonly author: string;
  readonly message: string;
}

/** Of a message; what is longer is cut, since outputs have a limit. */
const maxMessage = 65_536;

/** Reads HEAD. Names come as they are in the commit: the repository's .mailmap isn't asked. */
export async function describeHead(git: Git): Promise<Commit> {
  const format = '--format=%H%n%an <%ae>%n%B';
  const shown = await git.capture(
    ['log', '-1', '--no-mailmap', '--no-show-signature', '--no-color', '--encoding=UTF-8', format, 'HEAD', '--'],
    { max_bytes: 4 * 1024 * 1024 },
  );
  const [commit = '', author = '', ...lines] = shown.split('\n');
  return { commit, author, message: lines.join('\n').trimEnd().slice(0, maxMessage) };
}
