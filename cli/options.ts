import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../schemas/index.ts';

/** Collects the values of an option that may be repeated. */
export const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];
/** As `collect`, but undefined where the option isn't given at all. */
export const collectGiven = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];
/** `a,b`, also when it is repeated. */
export const collectNames = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  ...value.split(',').flatMap((name) => name.trim() || []),
];
/** A whole number from 1 on. */
export function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}
/** A duration in milliseconds, both bounds included. */
export function durationWithin({
  least,
  most,
}: {
  readonly least: number;
  readonly most: number;
}): (text: string) => number {
  return (text) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds >= least && milliseconds <= most) return milliseconds;
    throw new InvalidArgumentError('It must be a duration such as 24h or 90d, neither too short nor too long.');
  };
}
/** `--json`. */
export const json = (): Option => new Option('--json', 'machine-readable output on stdout');
/** `--policy`. */
export const policy = (): Option =>
  new Option(
    '--policy <file>',
    'the policy file (default: WATERFLOW_POLICY, /etc/waterflow/policy.yaml, the shipped one)',
  );
/** `--state`. */
export const state = (): Option =>
  new Option(
    '--state <folder>',
    'where runs are kept (default: $XDG_STATE_HOME/waterflow, else ~/.local/state/waterflow)',
  );
/** `--checkpoints`, of commands that run something. */
export const checkpoints = (): Option =>
  new Option(
    '--checkpoints <place>',
    "a file or folder, best on another disk, for the audit log's signed checkpoints (default: WATERFLOW_AUDIT_CHECKPOINTS)",
  );
/** `--grant`. */
export const grant = (): Option =>
  new Option(
    '--grant <capability[=entry]>',
    'approve the plugin, and let it have only this: a capability that it requests (fs), or an entry of one (\'fs={ write: "out/**" }\'); may be repeated',
  )
    .argParser(collect)
    .default([]);
/** `--approve`. */
export const approve = (): Option =>
  new Option('--approve <plugin>', 'grant what this plugin requests, e.g. ./my-plugin; may be repeated')
    .argParser(collect)
    .default([]);
/** `--input`. */
export const input = (): Option =>
  new Option('--input <name=value>', 'an input; may be repeated').argParser(collect).default([]);
/** `--var`. */
export const variable = (): Option =>
  new Option('--var <name=value>', 'a value of the `vars` context; may be repeated').argParser(collect).default([]);
/** `--label`, of what is made on a server. */
export const label = (description: string): Option =>
  new Option('--label <key=value>', description).argParser(collect).default([]);
/** `--secret`, of commands that run something. */
export const secret = (): Option =>
  new Option('--secret <name[=value]>', 'a secret; without a value it is read from the environment; may be repeated')
    .argParser(collect)
    .default([]);
/** `--server`, of commands that ask a server. */
export const server = (): Option =>
  new Option('--server <url>', 'the server, with the key in WATERFLOW_API_KEY (default: WATERFLOW_SERVER_URL)');
/** `--profile`, of the same. */
export const profile = (): Option =>
  new Option('--profile <name>', 'a server of $XDG_CONFIG_HOME/waterflow/config.yaml (default: its default-profile)');
/** `--trust`. */
export const trust = (): Option =>
  new Option('--trust <file>', 'whose signatures count (default: WATERFLOW_TRUST, /etc/waterflow/trust.yaml)');
