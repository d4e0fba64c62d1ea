import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { docker, importTestImage, testImage } from '../../capabilities/docker/testing/images.ts';
import type { Neighbour, NeighbourTokens } from './neighbour.ts';

/** A container of somebody else on the same daemon, with the canary in its environment; the image that may be granted; one that isn't. */
export function startDockerNeighbour({ file, marker }: NeighbourTokens): Promise<Neighbour> {
  importTestImage();
  const port = 8080;
  const labels = ['--label', 'dev.waterflow.run=other', '--label', 'dev.waterflow.tenant=other'];
  const serving = `while true; do echo $CANARY | nc -l -p ${port}; done`;
  const identity = ['--name', marker, '--hostname', marker, '--env', `CANARY=${file}`];
  const id = docker('run', '-d', '--init', ...identity, ...labels, testImage, 'sh', '-c', serving);
  const network = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const address = docker('inspect', '-f', network, id);
  const strange = `waterflow.test/strange-${randomBytes(4).toString('hex')}:1`;
  docker('tag', testImage, strange);
  return Promise.resolve({
    arena: {
      image: testImage,
      image_id: docker('image', 'inspect', '-f', '{{.Id}}', testImage).slice('sha256:'.length),
      strange_image: strange,
      other_container: id,
      other_name: marker,
      other_address: address,
    },
    secrets: {},
    received: () => '',
    trespasses: () => {
      const state = ask('inspect', '-f', '{{.State.Running}} {{.State.Paused}} {{.RestartCount}}', id);
      // What was changed in it: nothing is, by itself.
      const changed = ask('diff', id)
        .split('\n')
        .filter((line) => line.endsWith('/touched'));
      return [
        ...(state === 'true false 0' ? [] : [`a container of somebody else is now: ${state}`]),
        ...changed.map((line) => `a container of somebody else was changed: ${line}`),
        ...(ask('image', 'inspect', '-f', '{{.Id}}', strange).startsWith('sha256:')
          ? []
          : ["somebody else's image is gone"]),
      ];
    },
    leftovers: () =>
      ask('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Command}}')
        .split('\n')
        .filter((line) => !line.startsWith(id) && line.includes(marker))
        .map((line) => `a container goes on: ${line.slice(0, 200)}`),
    async [Symbol.asyncDispose]() {
      ask('rm', '-f', id);
      ask('rmi', strange);
    },
  });
}

/** What the CLI prints; empty where it fails. */
function ask(...args: readonly string[]): string {
  return spawnSync('docker', args, { encoding: 'utf8' }).stdout.trim();
}
