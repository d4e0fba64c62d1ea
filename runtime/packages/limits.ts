import { maxFiles, maxFolderBytes } from '../manifest/folder.ts';

const blockBytes = 512;

/** A tarball of the largest folder that a plugin may be: for each file a header and what fills its last block, then the end. */
export const maxTarballBytes: number = maxFolderBytes + maxFiles * 2 * blockBytes + 2 * blockBytes;

/** A package as a file. What can't be compressed grows by less than a thousandth. */
export const maxPackageBytes: number = maxTarballBytes + 1024 ** 2;

/** The record of as many files as there may be, with the longest paths. */
export const maxRecordBytes: number = 8 * 1024 ** 2;
