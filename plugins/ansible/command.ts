import type { HostExec } from 'waterflow/plugin';
import { callbackPlugin } from './callback.ts';
import { type Inputs, joined } from './inputs.ts';
import { inventoryFile, variablesFile } from './yaml.ts';

type Command = Parameters<HostExec['run']>[0];
type Files = Record<string, NonNullable<Command['files']>[string]>;

/** The name under which the results come back. */
export const resultsFile = 'results.json';

/** Ansible puts variables of the environment into a path that begins with `/`. */
const ownFolder = '/./$WATERFLOW_FILES';

/** The one call of ansible-playbook. What a step says never becomes an option: values stand behind `=`, the playbook behind `--`. */
export function commandOf(inputs: Inputs): Command {
  return {
    command: 'ansible-playbook',
    args: argsOf(inputs),
    step_env: true,
    env: {
      ANSIBLE_CALLBACK_PLUGINS: '$WATERFLOW_FILES',
      ANSIBLE_HOST_KEY_CHECKING: 'true',
      ANSIBLE_LOCALHOST_WARNING: 'false',
      ANSIBLE_NOCOLOR: 'true',
      // With `~` it would be the home folder of the agent's user on this machine, too, and not that of this run.
      ANSIBLE_REMOTE_TMP: '$HOME/.ansible/tmp',
      ANSIBLE_RETRY_FILES_ENABLED: 'false',
      ...(inputs.config === undefined ? {} : { ANSIBLE_CONFIG: inputs.config }),
    },
    files: filesOf(inputs),
  };
}

function argsOf(inputs: Inputs): NonNullable<Command['args']> {
  const { inventory, hosts, user, verbosity } = inputs;
  const valued = (name: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    ...(inventory === undefined ? [] : ['--inventory', inventory]),
    ...(inventory === undefined || hosts !== undefined ? ['--inventory', { file: 'hosts.yml' }] : []),
    ...(inputs['extra-vars'] === undefined ? [] : [`--extra-vars=@${ownFolder}/vars.yml`]),
    // The last one wins.
    `--extra-vars=@${ownFolder}/ssh.yml`,
    ...valued('limit', joined(inputs.limit)),
    ...valued('tags', joined(inputs.tags)),
    ...valued('skip-tags', joined(inputs['skip-tags'])),
    ...(inputs.check ? ['--check'] : []),
    ...(inputs.diff ? ['--diff'] : []),
    `--connection=${inputs.connection}`,
    ...valued('user', user),
    ...(inputs.become ? ['--become'] : []),
    ...valued('become-user', inputs['become-user']),
    `--forks=${inputs.forks}`,
    `--timeout=${inputs['connect-timeout']}`,
    ...(verbosity > 0 ? [`-${'v'.repeat(verbosity)}`] : []),
    '--',
    inputs.playbook,
  ];
}

function filesOf(inputs: Inputs): Files {
  const files: Files = {
    'waterflow.py': { content: callbackPlugin },
    [resultsFile]: { env: 'WATERFLOW_ANSIBLE_RESULTS', read: true },
    'hosts.yml': { content: inventoryFile(inputs), escape: 'json' },
    'ssh.yml': { content: sshVariables },
    known_hosts: { content: `${inputs['known-hosts'] ?? ''}\n` },
  };
  if (inputs.config === undefined) files['ansible.cfg'] = { content: '', env: 'ANSIBLE_CONFIG' };
  const variables = inputs['extra-vars'];
  if (variables !== undefined) files['vars.yml'] = { content: variablesFile(variables), escape: 'json' };
  const secrets = [
    ['key', inputs['private-key'], 'ANSIBLE_PRIVATE_KEY_FILE'],
    ['password', inputs.password, 'ANSIBLE_CONNECTION_PASSWORD_FILE'],
    ['become', inputs['become-password'], 'ANSIBLE_BECOME_PASSWORD_FILE'],
    ['vault', inputs['vault-password'], 'ANSIBLE_VAULT_PASSWORD_FILE'],
  ] as const;
  for (const [name, content, env] of secrets) {
    if (content !== undefined) files[name] = { content: `${content}\n`, env };
  }
  return files;
}

/**
 * As extra variables, so that neither an inventory nor a playbook has others in their place by mistake: ssh knows the hosts of the
 * step and of the machine's list alone, takes no key but those it is given, and reads no settings of the agent's user. What stands first
 * among ssh's options holds.
 */
const sshVariables: string = [
  'ansible_host_key_checking: true',
  'ansible_ssh_host_key_checking: true',
  `ansible_ssh_args: >-`,
  ...[
    `{{ lookup('ansible.builtin.env', 'WATERFLOW_ANSIBLE_CONNECTIONS') or '-o ControlMaster=no' }}`,
    '-C -F /dev/null',
    // A host that is silent for a minute is lost; without this ssh waits for ever.
    '-o ServerAliveInterval=15 -o ServerAliveCountMax=4',
    '-o StrictHostKeyChecking=yes -o UpdateHostKeys=no',
    `-o 'UserKnownHostsFile="{{ lookup('ansible.builtin.env', 'WATERFLOW_FILES') }}/known_hosts"'`,
    '-o IdentitiesOnly=yes -o IdentityAgent=none -o IdentityFile=none',
  ].map((line) => `  ${line}`),
  '',
].join('\n');
