const script = `
import ctypes, os, platform
call = ctypes.CDLL(None, use_errno=True).syscall
add_key, keyctl = {'x86_64': (248, 250)}.get(platform.machine(), (217, 219))
session = ctypes.c_int(-3)
if call(keyctl, 0, session, 0) > 0: print('keyring')
if call(add_key, b'user', b'attack', b'x', 1, session) > 0: print('key')
`;
export default async (_inputs, host) => {
  const { stdout } = await host.exec.run({
    command: 'python3',
    args: ['-c', script],
    stdout: 'capture',
    stderr: 'discard',
  });
  return { breach: stdout.trim() || null };
};
