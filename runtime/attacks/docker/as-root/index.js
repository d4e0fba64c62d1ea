export default async ({ arena }, host) => {
  await host.fs.mkdir('shared');
  const got = [];
  for (const user of ['0', 'root', '0:0', '4242', '65534:0']) {
    for (const access of ['write', 'read']) {
      const container = {
        image: arena.image,
        command: ['sh', '-c', 'id -u; touch /m/as-root'],
        user,
        stdout: 'capture',
        pull: 'never',
      };
      const answer = await host
        .call('docker', 'run', { ...container, mounts: [{ path: 'shared', target: '/m', access }] })
        .catch(() => null);
      if (answer !== null) got.push([user, access, answer.stdout]);
    }
  }
  return { breach: got };
};
