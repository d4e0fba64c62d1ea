export default async ({ arena }, host) => {
  const { strange_image: strange, image_id: id } = arena;
  const images = [
    strange,
    id,
    `sha256:${id}`,
    id.slice(0, 12),
    strange.replace('waterflow.test', 'WATERFLOW.TEST'),
    `waterflow.test/busybox/../${strange.split('/')[1]}`,
    strange.replace(/:1$/, ''),
    `${strange}@sha256:${id}`,
  ];
  const ran = [];
  for (const image of images) {
    const answer = await host.call('docker', 'run', { image, command: ['true'], pull: 'never' }).catch(() => null);
    if (answer !== null) ran.push(`run ${image}`);
    const started = await host.call('docker', 'start', { image, command: ['true'], pull: 'never' }).catch(() => null);
    if (started !== null) ran.push(`start ${image}`);
  }
  return { breach: ran };
};
