// A plugin for tests/library.test.mjs: it makes one of each kind of call.
import { docker, exec, fs, inputs, Json, mail, net, output, ssh, store, streams } from '../waterflow';

export function run(): i32 {
  const outputs = Json.object();
  const container = new docker.Container('alpine');
  container.command = ['true'];
  container.mounts = [docker.folder('out', '/out', 'write')];
  container.limits.cpus = 0.5;
  container.env.set('A', 'b');
  container.stdout = streams.capture();
  const ran = docker.run(container).value;
  outputs.set('ran', Json.number(ran.exitCode)).set('image', Json.of(ran.image.id));

  const host = new ssh.Host(inputs().text('host'));
  host.user = 'deploy';
  const move = new ssh.Move('site', 'www');
  move.mode = 0o644;
  ssh.upload(host, move);
  const entry = ssh.stat(host, 'www').value;
  outputs.set('there', Json.flag(entry !== null));

  const message = new mail.Message('mx.example.org', mail.address('a@example.org'), 'Hi');
  message.to = [mail.address('b@example.org', 'B')];
  mail.send(message);

  const folder = new store.Folder('deps');
  folder.replace = false;
  store.save('k', folder);
  outputs.set('kept', Json.number(store.saved().value.length));

  const part = new fs.Part();
  part.strip = 1;
  fs.unpackWith('a.tar', 'a', part);
  store.setFor('k', Json.number(1), 1000);

  exec.capture('git', ['status']);
  const request = new net.Request('https://a/');
  request.redirects = 0;
  request.body = net.base64('AA==');
  const failure = net.request(request).failure;
  return output(outputs.set('failed', Json.of(failure === null ? '' : failure.code)));
}
