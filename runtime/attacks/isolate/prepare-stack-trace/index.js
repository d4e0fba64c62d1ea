export default async () => {
  let sites = [];
  try {
    Error.prepareStackTrace = (_, frames) => {
      sites = frames;
      return '';
    };
    void new Error('x').stack;
  } catch {}
  return { breach: sites.map((site) => String(site.getFunctionName?.())) };
};
