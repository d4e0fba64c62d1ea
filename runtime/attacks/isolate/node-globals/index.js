export default async () => {
  const found = globalThis.process ?? globalThis.global?.process ?? globalThis[['pro', 'cess'].join('')];
  const require = globalThis.require ?? found?.getBuiltinModule;
  const files = typeof require === 'function' ? Object.keys(require('node:fs')).length : 0;
  return { environment: found?.env ?? null, breach: files > 0 ? 'node:fs' : null };
};
