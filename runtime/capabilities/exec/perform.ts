import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Json } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import type { DockerMachinery } from '../docker/operations/machinery.ts';
import type { DockerSocket } from '../docker/proxy/open.ts';
import { namesOf } from '../fs/operation.ts';
import { veilText } from '../veil.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import { matchArgs } from './args-match.ts';
import { type BinarySearch, findBinary, requireSameBinary } from './binary.ts';
import { boundProgram } from './bounds.ts';
import { inventedEtc } from './bubblewrap-options.ts';
import { type ExecArgs, maxTimeoutMs, variablesOf } from './call.ts';
import { type Confine, unavailable } from './confine.ts';
import { type Egress, openEgress } from './egress/open.ts';
import { buildEnvironment, type EnvironmentParts } from './environment.ts';
import { type ExecFolder, makeExecFolder, type Owner, readExecFiles, writeExecFile } from './folder.ts';
import { gracesOf } from './graces.ts';
import { effectiveLimits } from './limits.ts';
import { boundedSink, type OutputSink, openSink } from './output.ts';
import { pinBinary } from './pinned.ts';
import type { PipeSupply } from './pipes.ts';
import { ownerOf, realFolder } from './places.ts';
import type { ExecMachinePowers, ExecPowers } from './powers.ts';
import type { Launch } from './program.ts';
import { revealer } from './revealed.ts';
import type { ExecEffective } from './rule.ts';
import { runToEnd } from './run.ts';

type AuthorizedExec = Authorized<ExecArgs, ExecEffective>;

/** Of net's own schema. */
const maxUrlLength = 8192;

/** What perform() is made of, beside the scope. */
export interface ExecMachinery {
  readonly powers: ExecPowers;
  readonly machine: ExecMachinePowers;
  readonly confine: Confine;
  readonly pipes: PipeSupply;
  readonly docker: DockerMachinery;
}

/** One exec, from the authorized call to the answer. */
export async function performExec(
  authorized: AuthorizedExec,
  scope: CallScope,
  machinery: ExecMachinery,
): Promise<Json> {
  requireAuthorized(authorized);
  const { args, effective } = authorized;
  if (scope.signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
  const graces = gracesOf(args.graces, scope, machinery.powers.graces);
  const search: BinarySearch = { path: scope.sandbox.path, writable: [scope.workspace, scope.temp()] };
  const binary = findBinary(args.command, search);
  requireSameBinary(binary, effective.commands, search);
  requireGrantedUrls(authorized);
  const workspace = realFolder(scope.workspace, []);
  const cwd = realFolder(scope.workspace, args.cwd === undefined ? [] : namesOf(args.cwd));
  const owner = ownerOf(workspace, effective.profile, scope.sandbox.user);
  const secrets = revealer(effective, scope);

  const id = Buffer.from(scope.random.bytes(16)).toString('hex');
  await using folder = makeExecFolder(scope.temp(), `exec-${id}`, owner);
  const pinned = await pinBinary(binary, effective.sha256, folder);
  const { powers, machine } = machinery;
  using egress = await openEgress(authorized, { scope, search, powers: { ...powers, ...machine } });
  for (const [name, file] of Object.entries(args.files ?? {})) {
    writeExecFile(folder, { name, content: secrets.reveal(file.content ?? '', file.escape) }, owner);
  }
  const { sandbox } = scope;
  const { profile } = effective;
  // Few programs have one, so that loading what serves it would only hold up the others.
  const dockerProxy = args.docker === undefined ? undefined : await import('../docker/proxy/open.ts');
  const dockerContext = {
    scope,
    machinery: machinery.docker,
    folder,
    owner,
    profile,
    workspaces: [...new Set([scope.workspace, workspace])],
  };
  await using docker = await dockerProxy?.openDockerSocket(authorized, dockerContext);
  const etc = profile === 'workspace' ? writeEtc(folder, egress) : [];
  const confinement = await machinery.confine({
    profile,
    sandbox,
    workspace,
    alias: scope.workspace,
    folder,
    owner,
    docker: docker?.folder,
    etc,
    entry: egress !== undefined && machine.uid !== 0 ? 'as the same user' : 'as root or not at all',
    id,
    search,
  });
  const limits = effectiveLimits(effective.limits, { profile, machineMemory: machine.memory });
  await using bounds = boundProgram({ limits, egress, owner, profile, sandbox, search, powers, machine });
  const own = { scope, folder, id: confinement.id, egress, docker };
  const environment = buildEnvironment(environmentParts(args, own), effective.env);
  using stdin = await openInput(authorized, { scope, folder, owner, reveal: secrets.reveal });
  using pipes = await machinery.pipes({ search, owner });
  const launch: Launch = {
    binary,
    copy: pinned?.copy,
    argv: (args.args ?? []).map((arg) => (typeof arg === 'string' ? arg : pathOfFile(folder, args, arg.file))),
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, secrets.reveal(value)])),
    cwd,
    stdin: stdin.stdio,
    ...pipes.writers,
    prepare: bounds.prepare,
  };
  scope.audit.note({
    program: binary.file,
    ...(pinned === undefined ? {} : { sha256: pinned.sha256 }),
    profile,
    confinement: confinement.kind,
    ...(secrets.used().length === 0 ? {} : { secrets: secrets.used() }),
  });
  const finished = await runToEnd({
    start: () => confinement.start(launch),
    pipes,
    ...openSinks(authorized, scope),
    timeout_ms: Math.min(args.timeout_ms ?? maxTimeoutMs, limits.time ?? maxTimeoutMs),
    watches: bounds.watches,
    scope,
    graces,
    powers,
    notStarted: (why) => notStarted(why, confinement.kind),
  });
  const { end, stdout, stderr } = finished;
  scope.audit.note({ exit_code: end.code });
  const shown = (bytes: Buffer): string => veilText(bytes.toString(), scope.secrets, secrets.used());
  const files = readExecFiles(folder, args.files ?? {});
  return {
    exit_code: end.code,
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    ...(stdout === undefined ? {} : { stdout: shown(stdout) }),
    ...(stderr === undefined ? {} : { stderr: shown(stderr) }),
    files: Object.fromEntries([...files].map(([name, content]) => [name, shown(content)])),
  };
}

