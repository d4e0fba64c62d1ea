/** Where a program of profile workspace sees the folder of its docker socket. */
export const dockerFolderInside = '/run/waterflow-docker';
