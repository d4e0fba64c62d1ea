/** What a module may import from Extism's kernel, in both ABIs. */
const kernelFunctions = [
  'alloc',
  'free',
  'length',
  'length_unsafe',
  'load_u8',
  'load_u64',
  'store_u8',
  'store_u64',
  'input_offset',
  'input_length',
  'input_load_u8',
  'input_load_u64',
  'output_set',
  'error_set',
  'config_get',
  'var_get',
  'var_set',
  'get_log_level',
  'log_trace',
  'log_debug',
  'log_info',
  'log_warn',
  'log_error',
];
/** Those for HTTP, in ABI extism. */
export const httpFunctions: readonly string[] = ['http_request', 'http_status_code', 'http_headers'];

/** WASI preview 1 functions for which there is a powerless stand-in. */
export const wasiFunctions = [
  'args_get',
  'args_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'environ_get',
  'environ_sizes_get',
  'fd_advise',
  'fd_allocate',
  'fd_close',
  'fd_datasync',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_fdstat_set_rights',
  'fd_filestat_get',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  'fd_pread',
  'fd_prestat_dir_name',
  'fd_prestat_get',
  'fd_pwrite',
  'fd_read',
  'fd_readdir',
  'fd_renumber',
  'fd_seek',
  'fd_sync',
  'fd_tell',
  'fd_write',
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_link',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
  'poll_oneoff',
  'proc_exit',
  'proc_raise',
  'random_get',
  'sched_yield',
  'sock_accept',
  'sock_recv',
  'sock_send',
  'sock_shutdown',
] as const;

/** WASI is here in both ABIs, since its stand-ins have no power: Go can't do without, whatever it calls the host by. */
const inBoth = [
  ...named('extism:host/env', kernelFunctions),
  'extism:host/user host_call',
  ...named('wasi_snapshot_preview1', wasiFunctions),
];
const allowed: Readonly<Record<'waterflow' | 'extism', ReadonlySet<string>>> = {
  waterflow: new Set(inBoth),
  extism: new Set([...inBoth, ...named('extism:host/env', httpFunctions)]),
};

/** An import as `WebAssembly.Module.imports` lists it. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/** The first import that the ABI doesn't have, with what to do about it; undefined where all are allowed. */
export function forbiddenImport(
  imports: readonly ModuleImport[],
  abi: 'waterflow' | 'extism',
): { readonly message: string; readonly remedy: string } | undefined {
  const wrong = imports.find(({ module, name, kind }) => kind !== 'function' || !allowed[abi].has(`${module} ${name}`));
  if (wrong === undefined) return undefined;
  return {
    message: `the module imports the ${wrong.kind} ${wrong.name} of ${wrong.module}, which ABI ${abi} doesn't have`,
    remedy: remedyFor(wrong, abi),
  };
}

function remedyFor(wrong: ModuleImport, abi: 'waterflow' | 'extism'): string {
  if (wrong.module === 'env' && wrong.name === 'abort')
    return 'Compile with `--use abort=` and a function of your own.';
  if (wrong.module === 'env' && wrong.name.startsWith('extism_'))
    return 'The module was built for Extism before 1.0: build it with a newer kit.';
  if (wrong.module === 'extism:host/user' || wrong.module === 'env')
    return 'It is a function of the application that the plugin was made for, which Waterflow has none of; docs/extism.md says what it has.';
  if (wrong.module.startsWith('wasi')) return 'Build for WASI preview 1, or for a target without WASI.';
  if (abi === 'waterflow' && httpFunctions.includes(wrong.name)) {
    return 'Make the request through `host_call` (net.request), or set `abi: extism` in plugin.yaml.';
  }
  return 'Build the module without it; docs/plugin-authoring.md lists what a module may import.';
}

function named(module: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${module} ${name}`);
}
