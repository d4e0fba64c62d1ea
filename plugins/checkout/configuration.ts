import type { Credentials } from './inputs.ts';
import type { Repository } from './repository.ts';

/** What one git command needs beside its arguments. */
export interface GitSurroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly content: string; readonly env: string }>>;
}

/** What a command is for. */
export interface Purpose {
  /** Files that git-lfs keeps are fetched as git writes them. */
  readonly lfs?: boolean;
  /** It goes into submodules, which may come from anywhere. */
  readonly submodules?: boolean;
  /** It needs no repository of its own, and sees none: what lies in the folder may be anything. */
  readonly outside?: boolean;
}

/**
 * The environment and the files of every git command. The user's and the machine's configuration are out of play, nothing
 * prompts, no hook runs, and a repository can't name a transport that runs a command.
 */
export function surroundingsOf(
  repository: Repository,
  credentials: Credentials,
  { lfs = false, submodules = false, outside = false }: Purpose = {},
): GitSurroundings {
  const sections = [
    ...commonSections,
    safeSection(repository, { submodules }),
    ...ownSections(repository, credentials),
    ...(lfs ? lfsSections(repository) : []),
  ];
  const files: Record<string, { content: string; env: string }> = {
    config: { content: `${sections.join('\n')}\n`, env: 'GIT_CONFIG_GLOBAL' },
  };
  if (credentials.token) {
    const content = `username=${credentials.username}\npassword=${credentials.token}\n`;
    files['credential'] = { content, env: 'WATERFLOW_GIT_CREDENTIAL' };
  }
  if (credentials.ca) files['ca'] = { content: `${credentials.ca}\n`, env: 'GIT_SSL_CAINFO' };
  const hasKey = Boolean(credentials.sshKey);
  if (hasKey) {
    files['key'] = { content: `${credentials.sshKey}\n`, env: 'WATERFLOW_GIT_SSH_KEY' };
    files['hosts'] = { content: `${credentials.knownHosts ?? ''}\n`, env: 'WATERFLOW_GIT_KNOWN_HOSTS' };
  }
  return {
    env: {
      // Only ever this folder's repository: one further up could have been put there to have its settings obeyed.
      GIT_DIR: outside ? '/dev/null' : '.git',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: allowedProtocols(repository, hasKey).join(':'),
      // Without a key of the step's own ssh would take those of the agent's user, for whatever git-lfs or a submodule names.
      GIT_SSH_COMMAND: hasKey ? sshCommand(credentials) : 'false',
    },
    files,
  };
}

/**
 * Where submodules may come from. Over ssh only with the step's own key. From a folder of this machine, or unencrypted, only those of
 * a repository that is one itself: its commit, and so theirs, is known then.
 */
function allowedProtocols({ protocol }: Repository, hasKey: boolean): readonly string[] {
  return ['https', ...(hasKey ? ['ssh'] : []), ...(protocol === 'file' || protocol === 'git' ? [protocol] : [])];
}

/** git hands this to a shell, which puts the files' paths in. An unknown host is refused, not trusted at first sight. */
function sshCommand({ knownHosts }: Credentials): string {
  return [
    'ssh -F /dev/null -i "$WATERFLOW_GIT_SSH_KEY" -a -x',
    '-o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no',
    // ssh takes it for a list, in which quotes keep a path with a blank together.
    '-o "UserKnownHostsFile=\\"$WATERFLOW_GIT_KNOWN_HOSTS\\""',
    // Who says which key to expect means no other: not one that the machine's list has beside it.
    ...(knownHosts ? ['-o GlobalKnownHostsFile=/dev/null'] : []),
  ].join(' ');
}

const commonSections: readonly string[] = [
  '[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\taskPass =',
  '[init]\n\tdefaultBranch = main\n\ttemplateDir =',
  '[advice]\n\tdetachedHead = false',
  // Nothing may go on in the background after the step.
  '[gc]\n\tauto = 0\n\tautoDetach = false\n[maintenance]\n\tauto = false',
  '[fetch]\n\trecurseSubmodules = false\n[submodule]\n\trecurse = false',
];

/**
 * The repositories of other users that git goes into. Of the machine's folders it is the one that the step names, at each of the places
 * where git looks for it (enter_repo in its path.c), and the sources of its submodules where they are asked for.
 */
function safeSection({ protocol, url }: Repository, { submodules }: { readonly submodules: boolean }): string {
  if (protocol !== 'file' || submodules) return '[safe]\n\tdirectory = *';
  const path = localPathOf(url);
  const places = ['', '/.git', '.git', '.git/.git'].map((ending) => quoteValue(`${path}${ending}`));
  return ['[safe]', ...places.map((place) => `\tdirectory = ${place}`)].join('\n');
}

/** As git reads it: the URL's escapes stand for bytes. */
function localPathOf(url: string): string {
  const path = url.startsWith('file://') ? url.slice('file://'.length).replace(/(?:%[0-9a-f]{2})+/gi, decoded) : url;
  return path.replace(/\/+$/, '');
}

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    // Bytes that are no UTF-8, which no setting could hold.
    return escapes;
  }
}

function ownSections(repository: Repository, { token }: Credentials): readonly string[] {
  if (repository.protocol === 'file') return ['[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true'];
  if (repository.protocol !== 'https' || !token) return [];
  // Only for this origin: neither a redirect to another host nor a submodule elsewhere gets the token.
  const helper = '!f() { test \\"$1\\" != get || cat \\"$WATERFLOW_GIT_CREDENTIAL\\"; }; f';
  return [`[credential "${repository.origin}"]\n\thelper = "${helper}"`];
}

/** The server is the repository's own, whatever the repository's .lfsconfig says. */
function lfsSections({ protocol, url }: Repository): readonly string[] {
  const server =
    protocol === 'https'
      ? `${url.replace(/\/+$/, '').replace(/\.git$/, '')}.git/info/lfs`
      : url.replace(/^\//, 'file:///');
  return [
    '[filter "lfs"]\n\tprocess = git-lfs filter-process\n\tsmudge = git-lfs smudge -- %f\n\tclean = git-lfs clean -- %f\n\trequired = true',
    `[lfs]\n\turl = ${quoteValue(server)}\n\tlocksverify = false`,
  ];
}

/** A value as git's configuration files have it. */
function quoteValue(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
