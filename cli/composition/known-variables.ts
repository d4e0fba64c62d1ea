import { didYouMean } from '../../dsl/did-you-mean.ts';

/** What the programs of Waterflow read of their environment, without what those of other makers call their own. */
export const knownVariables: readonly string[] = [
  'WATERFLOW_AGENT_KEY',
  'WATERFLOW_AGENT_KEY_FILE',
  'WATERFLOW_AGENT_NAME',
  'WATERFLOW_API_KEY',
  'WATERFLOW_ARCHIVES_BUCKET',
  'WATERFLOW_ARCHIVES_CREDENTIALS_FILE',
  'WATERFLOW_ARCHIVES_ENDPOINT',
  'WATERFLOW_ARCHIVES_PREFIX',
  'WATERFLOW_ARCHIVES_REGION',
  'WATERFLOW_AUDIT_CHECKPOINTS',
  'WATERFLOW_CANCEL_GRACE',
  'WATERFLOW_CA_FILE',
  'WATERFLOW_DEBUG',
  'WATERFLOW_DOCKER_WORKSPACE_HOST_PATH',
  'WATERFLOW_GENERATE_API_KEY',
  'WATERFLOW_GENERATE_API_KEY_FILE',
  'WATERFLOW_GENERATE_MODEL',
  'WATERFLOW_GENERATE_URL',
  'WATERFLOW_KEY_PASSPHRASE',
  'WATERFLOW_LOG_LEVEL',
  'WATERFLOW_NODE_LIBRARIES',
  'WATERFLOW_PAYLOAD_KEYS',
  'WATERFLOW_PAYLOAD_KEYS_FILE',
  'WATERFLOW_POLICY',
  'WATERFLOW_QUEUE_KEYS_FILE',
  'WATERFLOW_REGISTRY',
  'WATERFLOW_SECRETS_FILE',
  'WATERFLOW_SERVER_TLS_CA',
  'WATERFLOW_SERVER_TLS_CERT',
  'WATERFLOW_SERVER_TLS_KEY',
  'WATERFLOW_SERVER_URL',
  'WATERFLOW_STATE_DIR',
  'WATERFLOW_TEMPORAL',
  'WATERFLOW_TRUST',
];

/** Settings whose variables have no prefix, which they are easily given. */
const withoutPrefix: readonly string[] = [
  'API_KEY',
  'API_KEY_FILE',
  'DATABASE_PASSWORD_FILE',
  'DATABASE_URL',
  'HOST',
  'PLUGIN_DIR',
  'PORT',
  'TASK_QUEUES',
  'TEMPORAL_API_KEY',
  'TEMPORAL_API_KEY_FILE',
  'TEMPORAL_CREATE_NAMESPACE',
  'TEMPORAL_HOST',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TLS_CA',
  'TEMPORAL_TLS_CERT',
  'TEMPORAL_TLS_KEY',
  'TEMPORAL_TLS_SERVER_NAME',
];

const prefix = 'WATERFLOW_';

/** Those of steps: a server or an agent that a step starts has them. */
const ofSteps: readonly string[] = [
  'WATERFLOW_EGRESS',
  'WATERFLOW_ENV',
  'WATERFLOW_EXEC_ID',
  'WATERFLOW_FILES',
  'WATERFLOW_JOB',
  'WATERFLOW_LAUNCHER',
  'WATERFLOW_OUTPUT',
  'WATERFLOW_PATH',
  'WATERFLOW_RUN_ATTEMPT',
  'WATERFLOW_RUN_ID',
  'WATERFLOW_SCRIPT',
  'WATERFLOW_STEP',
  'WATERFLOW_STEP_ATTEMPT',
  'WATERFLOW_STEP_SUMMARY',
  'WATERFLOW_WORKSPACE',
];

/** Says of each variable of the environment that has Waterflow's prefix and that nothing reads, what was probably meant. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set([...knownVariables, ...ofSteps]);
  const strange = Object.keys(env).filter((name) => name.startsWith(prefix) && !known.has(name));
  return strange.toSorted().map((name) => {
    const meant = probablyMeant(name.slice(prefix.length));
    const guess = meant === undefined ? '' : `: did you mean ${meant}?`;
    return `nothing reads the environment variable ${name}${guess}`;
  });
}

/** Of a variable without its prefix, which is common to all and says nothing of how near they are. */
function probablyMeant(rest: string): string | undefined {
  if (withoutPrefix.includes(rest)) return rest;
  const prefixed = new Map(knownVariables.map((name) => [name.slice(prefix.length), name]));
  const near = didYouMean(rest, [...prefixed.keys(), ...withoutPrefix]);
  return near === undefined ? undefined : (prefixed.get(near) ?? near);
}