/** What execve(2) says of arguments and variables that are too long together, through Node, bubblewrap and prlimit. */
const tooLong = /E2BIG|Argument list too long/;

/** What bubblewrap says of a folder that was there a moment ago; nothing else writes before the program runs. */
const folderGone = /^bubblewrap ended with exit code 1 bwrap: Can't chdir to /;

function notStarted(why: string, confinement: string): CallFailure {
  if (tooLong.test(why)) {
    const remedy = 'Hand long text over in `files` or `stdin`.';
    return new CallFailure('INVALID_ARGUMENTS', 'the arguments and variables are longer than a program can be given', {
      remedy,
    });
  }
  if (folderGone.test(why)) {
    return new CallFailure('NOT_FOUND', 'the folder that is its `cwd` vanished before the program started');
  }
  return confinement === 'bubblewrap' ? unavailable(why) : new CallFailure('FAILED', `it could not be started: ${why}`);
}

/** Refuses a URL of the arguments that must be one that net grants, and isn't. */
function requireGrantedUrls(authorized: AuthorizedExec): void {
  const { args, effective } = authorized;
  const isGranted = (url: string): boolean =>
    url.length <= maxUrlLength &&
    authorized.implied({ capability: 'net', operation: 'request', args: { url } }).kind === 'allowed';
  for (const rule of effective.args) {
    const match = matchArgs(rule, args.args ?? [], isGranted);
    if (match.matches) continue;
    throw new CallFailure('DENIED', `${match.why} that \`net\` grants`, {
      rule: 'exec args: granted',
      remedy: 'Grant the URL to `net` too, with the method GET, in every layer.',
    });
  }
}

/** Writes what the program finds in /etc; the names. */
function writeEtc(folder: ExecFolder, egress: Egress | undefined): readonly string[] {
  const files = Object.entries(inventedEtc(folder.home, egress?.etc));
  for (const [name, content] of files) {
    const path = join(folder.etc, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, content, { mode: 0o644 });
  }
  return files.map(([name]) => name);
}

function environmentParts(
  args: ExecArgs,
  {
    scope,
    folder,
    id,
    egress,
    docker,
  }: {
    readonly scope: CallScope;
    readonly folder: ExecFolder;
    readonly id: string;
    readonly egress: Egress | undefined;
    readonly docker: DockerSocket | undefined;
  },
): EnvironmentParts {
  const files = Object.entries(args.files ?? {}).flatMap(([name, file]) =>
    variablesOf(file).map((key) => [key, join(folder.files, name)] as const),
  );
  const { WATERFLOW_EGRESS, ...proxies } = egress?.environment ?? {};
  return {
    base: { PATH: scope.sandbox.path.join(':'), HOME: folder.home, LANG: 'C.UTF-8', ...proxies },
    step: args.step_env === true ? scope.env : {},
    inherited: args.step_env === true ? scope.inherited : undefined,
    call: { ...args.env, ...Object.fromEntries(files) },
    agent: {
      WATERFLOW_FILES: folder.files,
      WATERFLOW_EXEC_ID: id,
      ...(WATERFLOW_EGRESS === undefined ? {} : { WATERFLOW_EGRESS }),
      ...docker?.environment,
    },
  };
}

function pathOfFile(folder: ExecFolder, args: ExecArgs, name: string): string {
  if (!Object.hasOwn(args.files ?? {}, name)) {
    throw new CallFailure('INVALID_ARGUMENTS', `an argument names the file \`${name}\`, which is not among \`files\``);
  }
  return join(folder.files, name);
}

/** What goes to stdin. */
interface Input extends Disposable {
  readonly stdio: Launch['stdin'];
}

/** Text goes through a file that has no name any more when the program gets it: it may be larger than a pipe. */
async function openInput(
  authorized: AuthorizedExec,
  context: {
    readonly scope: CallScope;
    readonly folder: ExecFolder;
    readonly owner: Owner;
    readonly reveal: (text: string) => string;
  },
): Promise<Input> {
  const { stdin } = authorized.args;
  if (stdin === undefined) return { stdio: 'ignore', [Symbol.dispose]: () => undefined };
  const fd =
    typeof stdin === 'string'
      ? unnamedFile(join(context.folder.root, 'stdin'), context.reveal(stdin), context.owner)
      : openWorkspaceInput(authorized, context.scope, stdin.file).fd;
  return { stdio: fd, [Symbol.dispose]: () => closeSync(fd) };
}

function unnamedFile(path: string, content: string, owner: Owner): number {
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  const fd = openSync(path, 'r');
  rmSync(path);
  return fd;
}

function openSinks(
  authorized: AuthorizedExec,
  scope: CallScope,
): { readonly stdout: OutputSink; readonly stderr: OutputSink } {
  const { args } = authorized;
  const common = { max_bytes: args.max_bytes, asking: authorized, scope };
  const counter = { bytes: 0 };
  const bounded = (sink: OutputSink): OutputSink => boundedSink(sink, counter, authorized.effective.limits.output);
  const stdout = bounded(openSink(args.stdout ?? 'log', { stream: 'stdout', ...common }));
  try {
    return { stdout, stderr: bounded(openSink(args.stderr ?? 'log', { stream: 'stderr', ...common })) };
  } catch (cause) {
    stdout.discard();
    throw cause;
  }
}
