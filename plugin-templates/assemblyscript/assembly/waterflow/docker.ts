// Containers and images of this machine's Docker daemon. What a run starts here ends with it.
import { asNumber, asText, call } from './call';
import { Result } from './failure';
import { Fields, textsOf } from './fields';
import { Json } from './json';
import { Ended, Streams } from './streams';

// What a container is made from. What isn't set is left out.
export class Container extends Streams {
  // A program with its arguments, in the place of the image's.
  command: string[] = [];
  // In the place of the image's.
  entrypoint: string[] = [];
  // Values may hold placeholders of granted secrets.
  env: Map<string, string> = new Map<string, string>();
  // The folder that the program begins in.
  workdir: string = '';
  // Default the owner of the workspace.
  user: string = '';
  // 'none' (default), 'run' or 'bridge'.
  network: string = '';
  // Folders and volumes, by folder() and volume().
  mounts: Json[] = [];
  // Paths, each of which gets an empty folder in memory.
  tmpfs: string[] = [];
  // 'write' (default), or 'read' where the image's own files may not be changed in this container.
  root: string = '';
  // What it may use.
  limits: Limits = new Limits();
  // 'missing' (default), 'always' or 'never'.
  pull: string = '';
  // The operation that grants it: 'run' (default) or 'compose'.
  under: string = '';
  // How long it may take, in milliseconds.
  timeout: f64 = 0;
  // Left out: as the image has it.
  healthCheck: HealthCheck = new HealthCheck();
  // What a container that is started is called by others of the run.
  name: string = '';
  // Of a container that is started, by port().
  ports: Json[] = [];

  constructor(public image: string) {
    super();
  }

  json(): Json {
    const fields = new Fields().text('image', this.image).texts('command', this.command);
    fields.texts('entrypoint', this.entrypoint).pairs('env', this.env).text('workdir', this.workdir);
    fields.text('user', this.user).text('network', this.network).items('mounts', this.mounts).texts('tmpfs', this.tmpfs);
    fields.text('root', this.root).value('limits', this.limits.json()).text('pull', this.pull).text('under', this.under);
    fields.number('timeout_ms', this.timeout).value('healthcheck', this.healthCheck.json());
    return this.with(fields.text('name', this.name).items('ports', this.ports));
  }
}

// What a container may use.
export class Limits {
  // Memory in bytes.
  memory: f64 = 0;
  // Processors, and parts of them.
  cpus: f64 = 0;
  // Processes and threads.
  processes: f64 = 0;

  json(): Json {
    const fields = new Fields().number('memory_bytes', this.memory).number('cpus', this.cpus);
    return orNone(fields.number('processes', this.processes).json);
  }
}

// Says whether a container is well; times are in milliseconds.
export class HealthCheck {
  // In Docker's words: 'CMD' and a program, 'CMD-SHELL' and a line, or 'NONE'.
  test: string[] = [];
  // Between two checks.
  interval: f64 = 0;
  // Of one check.
  timeout: f64 = 0;
  // Until a check that fails counts.
  startPeriod: f64 = 0;
  // Checks that fail one after the other.
  retries: f64 = 0;

  json(): Json {
    const fields = new Fields().texts('test', this.test).number('interval_ms', this.interval);
    fields.number('timeout_ms', this.timeout).number('start_period_ms', this.startPeriod);
    return orNone(fields.number('retries', this.retries).json);
  }
}

function orNone(object: Json): Json {
  return object.names().length == 0 ? Json.none() : object;
}

// A folder of the workspace; access is 'read' or 'write'.
export function folder(path: string, target: string, access: string = 'read'): Json {
  return new Fields().text('path', path).text('target', target).text('access', access).json;
}

// A volume that lives as long as the run.
export function volume(name: string, target: string, access: string = 'read'): Json {
  return new Fields().text('volume', name).text('target', target).text('access', access).json;
}

// A port of a container, and the one that it has on 127.0.0.1 of the agent's machine.
export function port(container: i32, host: i32): Json {
  return new Fields().number('container', container).number('host', host).json;
}

// An image, by its id and by what registries know it as. `bytes` is the size of one that was pulled.
export class Image {
  id: string;
  digests: string[];
  bytes: f64;

  constructor(answer: Json) {
    this.id = answer.text('image');
    this.digests = textsOf(answer.get('digests'));
    this.bytes = answer.number('bytes');
  }
}

// How a container's program ended, and what it was made from.
export class Ran extends Ended {
  image: Image;
  outOfMemory: bool;

  constructor(answer: Json) {
    super(answer);
    this.image = new Image(answer);
    this.outOfMemory = answer.flag('out_of_memory');
  }
}

// A program in a container of its own, which is gone when this answers.
export function run(container: Container): Result<Ran> {
  const answer = call('docker', 'run', container.json());
  return new Result(new Ran(answer.value), answer.failure);
}

// A container that goes on until it is removed, its time is up, or the run ends; gives its id.
export function start(container: Container): Result<string> {
  return asMember(call('docker', 'start', container.json()), 'container');
}

