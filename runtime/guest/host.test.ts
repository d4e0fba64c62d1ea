import { describe, expect, it } from 'vitest';
import { type Bridge, createCalls } from './calls.ts';
import { createHost } from './host.ts';

/** A bridge that notes what is sent and answers nothing by itself. */
function bridge(answer = '{"ok":null}'): Bridge & { readonly sent: [string, string, unknown][] } {
  const sent: [string, string, unknown][] = [];
  const send = (capability: string, operation: string, args: string) =>
    sent.push([capability, operation, JSON.parse(args)]);
  return {
    sent,
    submit: send,
    post: send,
    wait: () => answer,
    finish: () => {},
  };
}

const all = ['net', 'exec', 'docker', 'fs', 'store', 'ssh', 'mail', 'secrets'];

describe('host', () => {
  it.each([
    ['log', (host) => host.log('x'), ['log', 'write', { text: 'x' }]],
    ['now', (host) => host.now(), ['clock', 'now', {}]],
    ['sleep', (host) => host.sleep(5), ['sleep', 'for', { ms: 5 }]],
    ['random.bytes', (host) => host.random.bytes(5), ['random', 'bytes', { length: 5 }]],
    ['random.uuid', (host) => host.random.uuid(), ['random', 'uuid', {}]],
    ['signal.cancelled', (host) => host.signal.cancelled(), ['signal', 'cancelled', {}]],
    ['step', (host) => host.step, ['step', 'info', {}]],
    ['call', (host) => host.call('a', 'b', { c: 1 }), ['a', 'b', { c: 1 }]],
    ['net.request', (host) => host.net.request({ url: 'https://x' }), ['net', 'request', { url: 'https://x' }]],
    ['exec.run', (host) => host.exec.run({ command: 'x' }), ['exec', 'run', { command: 'x' }]],
    ['docker.run', (host) => host.docker.run({ image: 'x' }), ['docker', 'run', { image: 'x' }]],
    [
      'docker.start',
      (host) => host.docker.start({ image: 'x', name: 'n' }),
      ['docker', 'start', { image: 'x', name: 'n' }],
    ],
    ['docker.status', (host) => host.docker.status('id'), ['docker', 'status', { container: 'id' }]],
    ['docker.remove', (host) => host.docker.remove('id'), ['docker', 'remove', { container: 'id' }]],
    [
      'docker.pull',
      (host) => host.docker.pull('x', { timeout_ms: 1 }),
      ['docker', 'pull', { image: 'x', timeout_ms: 1 }],
    ],
    ['docker.build', (host) => host.docker.build({ tag: 'x' }), ['docker', 'build', { tag: 'x' }]],
    ['docker.createVolume', (host) => host.docker.createVolume('v'), ['docker', 'create_volume', { name: 'v' }]],
    ['fs.read', (host) => host.fs.read('p', { encoding: 'base64' }), ['fs', 'read', { path: 'p', encoding: 'base64' }]],
    [
      'fs.write',
      (host) => host.fs.write('p', 'c', { append: true }),
      ['fs', 'write', { path: 'p', content: 'c', append: true }],
    ],
    ['fs.list', (host) => host.fs.list('p'), ['fs', 'list', { path: 'p' }]],
    ['fs.stat', (host) => host.fs.stat('p'), ['fs', 'stat', { path: 'p' }]],
    ['fs.mkdir', (host) => host.fs.mkdir('p'), ['fs', 'mkdir', { path: 'p' }]],
    ['fs.remove', (host) => host.fs.remove('p'), ['fs', 'remove', { path: 'p' }]],
    ['fs.copy', (host) => host.fs.copy('a', 'b'), ['fs', 'copy', { from: 'a', to: 'b' }]],
    ['fs.move', (host) => host.fs.move('a', 'b'), ['fs', 'move', { from: 'a', to: 'b' }]],
    ['fs.hash', (host) => host.fs.hash('p'), ['fs', 'hash', { path: 'p' }]],
    ['fs.glob', (host) => host.fs.glob('*'), ['fs', 'glob', { pattern: '*' }]],
    ['fs.pack', (host) => host.fs.pack('a', 'a.tgz'), ['fs', 'pack', { from: 'a', to: 'a.tgz' }]],
    [
      'fs.unpack',
      (host) => host.fs.unpack('a.tgz', 'a', { strip: 1 }),
      ['fs', 'unpack', { from: 'a.tgz', to: 'a', strip: 1 }],
    ],
    ['store.get', (host) => host.store.get('k'), ['store', 'get', { key: 'k' }]],
    [
      'store.set',
      (host) => host.store.set('k', [1], { ttl_ms: 5 }),
      ['store', 'set', { key: 'k', value: [1], ttl_ms: 5 }],
    ],
    [
      'store.compareAndSet',
      (host) => host.store.compareAndSet('k', { expected: null, value: 1 }),
      ['store', 'compare_and_set', { key: 'k', expected: null, value: 1 }],
    ],
    ['store.delete', (host) => host.store.delete('k', { expected: 2 }), ['store', 'delete', { key: 'k', expected: 2 }]],
    ['store.list', (host) => host.store.list({ prefix: 'k' }), ['store', 'list', { prefix: 'k' }]],
    ['ssh.exec', (host) => host.ssh.exec({ host: 'h', command: 'c' }), ['ssh', 'exec', { host: 'h', command: 'c' }]],
    [
      'ssh.upload',
      (host) => host.ssh.upload({ host: 'h', from: 'a', to: 'b' }),
      ['ssh', 'upload', { host: 'h', from: 'a', to: 'b' }],
    ],
    [
      'ssh.download',
      (host) => host.ssh.download({ host: 'h', from: 'a', to: 'b' }),
      ['ssh', 'download', { host: 'h', from: 'a', to: 'b' }],
    ],
    ['ssh.list', (host) => host.ssh.list({ host: 'h', path: 'p' }), ['ssh', 'list', { host: 'h', path: 'p' }]],
    ['ssh.stat', (host) => host.ssh.stat({ host: 'h', path: 'p' }), ['ssh', 'stat', { host: 'h', path: 'p' }]],
    ['ssh.mkdir', (host) => host.ssh.mkdir({ host: 'h', path: 'p' }), ['ssh', 'mkdir', { host: 'h', path: 'p' }]],
    ['ssh.remove', (host) => host.ssh.remove({ host: 'h', path: 'p' }), ['ssh', 'remove', { host: 'h', path: 'p' }]],
    [
      'ssh.rename',
      (host) => host.ssh.rename({ host: 'h', from: 'a', to: 'b' }),
      ['ssh', 'rename', { host: 'h', from: 'a', to: 'b' }],
    ],
    [
      'mail.send',
      (host) => host.mail.send({ host: 'h', from: 'a@b', subject: 's' }),
      ['mail', 'send', { host: 'h', from: 'a@b', subject: 's' }],
    ],
    ['secrets.get', (host) => host.secrets.get('N'), ['secrets', 'get', { name: 'N' }]],
  ] as readonly [string, (host: ReturnType<typeof createHost>) => unknown, [string, string, unknown]][])(
    '%s is the call of docs/host-calls.md',
    (_, use, sent) => {
      const wire = bridge('{"ok":{}}');
      use(createHost(createCalls(wire), all));
      expect(wire.sent).toEqual([sent]);
    },
  );

  it('settles each call with its own answer', async () => {
    const calls = createCalls(bridge());
    const host = createHost(calls, []);
    const [first, second] = [host.call('a', 'b', {}), host.call('a', 'b', {})];
    calls.settle(2, '{"ok":"second"}');
    calls.settle(1, '{"error":{"code":"NOT_FOUND","message":"no such thing"}}');
    calls.settle(7, '{"ok":"nobody asked"}');
    await expect(second).resolves.toBe('second');
    await expect(first).rejects.toMatchObject({ name: 'HostError', code: 'NOT_FOUND', message: 'no such thing' });
  });

  it('knows which call an error came from', async () => {
    const calls = createCalls(bridge());
    const rejected = calls.start('a', 'b', {}).catch((error: unknown) => error);
    calls.settle(1, '{"denied":{"code":"DENIED","rule":"r","message":"m","remedy":"x"}}');
    expect(calls.originOf(await rejected)).toEqual({ call: 1, code: 'DENIED', denied: true });
    expect(calls.originOf(new Error('another'))).toBeUndefined();
  });

  it('cannot be changed by a plugin', () => {
    const host = createHost(createCalls(bridge()), all);
    expect([host, host.fs, host.net, host.random].every((each) => Object.isFrozen(each))).toBe(true);
  });
});
