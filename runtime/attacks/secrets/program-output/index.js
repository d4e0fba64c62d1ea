export default async (_inputs, host) => {
  const secret = await host.secrets.get('TOKEN');
  const script = 'printf %s "$T"; echo; printf %s "$T" | base64 -w0; echo; printf x%s "$T" | base64 -w0';
  const { stdout } = await host.exec.run({
    command: 'sh',
    args: ['-c', script],
    env: { T: secret },
    stdout: 'capture',
  });
  host.log(stdout);
  return { stdout, reversed: stdout.split('\n')[0].split('').reverse().join('') };
};
