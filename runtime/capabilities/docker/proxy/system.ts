import { objectOf, textOf } from '../wire/answers.ts';
import { apiVersions } from '../wire/client.ts';
import type { SocketContext } from './asking.ts';
import { json, type Reply, type Route } from './route.ts';

/** What clients ask before anything else. Of the machine it tells what they need, and no more. */
export const systemRoutes: readonly Route[] = [
  { kind: 'answer', method: 'GET', path: /^\/_ping$/u, query: {}, body: 'none', answer: ping },
  { kind: 'answer', method: 'HEAD', path: /^\/_ping$/u, query: {}, body: 'none', answer: ping },
  { kind: 'answer', method: 'GET', path: /^\/version$/u, query: {}, body: 'none', answer: version },
  { kind: 'answer', method: 'GET', path: /^\/info$/u, query: {}, body: 'none', answer: info },
];

async function ping(): Promise<Reply> {
  return { kind: 'text', text: 'OK' };
}

async function version({ session }: SocketContext): Promise<Reply> {
  const found = objectOf(await session.daemon.engine.ask({ method: 'GET', path: '/version' }), 'version');
  const text = (key: string): string => textOf(found[key], key);
  return json({
    Version: text('Version'),
    ApiVersion: apiVersions.oldest,
    MinAPIVersion: '1.24',
    Os: text('Os'),
    Arch: text('Arch'),
    GitCommit: '',
    GoVersion: '',
    KernelVersion: '',
    Components: [],
  });
}

async function info({ session, names }: SocketContext): Promise<Reply> {
  const { engine, processors } = session.daemon;
  const found = objectOf(await engine.ask({ method: 'GET', path: '/info' }), 'info');
  return json({
    ID: 'waterflow',
    Name: 'waterflow',
    Containers: names.containers.size,
    NCPU: processors,
    OSType: textOf(found['OSType'], 'system'),
    Architecture: textOf(found['Architecture'], 'architecture'),
    ServerVersion: textOf(found['ServerVersion'], 'version'),
    OperatingSystem: 'the docker socket of an exec (Waterflow)',
    Driver: '',
    SecurityOptions: ['name=no-new-privileges'],
    Swarm: { LocalNodeState: 'inactive' },
    Plugins: { Volume: ['local'], Network: ['bridge'], Log: ['local'] },
    IndexServerAddress: 'https://index.docker.io/v1/',
  });
}
