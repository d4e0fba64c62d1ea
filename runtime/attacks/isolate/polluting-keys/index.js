const merge = (to, from) => {
  for (const key of Object.keys(from)) {
    if (typeof from[key] === 'object') merge((to[key] ??= {}), from[key]);
    else to[key] = from[key];
  }
};

export default async () => {
  try {
    merge({}, JSON.parse('{"__proto__":{"polluted":true}}'));
  } catch {}
  return { breach: {}.polluted ?? null };
};
