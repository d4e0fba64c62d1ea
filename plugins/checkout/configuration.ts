import type { Credentials } from './inputs.ts';
import type { Repository } from './repository.ts';

/** What one git command needs beside its arguments. */
export interface GitSurroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly content: string; readonly env: string }>>;
}

/**
 * The environment and the files of every git command. The user's and the machine's configuration are out of play, nothing
 * prompts, no hook runs, and a repository can't name a transport that runs a command. `lfs`: files that git-lfs keeps are fetched as
 * git writes them.
 */
export function surroundingsOf(
  repository: Repository,
  credentials: Credentials,
  { lfs = false }: { readonly lfs?: boolean } = {},
): GitSurroundings {
  const sections = [
    ...commonSections,
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
      GIT_DIR: '.git',
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
    '-o UserKnownHostsFile="$WATERFLOW_GIT_KNOWN_HOSTS"',
    // Who says which key to expect means no other: not one that the machine's list has beside it.
    ...(knownHosts ? ['-o GlobalKnownHostsFile=/dev/null'] : []),
  ].join(' ');
}

const commonSections: readonly string[] = [
  '[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\taskPass =',
  '[init]\n\tdefaultBranch = main\n\ttemplateDir =',
  // The workspace and a local repository may belong to another user than the one who runs git.
  '[safe]\n\tdirectory = *',
  '[advice]\n\tdetachedHead = false',
  // Nothing may go on in the background after the step.
  '[gc]\n\tauto = 0\n\tautoDetach = false\n[maintenance]\n\tauto = false',
  '[fetch]\n\trecurseSubmodules = false\n[submodule]\n\trecurse = false',
];

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
