/** What each contestant is, and what it doesn't do that Waterflow does in the same scenarios. By the names of records. */
export const about: Readonly<Record<string, { readonly is: string; readonly lacks: string }>> = {
  Waterflow: {
    is: 'the server with the embedded engine, of the built package; for the cold start `waterflow run`; for calls of a plugin its agent alone',
    lacks: '',
  },
  'Waterflow on Temporal': {
    is: 'the server and an agent with 16 places, on a development server of Temporal with its database in a file',
    lacks: '',
  },
  Temporal: {
    is: 'workflows written by hand against the TypeScript SDK, one worker for them and their activities, on the same Temporal',
    lacks:
      'sandboxes (activities are functions of the worker, with all its powers), grants, an audit record of what steps did, logs of steps; each workflow is a program',
  },
  Prefect: {
    is: 'its server with SQLite; flows in a Python process that is there already, which is quicker than its runner; submissions that it refuses while its database is locked (503) are sent again',
    lacks:
      'resumption of a run whose process died, sandboxes, grants, an audit record; what scripts print, unless the flow reads it',
  },
  Luigi: {
    is: 'its local scheduler in a Python process that is there already; a task is done when its file is there',
    lacks:
      'a server, a record of runs, sandboxes, grants, an audit record, logs of tasks; files are not synced to the disk',
  },
  act: {
    is: 'a runner of GitHub Actions’ workflows, with `-self-hosted`: scripts are processes of the machine; each run starts the program',
    lacks:
      'a server, a record of runs, resumption, sandboxes (without containers), grants, an audit record; logs are printed and not kept',
  },
  'bare isolated-vm': {
    is: 'an isolate made, used and disposed of in the caller’s own process',
    lacks: 'a process of its own (a fault of V8 is the caller’s), host calls, grants, an audit record, limits of time',
  },
  'worker_threads with vm': {
    is: 'a thread with a `vm` context for each call',
    lacks: 'any sandbox: `vm` is none, by Node’s own documentation',
  },
  'bare Extism': {
    is: 'an instance of the compiled module, made and called in the caller’s own process',
    lacks: 'a process of its own, limits of time, grants, an audit record',
  },
  'Extism in a worker': {
    is: 'the same in a worker thread, as Extism does where a plugin is to be ended',
    lacks: 'a process of its own, grants, an audit record',
  },
  'docker run': {
    is: 'a new container of a static busybox for each call, without a network; dockerd with the store `vfs`',
    lacks: 'grants of single host calls, an audit record of them',
  },
};
