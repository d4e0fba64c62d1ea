import type { Json } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import type { ImageArgs, LoginArgs, VolumeArgs } from '../call.ts';
import { tryCredentials } from '../credentials.ts';
import { within } from '../deadline.ts';
import { imageDemands, loginDemands, volumeDemands } from '../demands-of-calls.ts';
import { findImage, pullImage, pushImage, requireImageName } from '../image.ts';
import { formatImageName } from '../image-name.ts';
import { Revealer } from '../secrets.ts';
import { type DockerHostCall, type DockerMachinery, dockerOperation } from './machinery.ts';

/** `docker.pull`: fetches an image from its registry. */
export function pullOperation(machinery: DockerMachinery): DockerHostCall<ImageArgs> {
  return dockerOperation('pull', machinery, {
    image: ({ image }) => image,
    demands: imageDemands('pull'),
    async perform({ authorized, args, scope, session }): Promise<Json> {
      const name = requireImageName(args.image);
      const { time_ms } = authorized.effective.limits;
      const image = await pullImage(name, {
        engine: session.daemon.engine,
        logins: machinery.logins,
        scope,
        timeout_ms: Math.min(time_ms, args.timeout_ms ?? time_ms),
      });
      scope.audit.note({
        image: formatImageName(name),
        image_id: image.id,
        digests: image.digests,
        bytes: image.bytes,
      });
      return { image: image.id, digests: image.digests, bytes: image.bytes };
    },
  });
}

/** `docker.push`: sends an image to its registry. */
export function pushOperation(machinery: DockerMachinery): DockerHostCall<ImageArgs> {
  return dockerOperation('push', machinery, {
    image: ({ image }) => image,
    demands: imageDemands('push'),
    async perform({ authorized, args, scope, session }): Promise<Json> {
      const name = requireImageName(args.image);
      const { engine } = session.daemon;
      const image = await findImage(engine, formatImageName(name));
      if (image === undefined)
        throw new CallFailure('NOT_FOUND', `the daemon has no image \`${formatImageName(name)}\``);
      scope.audit.note({ image: formatImageName(name), image_id: image.id, bytes: image.bytes });
      const { time_ms } = authorized.effective.limits;
      const digest = await pushImage(name, {
        engine,
        logins: machinery.logins,
        scope,
        timeout_ms: Math.min(time_ms, args.timeout_ms ?? time_ms),
      });
      scope.audit.note({ digest: digest ?? null });
      return { image: image.id, ...(digest === undefined ? {} : { digest }) };
    },
  });
}

/** Registries answer a login in a moment. */
const loginTimeoutMs = 60_000;

/** `docker.login`: credentials for the pulls and pushes of this invocation. */
export function loginOperation(machinery: DockerMachinery): DockerHostCall<LoginArgs> {
  return dockerOperation('login', machinery, {
    demands: loginDemands,
    async perform({ authorized, args, scope, session }): Promise<Json> {
      const [demand] = loginDemands(args);
      const registry = demand?.kind === 'registry' ? demand.registry : args.registry;
      const secrets = new Revealer(authorized.effective, scope);
      const credentials = { username: secrets.reveal(args.username), password: secrets.reveal(args.password) };
      scope.audit.note({ registry, ...secrets.noted });
      await within(scope, {
        doing: `logging in at \`${registry}\``,
        timeout_ms: loginTimeoutMs,
        act: (signal) => tryCredentials(session.daemon.engine, { registry, credentials, signal }),
      });
      machinery.logins.keep(scope, registry, credentials);
      return null;
    },
  });
}

/** `docker.create_volume`: a volume of the run; mounting it would make it too. */
export function createVolumeOperation(machinery: DockerMachinery): DockerHostCall<VolumeArgs> {
  return dockerOperation('create_volume', machinery, {
    demands: volumeDemands,
    async perform({ args, scope, session }): Promise<Json> {
      await session.volume(args.name, scope);
      return null;
    },
  });
}

/** `docker.remove_volume`: before the run ends. */
export function removeVolumeOperation(machinery: DockerMachinery): DockerHostCall<VolumeArgs> {
  return dockerOperation('remove_volume', machinery, {
    demands: volumeDemands,
    async perform({ args, session }): Promise<Json> {
      await session.removeVolume(args.name);
      return null;
    },
  });
}
