import { definePlugin, type Host, type Plugin, type SshMoved, stepFailure } from 'waterflow/plugin';
import { checkMode, type Destination, destinationOf, endsOf, type Inputs, modeBits, patternsOf } from './inputs.ts';

type Outputs = Partial<SshMoved> | { readonly exit_code: number; readonly stdout?: string };

/** Of all files of a transfer; the entries of the grant, the quota of fs and the disk bound it before. */
const maxBytes = 1024 ** 4;
/** Of what a command prints, where it becomes an output: outputs have 1 MiB, and as JSON a character can take two bytes. */
const maxCapturedBytes = 512 * 1024;

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  checkMode(inputs);
  const destination = destinationOf(inputs);
  if (inputs.mode === 'exec') {
    return run(inputs, destination, host);
  }
  const move = inputs.mode === 'upload' ? upload : download;
  return report(await move(inputs, destination, host), host);
});
export default plugin;

async function upload(inputs: Inputs, destination: Destination, host: Host): Promise<SshMoved> {
  const { from } = endsOf(inputs, true);
  const isFolder = (await host.fs.stat(from))?.type === 'directory';
  return host.ssh.upload({
    ...destination,
    ...endsOf(inputs, isFolder),
    ...movingOf(inputs),
    ...(inputs.permissions === undefined ? {} : { mode: modeBits(inputs.permissions) }),
    ...(inputs.verify === true ? { verify: true } : {}),
  });
}

async function download(inputs: Inputs, destination: Destination, host: Host): Promise<SshMoved> {
  const { from, to } = endsOf(inputs, true);
  const found = to.endsWith('/') ? await host.ssh.stat({ ...destination, path: from }) : null;
  return host.ssh.download({
    ...destination,
    ...endsOf(inputs, found?.type !== 'file'),
    ...movingOf(inputs),
    ...(inputs.sha256 === undefined ? {} : { sha256: inputs.sha256 }),
  });
}

/** What both directions know. */
function movingOf(inputs: Inputs): {
  readonly compare?: 'checksum' | 'time';
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly resume: boolean;
  readonly links: 'refuse' | 'skip';
  readonly max_bytes: number;
} {
  const compare = inputs.compare ?? 'checksum';
  const include = patternsOf(inputs.include);
  const exclude = patternsOf(inputs.exclude);
  return {
    ...(compare === 'none' ? {} : { compare }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    resume: inputs.resume ?? false,
    links: inputs.links ?? 'refuse',
    max_bytes: maxBytes,
  };
}

function report(moved: SshMoved, host: Host): SshMoved {
  const unchanged = moved.unchanged ?? 0;
  host.log(`${moved.files} files moved (${moved.bytes} bytes), ${unchanged} left alone`);
  return { ...moved, unchanged };
}

async function run(inputs: Inputs, destination: Destination, host: Host): Promise<Outputs> {
  const { command, args = [], stdin, capture } = inputs;
  if (!command) {
    throw new Error('command: mode exec needs it');
  }
  const { exit_code, signal, stdout } = await host.ssh.exec({
    ...destination,
    command,
    args: args.map(String),
    ...(stdin === undefined ? {} : { stdin }),
    ...(capture === true ? { stdout: 'capture', max_bytes: maxCapturedBytes } : {}),
  });
  const outputs = { exit_code, ...(stdout === undefined ? {} : { stdout }) };
  if (exit_code === 0) {
    return outputs;
  }
  throw stepFailure(`${command} ended with exit code ${exit_code}${signal ? ` (${signal})` : ''}`, {
    outputs,
    remedy: 'The command ran there and failed; what it printed before is in the log.',
  });
}
