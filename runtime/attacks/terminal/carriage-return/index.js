const texts = ['allowed\rdenied ', 'fine\b\b\b\bevil', 'a\u000bb\fc\u0000d'];

export default async (_inputs, host) => {
  for (const text of texts) {
    host.log(text);
    await host.call('fs', 'read', { path: text }).catch(() => {});
  }
  throw Object.assign(new Error(texts.join(' ')), { outputs: { texts: texts.join('|') } });
};
