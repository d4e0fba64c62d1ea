const texts = ['\u001b[c\u001b[6n\u001b[5n', '\u001bP$q"p\u001b\\', '\u001bZ\u0005'];

export default async (_inputs, host) => {
  for (const text of texts) {
    host.log(text);
    await host.call('fs', 'read', { path: text }).catch(() => {});
  }
  throw Object.assign(new Error(texts.join(' ')), { outputs: { texts: texts.join('|') } });
};
