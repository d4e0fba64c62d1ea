import { readFileSync } from 'node:fs';

/** Which image. */
export type ImageRole = 'server' | 'agent';

/** As in the Dockerfile of each. */
const users: Readonly<Record<ImageRole, number>> = { server: 10001, agent: 10002 };

/**
 * The Dockerfile of an image FROM scratch, of a context with `root/` and an empty `state/`: its labels, its environment, its user and how it is started are
 * those of the Dockerfile in deploy/images, so that both give the same image but for the system below.
 */
export function scratchDockerfile(
  role: ImageRole,
  { version, commit }: { readonly version: string; readonly commit: string },
): { readonly dockerfile: string; readonly passwd: string; readonly group: string } {
  const text = readFileSync(new URL(`../../deploy/images/${role}/Dockerfile`, import.meta.url), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM ') + 1);
  const statements = statementsOf(last).filter((statement) =>
    /^(?:LABEL|ENV|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD) /u.test(statement),
  );
  const own = users[role];
  const state = `/var/lib/waterflow-${role}`;
  const lines = [
    'FROM scratch',
    `ARG VERSION=${version}`,
    `ARG COMMIT=${commit}`,
    // Before the files: a daemon that keeps each layer whole (vfs) would copy them for each statement.
    ...statements.filter((statement) => !isVolume(statement)),
    'COPY root/ /',
    `COPY --chown=${own}:${own} state/ ${state}/`,
    // What is copied to a volume that there is already isn't kept.
    ...statements.filter(isVolume),
  ];
  const name = `waterflow-${role}`;
  return {
    dockerfile: `${lines.join('\n')}\n`,
    passwd: `root:x:0:0:root:/root:/usr/sbin/nologin\n${name}:x:${own}:${own}:${name}:${state}:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
    group: `root:x:0:\n${name}:x:${own}:\nnogroup:x:65534:\n`,
  };
}

const isVolume = (statement: string): boolean => statement.startsWith('VOLUME ');

/** Without comments; a line that ends in a backslash goes on. */
function statementsOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines.join('\n').split(/(?<!\\)\n/u);
}
