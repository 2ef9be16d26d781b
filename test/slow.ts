/**
 * The test files that `npm run test:fast` leaves out, each with the reason. A file that is not named here is fast:
 * it needs Node and the base system of Debian alone (no server, no mount, no program of test/requirements.sh beyond
 * util-linux and bsdutils), passes for any user, and ends within ten seconds. One that is not so is named here.
 * A path that ends in `/` stands for all test files below it.
 */
export const SLOW: Readonly<Record<string, string>> = {
  'test/archive/archive.test.ts': 'a log of 200 MB, and time, which measures memory',
  'test/archive/kills.test.ts': 'kills papyra at its system calls',
  'test/archive/redis.test.ts': 'a redis server',
  'test/backends/redis/': 'redis servers',
  'test/backends/rotating.test.ts': 'long loops over sets of files',
  'test/backends/without-webassembly.test.ts': 'each case in each way to run without WebAssembly',
  'test/commands/compact.test.ts': 'python3, which reads again what was kept',
  'test/commands/hostile.test.ts': 'logs of hundreds of megabytes',
  'test/commands/long-head.test.ts': 'a line of 600 MB',
  'test/commands/owner.test.ts': 'only root may become another user',
  'test/commands/recover.test.ts': 'damaged stores, with several runs of papyra each',
  'test/commands/screens.test.ts': 'tmux',
  'test/commands/surroundings.test.ts': 'jq, and runs that are slowed down',
  'test/completion/completion.test.ts': 'zsh, fish and python3',
  'test/config/commands.test.ts': 'a redis server',
  'test/crash/': 'kills papyra at each of its system calls',
  'test/doctor/followers.test.ts': 'processes that follow a log, each waited for',
  'test/doctor/log.test.ts': 'about 50 faults, with several runs of papyra each',
  'test/doctor/redis.test.ts': 'a redis server',
  'test/guards/guards.test.ts': 'faketime',
  'test/guards/redis.test.ts': 'a redis server',
  'test/guards/simulation.test.ts': 'lives of many stores',
  'test/hooks/': 'waits until hooks have taken too long',
  'test/inspect/files.test.ts': 'python3, which lists the same records',
  'test/inspect/follow.test.ts': 'python3 writers at full speed',
  'test/inspect/inspect.test.ts': 'logs of many megabytes, and time, which measures memory',
  'test/inspect/redis.test.ts': 'a redis server',
  'test/live/': 'writers at full speed, kills and mounts',
  'test/log/foreign.test.ts': 'python3, which makes files of other formats',
  'test/log/free.property.test.ts': 'a log on the disk for each case',
  'test/log/index.test.ts': 'logs of many megabytes, read several times',
  'test/log/inspect.test.ts': 'python3, which reads the same lines, and logs of many megabytes',
  'test/log/simulate.test.ts': 'random logs, with several dry runs each',
  'test/man.test.ts': 'mandoc',
  'test/metrics/prometheus.test.ts': 'python3-prometheus-client, which reads the text',
  'test/metrics/textfile.test.ts': 'python3-prometheus-client, which reads the text',
  'test/model/': 'explores all states of a model',
  'test/package.test.ts': 'packs the package and installs it',
  'test/places/': 'mounts',
  'test/records/line-reader.test.ts': 'random reads in a long loop',
  'test/records/scanner.test.ts': 'python3, which reads the same lines',
  'test/schedule/times.test.ts': 'systemd-analyze',
  'test/schedule/tools.test.ts': 'systemd-analyze',
  'test/stores/many.test.ts': 'hundreds of stores, a redis server, and time, which measures memory',
  'test/watch/growth.test.ts': 'hundreds of runs, each with several fsyncs',
  'test/watch/live.test.ts': 'python3 writers, for half a minute',
  'test/watch/pressure.test.ts': 'mounts',
  'test/watch/redis.test.ts': 'a redis server',
  'test/watch/server.test.ts': 'clients that are waited for',
  'test/watch/service.test.ts': 'services that run for seconds, and python3',
};

/** The same as patterns of vitest. */
export const SLOW_FILES = Object.keys(SLOW).map((path) =>
  path.endsWith('/') ? `${path}**/*.test.ts` : path,
);
