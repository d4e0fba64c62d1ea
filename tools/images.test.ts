import { describe, expect, it } from 'vitest';
import { scratchDockerfile } from './images/scratch-dockerfile.ts';

describe.each([
  ['server', 10001],
  ['agent', 10002],
] as const)('the image of the %s that needs no registry', (role, user) => {
  const { dockerfile, passwd } = scratchDockerfile(role, { version: '1.2.3', commit: 'c0ffee' });

  it('is started as the one from a registry, as a user of its own, and made of nothing but its context', () => {
    const lines = dockerfile.split('\n');
    const state = `/var/lib/waterflow-${role}`;
    expect(lines.slice(0, 3)).toEqual(['FROM scratch', 'ARG VERSION=1.2.3', 'ARG COMMIT=c0ffee']);
    const copies = ['COPY root/ /', `COPY --chown=${user}:${user} state/ ${state}/`, `VOLUME ${state}`];
    expect(lines.slice(-4)).toEqual([...copies, '']);
    expect(lines).toContain(`USER ${user}:${user}`);
    expect(lines).toContain('ENTRYPOINT ["/opt/waterflow/current/bin/waterflow"]');
    expect(lines).toContain(`CMD ["${role}", "--state", "/var/lib/waterflow-${role}"]`);
    expect(dockerfile).not.toMatch(/^RUN|--from=/mu);
    expect(passwd).toContain(`waterflow-${role}:x:${user}:${user}:`);
  });

  it('says its version and commit', () => {
    expect(dockerfile).toContain('org.opencontainers.image.version="${VERSION}"');
    expect(dockerfile).toContain('org.opencontainers.image.revision="${COMMIT}"');
  });
});
