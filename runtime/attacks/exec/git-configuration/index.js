export default async (_inputs, host) => {
  const ran = await host.exec
    .run({
      command: 'git',
      args: ['version-alias'],
      env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'alias.version-alias', GIT_CONFIG_VALUE_0: '!echo hijacked' },
      stdout: 'capture',
    })
    .catch((error) => ({ stdout: '', refused: error.message }));
  return { breach: /hijacked/.test(`${ran.stdout}${ran.stderr}`) ? ran.stdout : null, refused: ran.refused };
};