// A program in a container that is there. What isn't set is left out.
export class Program extends Streams {
  // Values may hold placeholders of granted secrets.
  env: Map<string, string> = new Map<string, string>();
  // The folder that the program begins in.
  workdir: string = '';
  // Default the container's.
  user: string = '';
  // How long it may take, in milliseconds.
  timeout: f64 = 0;

  constructor(
    public container: string,
    public command: string[],
  ) {
    super();
  }

  json(): Json {
    const fields = new Fields().text('container', this.container).texts('command', this.command).pairs('env', this.env);
    fields.text('workdir', this.workdir).text('user', this.user);
    return this.with(fields.number('timeout_ms', this.timeout));
  }
}

// A program in a container that this plugin started. Cancelled or out of time, it takes the container with it.
export function exec(program: Program): Result<Ended> {
  const answer = call('docker', 'exec', program.json());
  return new Result(new Ended(answer.value), answer.failure);
}

// What a container has written so far, captured unless the streams say otherwise; `tail` counts lines from the last, 0 for all.
export function logs(container: string, tail: i32 = 0, streams: Streams = new Streams()): Result<Ended> {
  const answer = call('docker', 'logs', streams.with(new Fields().text('container', container).number('tail', tail)));
  return new Result(new Ended(answer.value), answer.failure);
}

// Until a container ends by itself; gives its exit code.
export function wait(container: string, timeout: f64 = 0): Result<f64> {
  const answer = call('docker', 'wait', new Fields().text('container', container).number('timeout_ms', timeout).json);
  return asNumber(new Result(answer.value.get('exit_code'), answer.failure));
}

// How a container is. `status` is Docker's own word, as 'running'; so is `health`, '' where there is no check.
export class Status {
  status: string;
  exitCode: i32;
  outOfMemory: bool;
  image: string;
  health: string;

  constructor(answer: Json) {
    this.status = answer.text('status');
    this.exitCode = i32(answer.number('exit_code'));
    this.outOfMemory = answer.flag('out_of_memory');
    this.image = answer.text('image');
    this.health = answer.text('health');
  }
}

// How a container is that this run started; `under` is the operation that grants it.
export function status(container: string, under: string = ''): Result<Status> {
  const answer = call('docker', 'status', new Fields().text('container', container).text('under', under).json);
  return new Result(new Status(answer.value), answer.failure);
}

// Ends a container.
export function remove(container: string): Result<Json> {
  return call('docker', 'remove', new Fields().text('container', container).json);
}

// Fetches an image.
export function pull(image: string, timeout: f64 = 0): Result<Image> {
  const answer = call('docker', 'pull', new Fields().text('image', image).number('timeout_ms', timeout).json);
  return new Result(new Image(answer.value), answer.failure);
}

// Sends an image to its registry; gives its digest, '' where that gave none.
export function push(image: string, timeout: f64 = 0): Result<string> {
  return asMember(call('docker', 'push', new Fields().text('image', image).number('timeout_ms', timeout).json), 'digest');
}

// For the pulls and pushes of this invocation. The password may be a placeholder of a granted secret.
export function login(registry: string, username: string, password: string): Result<Json> {
  const fields = new Fields().text('registry', registry).text('username', username);
  return call('docker', 'login', fields.text('password', password).json);
}

// An image that is to be made from a folder of the workspace, by the classic builder. What isn't set is left out.
export class Build {
  // Default the workspace.
  context: string = '';
  // Within the context; default 'Dockerfile'.
  dockerfile: string = '';
  // Values of the Dockerfile's ARG.
  args: Map<string, string> = new Map<string, string>();
  // The stage to build.
  target: string = '';
  // 'none' (default), 'run' or 'bridge'.
  network: string = '';
  // What it may use: memory and processors.
  limits: Limits = new Limits();
  // How long it may take, in milliseconds.
  timeout: f64 = 0;

  constructor(public tag: string) {}

  json(): Json {
    const fields = new Fields().text('tag', this.tag).text('context', this.context).text('dockerfile', this.dockerfile);
    fields.pairs('args', this.args).text('target', this.target).text('network', this.network);
    return fields.value('limits', this.limits.json()).number('timeout_ms', this.timeout).json;
  }
}

// Makes an image; gives its id.
export function build(build: Build): Result<string> {
  return asMember(call('docker', 'build', build.json()), 'image');
}

// Makes a volume, as mounting it does; `under` is the operation that grants it.
export function createVolume(name: string, under: string = ''): Result<Json> {
  return call('docker', 'create_volume', new Fields().text('name', name).text('under', under).json);
}

// Removes a volume.
export function removeVolume(name: string, under: string = ''): Result<Json> {
  return call('docker', 'remove_volume', new Fields().text('name', name).text('under', under).json);
}

function asMember(answer: Result<Json>, key: string): Result<string> {
  return asText(new Result(answer.value.get(key), answer.failure));
}
