const texts = ['\u202egpj.exe', '\u2066a\u2069\u2067b\u2069', 'a\u200fb\u061cc'];

export default async (_inputs, host) => {
  for (const text of texts) {
    host.log(text);
    await host.call('fs', 'read', { path: text }).catch(() => {});
  }
  throw Object.assign(new Error(texts.join(' ')), { outputs: { texts: texts.join('|') } });
};
