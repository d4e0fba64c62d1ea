import { closeSync, createReadStream } from 'node:fs';
import { constants } from 'node:os';
import { pipeline } from 'node:stream/promises';
import type { Client, ClientChannel } from 'ssh2';
import type { Json } from '../../../schemas/index.ts';
import { noNul, output, workspaceFile } from '../argument-schemas.ts';
import { CallFailure } from '../capability.ts';
import type { OutputTarget } from '../exec/call.ts';
import { drain, type OutputSink, openSink } from '../exec/output.ts';
import { harmless } from '../harmless.ts';
import { veilText } from '../veil.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import type { HostArgs } from './call.ts';
import { secretsOfLogin } from './login.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { shellLine } from './quote.ts';

/** Arguments of `ssh.exec`. */
interface SshExecArgs extends HostArgs {
  readonly command: string;
  readonly args?: readonly string[];
  readonly stdin?: string | { readonly file: string };
  readonly stdout?: OutputTarget;
  readonly stderr?: OutputTarget;
  readonly max_bytes?: number;
}

/** Of a captured stream, at most: both cross to the guest in one frame. */
const captureLimitBytes: number = 4 * 1024 * 1024;
/** Of the command with its arguments: what a shell can be given is about 2 MiB, and one argument 128 KiB. */
const maxLineLength = 131_071;
/** How long a program has after TERM, and after KILL, before the connection is cut. */
const termGraceMs = 2500;
const killGraceMs = 500;

/** Runs a program on the other machine. Its exit code is the answer, not a failure. */
export function execOperation(make: MakeSshOperation): SshOperation<SshExecArgs> {
  return make<SshExecArgs>({
    required: ['command'],
    properties: {
      command: { type: 'string', minLength: 1, maxLength: 4096, pattern: noNul },
      args: {
        type: 'array',
        maxItems: 4096,
        items: { type: 'string', maxLength: maxLineLength, pattern: noNul },
      },
      stdin: { oneOf: [{ type: 'string' }, workspaceFile] },
      stdout: output,
      stderr: output,
      max_bytes: { type: 'integer', minimum: 0, maximum: captureLimitBytes },
    },
    needs: ({ command, args = [] }) => [{ kind: 'command', command, args }],
    timeout_ms: undefined,
    prepare({ args, authorized, scope }) {
      if (shellLine(args.command, args.args ?? []).length > maxLineLength) {
        throw new CallFailure(
          'INVALID_ARGUMENTS',
          `the command with its arguments is longer than ${maxLineLength} characters`,
          {
            remedy: 'Hand long text over in `stdin`, or upload it.',
          },
        );
      }
      // Refused before anybody is connected to.
      if (typeof args.stdin === 'object') closeSync(openWorkspaceInput(authorized, scope, args.stdin.file).fd);
    },
    perform: runRemotely,
  });
}

/** How the program ended. */
interface RemoteEnd {
  readonly code: number;
  readonly signal: string | undefined;
}

async function runRemotely(call: SshCall<SshExecArgs>): Promise<Json> {
  const { args, authorized, connection, scope } = call;
  const common = { max_bytes: args.max_bytes, asking: authorized, scope };
  const stdout = openSink(args.stdout ?? 'log', { stream: 'stdout', ...common });
  let stderr: OutputSink | undefined;
  try {
    stderr = openSink(args.stderr ?? 'log', { stream: 'stderr', ...common });
    const end = await carryOut(call, { stdout, stderr });
    scope.audit.note({ exit_code: end.code });
    const shown = (bytes: Buffer): string => veilText(bytes.toString(), scope.secrets, secretsIn(call));
    const captured = { stdout: stdout.commit(), stderr: stderr.commit() };
    return {
      exit_code: end.code,
      ...(end.signal === undefined ? {} : { signal: end.signal }),
      ...(captured.stdout === undefined ? {} : { stdout: shown(captured.stdout) }),
      ...(captured.stderr === undefined ? {} : { stderr: shown(captured.stderr) }),
    };
  } catch (cause) {
    connection.fail(new CallFailure('FAILED', 'the call has ended'));
    throw cause;
  } finally {
    // Do nothing where they were committed.
    stdout.discard();
    stderr?.discard();
  }
}

/** The secrets that went into the login, which a program there could know and print. */
function secretsIn({ connection }: SshCall<SshExecArgs>): readonly string[] {
  const { login } = connection.route;
  return login === undefined ? [] : secretsOfLogin(login);
}

