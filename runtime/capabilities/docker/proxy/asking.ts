import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { firstMisfit } from '../../../documents/schema-check.ts';
import type { Authorized, Implied } from '../../../grants/api.ts';
import type { HostCall } from '../../../host-call.ts';
import { CallFailure, type CallScope } from '../../capability.ts';
import { type DockerCall, dockerSchemas } from '../call.ts';
import type { DockerDemand } from '../demand.ts';
import { imageProblem } from '../demands-of-calls.ts';
import { require } from '../image.ts';
import { type ImageName, parseImageName } from '../image-name.ts';
import type { DockerMachinery } from '../operations/machinery.ts';
import type { DockerEffective } from '../rule.ts';
import type { RunSession } from '../session.ts';
import type { NamedContainer, Names } from './names.ts';
import type { OpenRequest } from './recorder.ts';
import { malformed } from './refusal.ts';

/** What the requests of one exec are carried out with. */
export interface SocketContext {
  readonly asking: Asking;
  /** Reveals no secret: what a client sends, it has. */
  readonly scope: CallScope;
  readonly session: RunSession;
  readonly machinery: DockerMachinery;
  readonly names: Names;
  /** The paths by which the program knows the workspace. */
  readonly workspaces: readonly string[];
  /** Those that were made on this socket and not started yet. */
  readonly unstarted: Set<NamedContainer>;
  /** Aborted when the exec ends, and every connection with it. */
  readonly over: AbortSignal;
}

/**
 * What the exec's own grant says to one request: it is asked about as the host call of docker that does the same, and that call is on
 * record, within the exec, before anything is done.
 */
export class Asking {
  readonly #exec: Pick<Authorized, 'implied'>;
  readonly #request: Pick<OpenRequest, 'line' | 'record'>;

  constructor(exec: Pick<Authorized, 'implied'>, request: Pick<OpenRequest, 'line' | 'record'>) {
    this.#exec = exec;
    this.#request = request;
  }

  /** The call, authorized; throws what denies it. `args` are those that the operation's schema describes. */
  require<Args extends object>(operation: DockerCall, args: Args): Authorized<Args, DockerEffective> {
    return this.first(operation, [args]);
  }

  /** The first of several ways that is granted; throws what denies the last. */
  first<Args extends object>(
    operation: DockerCall,
    ways: readonly [Args, ...(readonly Args[])],
  ): Authorized<Args, DockerEffective> {
    const [way, answer] = this.#firstOf(operation, ways);
    return this.#decided({ capability: 'docker', operation, args: recordedArgs(way) }, answer);
  }

  /** Whether it may make the container still, as it was made; what is asked of one needs that. */
  requireContainer({ args, record }: NamedContainer): DockerEffective {
    return this.#decided(this.#plain({ container: record.id }), this.#ask('start', args)).effective;
  }

  /** Reading the log of a container, or running something in it, is granted apart from making it. */
  requireIn(operation: 'logs' | 'exec', args: object, demand: DockerDemand): DockerEffective {
    return require(this.require(operation, args), demand);
  }

  /** What every exec with a socket may do, as it reaches nothing but what this run made. */
  recordFree(): void {
    this.#request.record(this.#plain({}), { kind: 'allowed', decided_by: [] });
  }

  /** Whether anything at all may be done with the image. */
  knows(image: ImageName, text: string): boolean {
    const ways = [
      ['start', { image: text, pull: 'never' }],
      ['start', { image: text, pull: 'never', under: 'compose' }],
      ['pull', { image: text }],
      ['push', { image: text }],
      ...(image.version.kind === 'tag' ? ([['build', { tag: text }]] as const) : []),
    ] as const;
    return ways.some(([operation, args]) => this.#ask(operation, args).kind === 'allowed');
  }

  /** The same of a text, which need not be a name. */
  knowsName(text: string): boolean {
    const parsed = parseImageName(text);
    return 'image' in parsed && this.knows(parsed.image, text);
  }

  #firstOf<Args extends object>(
    operation: DockerCall,
    [way, ...others]: readonly [Args, ...(readonly Args[])],
  ): readonly [Args, Implied] {
    const answer = this.#ask(operation, way);
    const [next, ...rest] = others;
    return answer.kind === 'allowed' || next === undefined ? [way, answer] : this.#firstOf(operation, [next, ...rest]);
  }

  #ask(operation: DockerCall, args: object): Implied {
    // What an operation takes is JSON.
    const json = args as unknown as JsonObject;
    const misfit = firstMisfit(dockerSchemas[operation], json);
    if (misfit !== undefined) throw malformed(`as docker.${operation}: ${misfit.message}`);
    const named = json[operation === 'build' ? 'tag' : 'image'];
    const problem = typeof named === 'string' ? imageProblem(named) : undefined;
    if (problem !== undefined) throw malformed(problem);
    return this.#exec.implied({ capability: 'docker', operation, args: json });
  }

  #decided<Args>(call: HostCall, answer: Implied): Authorized<Args, DockerEffective> {
    if (answer.kind === 'denied') {
      this.#request.record(call, answer);
      const { message, rule, remedy } = answer.denial;
      throw new CallFailure('DENIED', message, { rule, remedy });
    }
    this.#request.record(call, { kind: 'allowed', decided_by: answer.authorized.decided_by });
    // authorize() made it, of these arguments and by docker's own narrow().
    return answer.authorized as Authorized<Args, DockerEffective>;
  }

  /** A request for which docker has no operation of its own. */
  #plain(more: JsonObject): HostCall {
    return { capability: 'docker', operation: 'request', args: { request: this.#request.line, ...more } };
  }
}

/** Without the password of a login: a client has its value, and nobody knows it for a secret. */
function recordedArgs(args: object): Json {
  const json = args as unknown as JsonObject; // What an operation takes is JSON.
  return json['password'] === undefined ? json : { ...json, password: '***' };
}
