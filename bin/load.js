// Loads the files of dist/ with the code that V8 made of them in the build: a sixth less work at each start.
'use strict';
const { readFileSync, statSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, resolve } = require('node:path');
const vm = require('node:vm');

const modules = new Map();
/** Each file that was compiled, for the build. */
const scripts = new Map();

/** Parts of Node that take milliseconds to load, and of which a run often uses nothing. */
const LATE = new Set(['child_process', 'crypto', 'net', 'stream', 'v8', 'worker_threads', 'zlib']);

/** Stands for a module that is loaded when something of it is used. */
function late(get) {
  return new Proxy({}, { get: (_, name) => get()[name], has: (_, name) => name in get() });
}

/** Loads a CommonJS file, and what it requires by a relative path. */
function load(file) {
  const known = modules.get(file);
  if (known) return known.exports;
  const module = { exports: {}, import: (id) => import(id) };
  modules.set(file, module);
  const native = createRequire(file);
  const directory = dirname(file);
  const find = (id) => {
    if (id.startsWith('.')) return load(resolve(directory, id));
    return LATE.has(id.replace('node:', '')) ? late(() => native(id)) : native(id);
  };
  compile(file).call(module.exports, module.exports, find, module, file, directory);
  return module.exports;
}

function compile(file) {
  const names = 'exports, require, module, __filename, __dirname';
  const script = new vm.Script(`(function (${names}) {${readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    cachedData: compiled(file),
  });
  scripts.set(file, script);
  return script.runInThisContext();
}

function compiled(file) {
  try {
    return readFileSync(compiledName(file));
  } catch {
    return undefined;
  }
}

let suffix;

/**
 * Names of files in dist/chunks have a hash of their content, so compiled code cannot be of another file. It is only for
 * the very Node that made it: V8 takes the code of another patch release for its own, and crashes.
 */
function compiledName(file) {
  suffix ??= [process.version, process.versions.v8, process.arch, sizeOf(process.execPath)].join(
    '_',
  );
  return `${file}.${suffix}.compiled`;
}

function sizeOf(path) {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

module.exports = { compiledName, load, scripts };
