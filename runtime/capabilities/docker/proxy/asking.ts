import type { Json } from '../../../../schemas/index.ts';
import { firstMisfit } from '../../../documents/schema-check.ts';
import type { Authorized } from '../../../grants/api.ts';
import { CallFailure, type CallScope } from '../../capability.ts';
import { type DockerCall, dockerSchemas } from '../call.ts';
import type { DockerDemand } from '../demand.ts';
import { type ImageName, parseImageName } from '../image-name.ts';
import { require } from '../image.ts';
import type { DockerEffective } from '../rule.ts';
import type { DockerMachinery } from '../operations/machinery.ts';
import type { RunSession } from '../session.ts';
import type { NamedContainer, Names } from './names.ts';
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

/** What the exec's own grant says to a request: each is asked about as the host call of docker that does the same. */
export class Asking {
  readonly #exec: Pick<Authorized, 'implied'>;

  constructor(exec: Pick<Authorized, 'implied'>) {
    this.#exec = exec;
  }

  /** The call, authorized; else what denies it. `args` are those that the operation's schema describes. */
  try<Args extends object>(operation: DockerCall, args: Args): Authorized<Args, DockerEffective> | CallFailure {
    // What an operation takes is JSON.
    const json = args as unknown as Json;
    const misfit = firstMisfit(dockerSchemas[operation], json);
    if (misfit !== undefined) throw malformed(`as docker.${operation}: ${misfit.message}`);
    const answer = this.#exec.implied({ capability: 'docker', operation, args: json });
    // authorize() made it, of these arguments and by docker's own narrow().
    if (answer.kind === 'allowed') return answer.authorized as Authorized<Args, DockerEffective>;
    const { message, rule, remedy } = answer.denial;
    return new CallFailure('DENIED', message, { rule, remedy });
  }

  /** The same; throws what denies it. */
  require<Args extends object>(operation: DockerCall, args: Args): Authorized<Args, DockerEffective> {
    const answer = this.try(operation, args);
    if (answer instanceof CallFailure) throw answer;
    return answer;
  }

  /** The first of several ways that is granted; else what denies the last. */
  first<Args extends object>(
    operation: DockerCall,
    ways: readonly [Args, ...(readonly Args[])],
  ): Authorized<Args, DockerEffective> {
    for (const way of ways.slice(0, -1)) {
      const answer = this.try(operation, way);
      if (!(answer instanceof CallFailure)) return answer;
    }
    return this.require(operation, ways.at(-1) ?? ways[0]);
  }

  /** Whether it may make the container still, as it was made; what is asked of one needs that. */
  requireContainer({ args }: NamedContainer): DockerEffective {
    return this.require('start', args).effective;
  }

  /** Reading the log of a container, or running something in it, is granted apart from making it. */
  requireIn(operation: 'logs' | 'exec', args: object, demand: DockerDemand): DockerEffective {
    return require(this.require(operation, args), demand);
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
    return ways.some(([operation, args]) => !(this.try(operation, args) instanceof CallFailure));
  }

  /** The same of a text, which need not be a name. */
  knowsName(text: string): boolean {
    const parsed = parseImageName(text);
    return 'image' in parsed && this.knows(parsed.image, text);
  }
}
