#!/bin/sh
# `npm run build:js-engine [OUT]`: makes runtime/js-engine/engine.wasm, QuickJS-ng as what TypeScript plugins for WebAssembly are built of.
# The same bytes on every machine with these tools (Debian 12: apt-get install --no-install-recommends clang-19 lld-19 wasi-libc
# libclang-rt-19-dev-wasm32) and the same wasm-opt, which comes with AssemblyScript. The sources come from crates.io by cargo, or from the
# folder QUICKJS, and must have the digests of runtime/js-engine/sources.sha256.
set -eu
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
engine=$root/runtime/js-engine
out=${1:-$engine/engine.wasm}
compiler=${CLANG:-clang-19}
crate=rquickjs-sys@=0.14.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in "$compiler" node; do
  command -v "$tool" >/dev/null || { echo "error: $tool is missing; this script's head says what to install" >&2; exit 1; }
done

if [ -z "${QUICKJS:-}" ]; then
  cargo init --quiet --lib --vcs none --name sources "$work/crate"
  (cd "$work/crate" && cargo add --quiet "$crate" && cargo vendor --quiet vendor >/dev/null)
  QUICKJS=$work/crate/vendor/rquickjs-sys/quickjs
fi
(cd "$QUICKJS" && sha256sum --check --quiet --strict "$engine/sources.sha256")

mkdir "$work/src"
for file in $(sed 's/^[0-9a-f]* *//' "$engine/sources.sha256"); do cp "$QUICKJS/$file" "$work/src"; done
cp "$engine/shim.c" "$engine/no-system.c" "$work/src"
cd "$work/src"
# QuickJS-ng does not look at its stack under WASI; this module has no WASI, and a plugin that recurses without end is to see an error.
sed -i -e '/^static void update_stack_limit/,/^}/s/#if defined(__wasi__)/#if 0/' \
  -e '/^#ifdef __wasi__$/,/^#endif/s/rt->stack_size = 0;/;/' quickjs.c
[ "$(grep -c '^#if 0$' quickjs.c)" -ge 1 ] && ! grep -q 'rt->stack_size = 0;' quickjs.c ||
  { echo "error: QuickJS-ng checks its stack in another place now" >&2; exit 1; }

flags="--target=wasm32-wasi -Oz -DNDEBUG -D_GNU_SOURCE -DEMSCRIPTEN=1 -DFE_DOWNWARD=0 -DFE_UPWARD=0
  -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -fvisibility=hidden -mbulk-memory -msign-ext
  -mnontrapping-fptoint -fno-math-errno -funsigned-char -fwrapv -fno-ident"
# shellcheck disable=SC2086 -- a list of flags
for name in quickjs libregexp libunicode dtoa; do "$compiler" $flags -w -c "$name.c" -o "$name.o"; done
# shellcheck disable=SC2086
for name in shim no-system; do "$compiler" $flags -Wall -Wextra -Wno-unused-parameter -Werror -c "$name.c" -o "$name.o"; done
# 1.75 MiB of stack for QuickJS (stackBytes in build-engine.ts), and half a MiB for what it doesn't count. Below the data: an overflow traps.
"$compiler" --target=wasm32-wasi -nostartfiles -Wl,--no-entry,--strip-all,--gc-sections,--stack-first \
  -Wl,-z,stack-size=2359296 -Wl,--export=__stack_pointer \
  shim.o no-system.o quickjs.o libregexp.o libunicode.o dtoa.o -lm -o linked.wasm
node "$root/node_modules/binaryen/bin/wasm-opt" -Oz --enable-bulk-memory --enable-sign-ext \
  --enable-nontrapping-float-to-int --enable-mutable-globals --strip-producers linked.wasm -o engine.wasm
cp engine.wasm "$out"
sha256sum engine.wasm | cut -d' ' -f1 | tee "$out.sha256"
