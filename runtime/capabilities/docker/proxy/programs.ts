import { usesOf } from '../demands-of-calls.ts';
import { integerOf, objectOf, textOf } from '../wire/answers.ts';
import { EngineError } from '../wire/errors.ts';
import type { SocketContext } from './asking.ts';
import { readEnvironment } from './container-request.ts';
import { Fields } from './fields.ts';
import type { NamedContainer, NamedExec } from './names.ts';
import { denied, missing, Refusal } from './refusal.ts';
import { forms, isOn, type Joined, json, param, type Reply, type Route, type SocketRequest } from './route.ts';

const one = '([A-Za-z0-9][A-Za-z0-9_.-]{0,127})';
const execId = '([0-9a-f]{64})';

/** The streams of programs in containers, their logs, and further programs in them. */
export const programRoutes: readonly Route[] = [
  {
    kind: 'join',
    method: 'POST',
    path: new RegExp(`^/containers/${one}/attach$`, 'u'),
    query: {
      stream: forms.flag,
      stdin: forms.flag,
      stdout: forms.flag,
      stderr: forms.flag,
      logs: forms.flag,
      detachKeys: /^$/u,
    },
    join: attach,
  },
  {
    kind: 'answer',
    method: 'GET',
    path: new RegExp(`^/containers/${one}/logs$`, 'u'),
    query: {
      stdout: forms.flag,
      stderr: forms.flag,
      follow: forms.flag,
      timestamps: forms.flag,
      details: forms.off,
      since: forms.time,
      until: forms.time,
      tail: /^(?:|all|-1|[0-9]{1,9})$/u,
    },
    body: 'none',
    answer: logs,
  },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/containers/${one}/exec$`, 'u'),
    query: {},
    body: 'json',
    answer: createExec,
  },
  { kind: 'join', method: 'POST', path: new RegExp(`^/exec/${execId}/start$`, 'u'), query: {}, join: joinExec },
  {
    kind: 'answer',
    method: 'POST',
    path: new RegExp(`^/exec/${execId}/start$`, 'u'),
    query: {},
    body: 'json',
    answer: startExec,
  },
  {
    kind: 'answer',
    method: 'GET',
    path: new RegExp(`^/exec/${execId}/json$`, 'u'),
    query: {},
    body: 'none',
    answer: inspectExec,
  },
];

async function attach(context: SocketContext, request: Omit<SocketRequest, 'incoming'>): Promise<Joined> {
  const { names, asking, session, over } = context;
  const container = names.container(param(request));
  asking.requireContainer(container);
  const { query } = request;
  const stdin = isOn(query, 'stdin') ? 'open' : 'none';
  const wanted = ['stream', 'stdin', 'stdout', 'stderr', 'logs'].filter((key) => isOn(query, key));
  const daemon = await session.daemon.engine.hijack({
    method: 'POST',
    path: `/containers/${container.record.id}/attach`,
    query: Object.fromEntries(wanted.map((key) => [key, '1'])),
    signal: over,
  });
  return { daemon, stdin };
}

/** Of a container: to read what it has written is granted by `logs`. */
async function logs(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { names, asking, session, over } = context;
  const { record } = names.container(param(request));
  asking.requireIn('logs', { container: record.id }, { kind: 'image', operation: 'logs', image: record.image });
  const wanted = ['stdout', 'stderr', 'follow', 'timestamps', 'since', 'until', 'tail'].flatMap((key) => {
    const value = request.query.get(key) ?? '';
    return value === '' ? [] : [[key, value === '-1' ? 'all' : value]];
  });
  const source = await session.daemon.engine.stream({
    method: 'GET',
    path: `/containers/${record.id}/logs`,
    query: Object.fromEntries(wanted),
    signal: over,
  });
  return { kind: 'stream', type: 'application/vnd.docker.multiplexed-stream', source };
}

function requireExec(
  { asking }: SocketContext,
  { record, args }: NamedContainer,
  exec: object & { user?: string },
): void {
  asking.requireIn(
    'exec',
    { container: record.id, ...exec },
    {
      kind: 'container',
      operation: 'exec',
      image: record.image,
      // What the container has was granted to whoever made it; a program in it has that too.
      uses: {
        ...usesOf(args),
        user: exec.user === undefined ? record.uses.user : 'other',
        ports: [],
        limits: {},
      },
    },
  );
}

async function createExec(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { names, session } = context;
  const container = names.container(param(request));
  const fields = new Fields(request.json, '');
  const command = fields.texts('Cmd') ?? [];
  const env = readEnvironment(fields);
  const workdir = fields.text('WorkingDir');
  const user = fields.text('User');
  const stdin = fields.flag('AttachStdin');
  const [stdout, stderr] = [fields.flag('AttachStdout'), fields.flag('AttachStderr')];
  fields.flag('Detach');
  fields.oneOf('Tty', [], 'There is no terminal here: leave `-t` out (compose: `exec -T`).');
  fields.list('ConsoleSize');
  // Older compose names it here too.
  fields.oneOf('Container', [container.record.id], 'Leave it out.');
  fields.idle('Privileged', 'DetachKeys');
  fields.done();
  const asked = {
    command,
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(workdir === '' ? {} : { workdir }),
    ...(user === '' ? {} : { user }),
  };
  requireExec(context, container, asked);
  const made = objectOf(
    await session.daemon.engine.ask({
      method: 'POST',
      path: `/containers/${container.record.id}/exec`,
      json: {
        Cmd: command,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        AttachStdin: stdin,
        AttachStdout: stdout,
        AttachStderr: stderr,
        Tty: false,
        Privileged: false,
        ...(user === '' ? {} : { User: user }),
        ...(workdir === '' ? {} : { WorkingDir: workdir }),
      },
    }),
    'exec',
  );
  const id = textOf(made['Id'], 'id');
  if (!/^[0-9a-f]{64}$/u.test(id)) throw new EngineError(0, 'the daemon gave an exec an id that is none');
  names.addExec({ id, container, stdin: stdin ? 'open' : 'none' });
  return json({ Id: id }, 201);
}

function findExec({ names }: SocketContext, id: string): NamedExec {
  const found = names.execs.get(id);
  if (found === undefined) throw missing('exec instance', id);
  return found;
}

/** How it is started; `Detach` decides whether somebody listens. */
function readStart(body: SocketRequest['json']): { readonly detached: boolean } {
  const fields = new Fields(body, '');
  const detached = fields.flag('Detach');
  fields.idle('Tty');
  fields.list('ConsoleSize');
  fields.done();
  return { detached };
}

async function joinExec(context: SocketContext, request: Omit<SocketRequest, 'incoming'>): Promise<Joined> {
  const exec = findExec(context, param(request));
  if (readStart(request.json).detached) throw new Refusal(400, 'a detached program has no streams to join');
  context.asking.requireContainer(exec.container);
  const daemon = await context.session.daemon.engine.hijack({
    method: 'POST',
    path: `/exec/${exec.id}/start`,
    json: { Detach: false, Tty: false },
    signal: context.over,
  });
  return { daemon, stdin: exec.stdin };
}

async function startExec(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const exec = findExec(context, param(request));
  context.asking.requireContainer(exec.container);
  if (!readStart(request.json).detached) {
    throw denied('its streams are asked for without an upgrade to `tcp`', 'Use a client that asks for one.');
  }
  await context.session.daemon.engine.ask({
    method: 'POST',
    path: `/exec/${exec.id}/start`,
    json: { Detach: true, Tty: false },
  });
  return { kind: 'empty', status: 200 };
}

async function inspectExec(context: SocketContext, request: SocketRequest): Promise<Reply> {
  const { id, container } = findExec(context, param(request));
  const path = `/exec/${id}/json`;
  const found = objectOf(await context.session.daemon.engine.ask({ method: 'GET', path }), 'exec');
  const isRunning = found['Running'] === true;
  return json({
    ID: id,
    Running: isRunning,
    ExitCode: isRunning ? null : integerOf(found['ExitCode'], 'exit code'),
    Pid: 0,
    ContainerID: container.record.id,
  });
}
