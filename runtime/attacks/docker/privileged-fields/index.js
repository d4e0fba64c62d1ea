export default async ({ arena }, host) => {
  const got = [];
  const script =
    'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; ls /dev | tr "\\n" " "; ls -l /proc/1/ns/pid; ps | wc -l; id -u; ls /var/run/docker.sock /run/docker.sock';
  const container = {
    image: arena.image,
    command: ['sh', '-c', script],
    stdout: 'capture',
    stderr: 'discard',
    pull: 'never',
  };
  const fields = [
    { privileged: true },
    { Privileged: true },
    { HostConfig: { Privileged: true } },
    { cap_add: ['ALL'] },
    { capAdd: ['ALL'] },
    { devices: ['/dev/mem'] },
    { security_opt: ['seccomp=unconfined'] },
    { pid: 'host' },
    { ipc: 'host' },
    { uts: 'host' },
    { userns: 'host' },
    { cgroup_parent: '/' },
    { sysctls: { 'kernel.msgmax': '1' } },
    { runtime: 'runc' },
    { group_add: ['0'] },
    { volumes_from: [arena.other_name] },
    { mounts: [{ path: '/var/run', target: '/var/run' }] },
    { mounts: [{ path: '.', target: '/x', type: 'bind' }] },
    { binds: ['/:/m'] },
    { user: '0 --privileged' },
    { network: 'host' },
    { network: `container:${arena.other_container}` },
    { labels: { 'dev.waterflow.run': 'x' } },
    { restart: 'always' },
    { limits: { memory_bytes: -1 } },
    { __proto__: null, constructor: { privileged: true } },
  ];
  for (const more of fields) {
    const { stdout = '' } = await host.call('docker', 'run', { ...container, ...more }).catch(() => ({}));
    if (/^Cap(?:Eff|Bnd):\s+\b(?!0{16}$)/m.test(stdout)) got.push([more, 'capabilities']);
    if (/^NoNewPrivs:\s*0/m.test(stdout)) got.push([more, 'new privileges']);
    if (/^Seccomp:\s*0/m.test(stdout)) got.push([more, 'no seccomp']);
    if (/\b(?:kmsg|mem|sda|vda|loop0|kvm)\b/.test(stdout)) got.push([more, 'devices']);
    if (/docker\.sock/.test(stdout)) got.push([more, 'the socket of the daemon']);
  }
  return { breach: got };
};
