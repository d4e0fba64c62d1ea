import type { Repository } from './repository.ts';

/** What opens a repository. Each is a placeholder: the agent puts the value into a file that only git reads. */
export interface Credentials {
  readonly username: string;
  readonly token?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

/** What one git command needs beside its arguments. */
export interface GitSurroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly content: string; readonly env: string }>>;
}

/**
 * The environment and the files of every git command. The user's and the machine's configuration are out of play, nothing
 * prompts, no hook runs, and a repository can't name a transport that runs a command.
 */
export function surroundingsOf(repository: Repository, credentials: Credentials): GitSurroundings {
  const files: Record<string, { content: string; env: string }> = {
    config: { content: configurationOf(repository, credentials), env: 'GIT_CONFIG_GLOBAL' },
  };
  if (repository.protocol === 'https' && credentials.token) {
    const content = `username=${credentials.username}\npassword=${credentials.token}\n`;
    files['credential'] = { content, env: 'WATERFLOW_GIT_CREDENTIAL' };
  }
  const hasKey = repository.protocol === 'ssh' || Boolean(credentials.sshKey);
  if (hasKey) {
    files['key'] = { content: `${credentials.sshKey ?? ''}\n`, env: 'WATERFLOW_GIT_SSH_KEY' };
    files['hosts'] = { content: `${credentials.knownHosts ?? ''}\n`, env: 'WATERFLOW_GIT_KNOWN_HOSTS' };
  }
  return {
    env: {
      // Only ever this folder's repository: one further up could have been put there to have its settings obeyed.
      GIT_DIR: '.git',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: allowedProtocols(repository, hasKey ? ['ssh'] : []).join(':'),
      ...(hasKey ? { GIT_SSH_COMMAND: sshCommand } : {}),
    },
    files,
  };
}

/**
 * Where submodules may come from. Over ssh only with the step's own key: ssh would take the agent's user's keys otherwise, for
 * whatever repository a submodule names. From a folder of this machine only those of a repository that is one itself.
 */
function allowedProtocols(repository: Repository, ssh: readonly string[]): readonly string[] {
  return ['https', ...ssh, ...(repository.protocol === 'file' ? ['file'] : [])];
}

/** git hands this to a shell, which puts the files' paths in. An unknown host is refused, not trusted at first sight. */
const sshCommand = [
  'ssh -F /dev/null -i "$WATERFLOW_GIT_SSH_KEY"',
  '-o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes',
  '-o UserKnownHostsFile="$WATERFLOW_GIT_KNOWN_HOSTS"',
].join(' ');

function configurationOf(repository: Repository, credentials: Credentials): string {
  const sections = [
    '[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\taskPass =',
    '[init]\n\tdefaultBranch = main\n\ttemplateDir =',
    // The workspace and a local repository may belong to another user than the one who runs git.
    '[safe]\n\tdirectory = *',
    '[advice]\n\tdetachedHead = false',
    // Nothing may go on in the background after the step.
    '[gc]\n\tauto = 0\n\tautoDetach = false\n[maintenance]\n\tauto = false',
    '[fetch]\n\trecurseSubmodules = false\n[submodule]\n\trecurse = false',
  ];
  if (repository.protocol === 'file') {
    sections.push('[uploadpack]\n\tallowAnySHA1InWant = true');
  }
  if (repository.protocol === 'https' && credentials.token) {
    // Only for this origin: neither a redirect to another host nor a submodule elsewhere gets the token.
    const helper = '!f() { test \\"$1\\" != get || cat \\"$WATERFLOW_GIT_CREDENTIAL\\"; }; f';
    sections.push(`[credential "${repository.origin}"]\n\thelper = "${helper}"`);
  }
  return `${sections.join('\n')}\n`;
}
