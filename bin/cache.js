'use strict';
// What a build of the program has made and can make again: V8's code of it, and what it has read.
const fs = require('node:fs');
const { dirname, join } = require('node:path');
const { isOwn } = require('../dist/own-cache.js');

/** How many builds' files are kept: of two installations side by side, and of one that is being worked on. */
const BUILDS = 3;

/**
 * The files of one build. What is not the user's own, or could be written by others, is neither read nor written.
 * @param {string} folder holds those of all builds
 * @param {string} build
 */
exports.openCache = function openCache(folder, build) {
  const own = join(folder, build);
  let safe;
  /** Others can neither write to it nor exchange it, or a folder above it. */
  const isSafe = () => (safe ??= isOwn(own));
  return {
    /** @returns {Buffer | undefined} */
    read: (name) => (isSafe() ? readOwn(join(own, name)) : undefined),
    /** All of them or, where there is no place for them, some or none: they are made again the next time. */
    write(files) {
      try {
        if (!isSafe()) return;
        makeFolder(own, 4);
        for (const [name, data] of files) writeWhole(join(own, name), data);
        forget(folder, own);
      } catch {
        // A home that cannot be written to.
      }
    },
  };
};

function readOwn(path) {
  let fd;
  try {
    fd = fs.openSync(path, 'r');
    return isOwnFile(fs.fstatSync(fd)) ? fs.readFileSync(fd) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/** It is read what is open: the file may have been another one when its name was looked at. */
function isOwnFile({ uid, mode }) {
  return uid === process.geteuid() && (mode & 0o022) === 0;
}

function writeWhole(path, data) {
  const fresh = `${path}.${process.pid}`;
  const fd = fs.openSync(fresh, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, data);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(fresh, path);
}

/** A folder and so many above it. Not `recursive`: where the topmost cannot be made, as below /proc, Node tries for ever. */
function makeFolder(path, levels) {
  if (levels > 1) makeFolder(dirname(path), levels - 1);
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Remove the files of builds that were kept before the last few. */
function forget(folder, own) {
  const others = fs
    .readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== own)
    .map((path) => ({ path, since: fs.statSync(path).mtimeMs }))
    .sort((a, b) => b.since - a.since);
  for (const { path } of others.slice(BUILDS - 1)) fs.rmSync(path, { recursive: true, force: true });
}
