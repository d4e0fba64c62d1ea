const texts = ['\u001b[2J\u001b[H', '\u001b[31mred', '\u001b[1A\u001b[2K rewritten', '\u009b31m'];

export default async (_inputs, host) => {
  for (const text of texts) {
    host.log(text);
    await host.call('fs', 'read', { path: text }).catch(() => {});
  }
  throw Object.assign(new Error(texts.join(' ')), { outputs: { texts: texts.join('|') } });
};