async function carryOut(
  call: SshCall<SshExecArgs>,
  sinks: { readonly stdout: OutputSink; readonly stderr: OutputSink },
): Promise<RemoteEnd> {
  const { args, connection, authorized, scope } = call;
  const line = shellLine(args.command, args.args ?? []);
  // No pseudo-terminal, no environment, no forwarding of anything.
  const { channel, ended, exited } = await connection.until<RunningProgram>((settle) => {
    connection.client.exec(line, (error, opened) => {
      if (error !== undefined) settle(notRun(error, connection.where));
      // Here and now: what the server says next may lie in the same packet of the network.
      else settle(undefined, { channel: opened, ...endOf(opened, connection.where) });
    });
  });
  const end = (): Promise<void> => endProgram({ channel, client: connection.client, exited });
  connection.beforeAbort(end);
  // A stream that isn't read to its end closes the channel, after which no signal gets through.
  const ending = (sink: OutputSink): OutputSink => ({
    ...sink,
    write: (chunk) =>
      sink.write(chunk).catch(async (cause: unknown) => {
        await end();
        throw cause;
      }),
  });
  const fed = feed(channel, args.stdin, (file) => openWorkspaceInput(authorized, scope, file).fd);
  const settled = connection.until<RemoteEnd>((settle) => {
    Promise.all([ended, drain(channel, ending(sinks.stdout)), drain(channel.stderr, ending(sinks.stderr)), fed]).then(
      ([end]) => settle(undefined, end),
      (cause: Error) => settle(cause, { code: 0, signal: undefined }),
    );
  });
  try {
    return await settled;
  } catch (cause) {
    await end();
    throw cause;
  }
}

function notRun(cause: Error, where: string): CallFailure {
  return new CallFailure('FAILED', `${where} does not run the command: ${harmless(cause.message)}`);
}

interface Ending {
  /** With all that it printed. */
  readonly ended: Promise<RemoteEnd>;
  /** The program itself, though not all that it printed was read. */
  readonly exited: Promise<void>;
}

interface RunningProgram extends Ending {
  readonly channel: ClientChannel;
}

function endOf(channel: ClientChannel, where: string): Ending {
  // An error that nobody listens to would end the process; what goes wrong shows in the end of the streams.
  channel.on('error', () => undefined);
  channel.stderr.on('error', () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<RemoteEnd>();
  const exited = Promise.withResolvers<void>();
  let end: RemoteEnd | undefined;
  channel.on('exit', (code: number | null, name?: string) => {
    exited.resolve();
    end = code === null ? endBySignal(name ?? '') : { code, signal: undefined };
  });
  channel.on('close', () => {
    exited.resolve();
    if (end !== undefined) resolve(end);
    else reject(new CallFailure('FAILED', `${where} did not say how the command ended`));
  });
  // It is awaited together with the streams, which may fail first.
  promise.catch(() => undefined);
  return { ended: promise, exited: exited.promise };
}

function endBySignal(name: string): RemoteEnd {
  const signal = `SIG${name.replace(/^SIG/, '')}`;
  const number = Object.entries(constants.signals).find(([known]) => known === signal)?.[1];
  // A signal that this machine doesn't have keeps its name to itself.
  return number === undefined ? { code: 255, signal: undefined } : { code: 128 + number, signal };
}

/** Asks for the program's end, then insists on it. Servers that don't pass signals on leave it its broken connection. */
async function endProgram(program: RemoteProgram): Promise<void> {
  for (const { signal, graceMs } of [
    { signal: 'TERM', graceMs: termGraceMs },
    { signal: 'KILL', graceMs: killGraceMs },
  ]) {
    if (!sendSignal(program, signal)) return;
    const timer = Promise.withResolvers<'late'>();
    const handle = setTimeout(() => timer.resolve('late'), graceMs);
    const first = await Promise.race([program.exited.then(() => 'ended'), timer.promise]);
    clearTimeout(handle);
    if (first === 'ended') return;
  }
}

interface RemoteProgram {
  readonly channel: ClientChannel;
  readonly client: Client;
  readonly exited: Promise<void>;
}

/**
 * Sends a signal; false where it can't be sent any more. ssh2 1.17's own channel.signal() sends none once the input has ended,
 * which RFC 4254 doesn't ask for, so that this goes to the layer below.
 */
function sendSignal({ channel, client }: RemoteProgram, name: string): boolean {
  // Both are fields of the classes that ssh2's types don't tell of; what isn't there is seen below.
  const { outgoing } = channel as { readonly outgoing?: { readonly id?: number; readonly state?: string } };
  const { _protocol } = client as { readonly _protocol?: { signal?(channel: number, name: string): void } };
  if (outgoing?.id === undefined || (outgoing.state !== 'open' && outgoing.state !== 'eof')) return false;
  if (_protocol?.signal === undefined) return false;
  try {
    _protocol.signal(outgoing.id, name);
    return true;
  } catch {
    return false;
  }
}

/** Gives the program its standard input. One that doesn't want all of it is no failure. */
async function feed(
  channel: ClientChannel,
  stdin: SshExecArgs['stdin'],
  open: (file: string) => number,
): Promise<void> {
  if (stdin === undefined || typeof stdin === 'string') {
    channel.end(stdin ?? '');
    return;
  }
  const source = createReadStream('', { fd: open(stdin.file) });
  const closed = new AbortController();
  channel.once('close', () => closed.abort());
  try {
    await pipeline(source, channel.stdin, { signal: closed.signal });
  } catch (cause) {
    if (!closed.signal.aborted) throw cause;
  }
}
