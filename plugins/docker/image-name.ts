/**
 * The registry at which an image is, as Docker tells it from the name: what stands before the first slash, if it has a dot or a colon or is
 * `localhost`, and else Docker Hub.
 */
export function registryOf(image: string): string {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? first : 'docker.io';
}

/**
 * The digest that the image has under this name, of all by which registries know it (`name@sha256:…`). Undefined for an image that never was
 * at a registry, or only under other names.
 */
export function digestOf(image: string, digests: readonly string[]): string | undefined {
  const repository = repositoryOf(image);
  return digests.find((known) => repositoryOf(known) === repository)?.split('@')[1];
}

/** The name in full, without tag and digest: Docker leaves `docker.io/` and `library/` out. */
function repositoryOf(image: string): string {
  const [named = ''] = image.split('@');
  const registry = registryOf(named);
  const path = named.startsWith(`${registry}/`) ? named.slice(registry.length + 1) : named;
  const [repository = ''] = path.split(':');
  const isOfDocker = registry === 'docker.io' && !repository.includes('/');
  return `${registry}/${isOfDocker ? `library/${repository}` : repository}`;
}
