/**
 * The floors of the packages, from the lowest up: which part may import what, and why not more.
 * `check-floors.mjs` compares the sources with this table.
 *
 * A part is one or several folders or files of `packages/NAME/src`. Where several match, the longest
 * counts; `.` is what no other matches. It may import itself and what follows it here: parts above it
 * in this table and packages above its own (`@common`, or `@common/cli` for that entry), modules of
 * Node.js (`node` for all), and packages of npm. `*` is every part above it. As all arrows point up,
 * there are no circles.
 */
const pure = 'It is pure: only the files that open and close connections may use sockets.'
const pool = 'Pools do no I/O and know nothing of HTTP, so that they can be simulated.'
const listener = 'Listeners do not know who serves the requests that they read.'
const library = 'The library must not need the commands.'

export const floors = {
  common: [
    [
      'errors.ts options clock.ts linked-list.ts heap.ts class-presence.ts http-fields.ts http-methods.ts ' +
        'recent-mean.ts renewed.ts',
      'node:perf_hooks',
      pure,
    ],
    [
      'fair-queue.ts cold-loads.ts late-watch.ts slots.ts flow.ts flow-table.ts newcomer-line.ts ' +
        'virtual-clock.ts',
      'linked-list.ts heap.ts class-presence.ts clock.ts',
      'Who may begin next is decided without knowing what is begun.',
    ],
    ['log-levels.ts', 'errors.ts', 'Commands need them before they load pino.'],
    ['journal.ts', 'node:fs', 'What writes to it is all the same to the journal.'],
    ['.', '* node', 'Every package needs these basics, so they need no other package.'],
    [
      'pino-logger.ts lost-log.ts',
      'errors.ts log-levels.ts journal.ts pino',
      'Only here is pino the logger.',
    ],
    ['cli', '* node yargs yaml', 'What all commands share knows none of them.'],
    ['testing', 'clock.ts', 'Tests of all packages use it.'],
  ],
  protocol: [
    ['tls/explain.ts', '', 'It explains errors, and causes none.'],
    ['tls', '* @common node', 'Certificates know nothing of what is sent.'],
    ['listen-to.ts close-gracefully.ts', '@common node', 'Sockets, whatever is sent over them.'],
    ['.', 'tls/explain.ts @common node:buffer msgpackr', pure],
    [
      'connection.ts dial.ts probe.ts',
      '* @common node',
      'Others use a connection through the index.',
    ],
    ['index.ts', '*', 'It is the public interface, and has no code.'],
    ['testing', '* node', 'Tests of all packages use it.'],
  ],
  resume: [
    ['.', '@common @protocol', 'The résumé calculus does no I/O.'],
    ['resume-file.ts resume-store.ts', '. @common @protocol node', 'Only these know files.'],
    ['index.ts', '*', 'It is the public interface, and has no code.'],
  ],
  upstream: [
    ['origin.ts', '@common node', 'Where a server is, whatever is sent to it.'],
    ['.', '@common @protocol origin.ts', pure],
    ['connection.ts', '* @common node', 'Only this file reads and writes sockets.'],
    ['connection-pool.ts body-writer.ts upstream-request.ts', '* @common', pure],
    ['index.ts', '*', 'It is the public interface, and has no code.'],
  ],
  zookeeper: [
    [
      'errors.ts options.ts connection-string.ts',
      '@common node',
      'The rest of the package builds on it.',
    ],
    ['client', '* @common node node-zookeeper-client', 'Only here is the client library known.'],
    ['.', '* @common node', library],
    ['tree', '* @common @common/cli node', 'The command resumelb-tree uses the library.'],
    ['index.ts', '* @common', 'It is the public interface, and has no code.'],
  ],
  worker: [
    [
      'errors.ts origin-of.ts software.ts refused.ts',
      '@protocol node',
      'The rest of the package builds on it.',
    ],
    [
      'http',
      '* @common @protocol node',
      'What handlers see knows nothing of the worker behind it.',
    ],
    ['upgrade', '* @protocol @upstream node', 'As http, for upgraded connections.'],
    ['handler.ts fetch-listener.ts', '* node', 'A handler knows nothing of the worker around it.'],
    ['upstream', '* @common @upstream node', 'It is a handler like any other.'],
    ['trace-log.ts', '@common/pino node pino', 'It writes what it is given.'],
    ['.', '* @common @common/pino @protocol @resume node', library],
    ['registration', '* @common @common/pino @zookeeper', library],
    ['index.ts', '* @common @protocol @resume', 'It is the public interface, and has no code.'],
    [
      'cli',
      '* @common @common/cli @common/pino @protocol @zookeeper node',
      'Commands use the library.',
    ],
  ],
  lb: [
    [
      'errors.ts options.ts version.ts',
      '@common node:module',
      'The rest of the package builds on it.',
    ],
    [
      'http',
      '@common @protocol node cookie ipaddr.js',
      'HTTP itself knows nothing of load balancers.',
    ],
    ['sticky-options.ts', '@common http', 'The rest of the package builds on it.'],
    ['pool/structures', '@common @protocol', 'Data structures do not know what they are used for.'],
    ['pool', '@common @protocol', pool],
    ['pool/policies/cost', 'pool pool/structures @common @protocol', pool],
    [
      'pool/policies',
      'pool pool/structures pool/policies/cost @common @protocol',
      'Policies know no wrapper: they work under any, and alone.',
    ],
    [
      'pool/wrappers',
      'pool pool/structures @common @protocol',
      'Wrappers know no policy: they work over any.',
    ],
    ['pool/registry.ts', '* @common', pool],
    ['classify', 'http pool @common @protocol node cookie recheck', 'It looks at requests only.'],
    [
      'events.ts',
      'http pool @protocol node',
      'Events are data, and know neither emitters nor listeners.',
    ],
    [
      'workers',
      'errors.ts events.ts pool @common @protocol @upstream',
      'Connections to workers know nothing of clients.',
    ],
    [
      'workers/upstream',
      'pool workers @common @protocol @resume @upstream node',
      'Connections to workers know nothing of clients.',
    ],
    [
      'workers/worker-set.ts',
      'events.ts pool workers workers/upstream @common @protocol',
      'Connections to workers know nothing of clients.',
    ],
    [
      'proxy',
      'errors.ts options.ts sticky-options.ts http pool classify events.ts workers ' +
        '@common @protocol node',
      'It does not know who has read a request, and reports by events.',
    ],
    ['listener/tls', '@common node', 'Certificates know nothing of HTTP.'],
    ['listener', 'http @common node ipaddr.js', listener],
    ['listener/node', 'http listener @common node', listener],
    ['listener/h1', 'http listener listener/node @common @protocol node', listener],
    ['listener/h2', 'http listener listener/node @common @protocol node', listener],
    [
      'listener/connections.ts listener/listener.ts listener/released-connections.ts ' +
        'listener/listeners.ts',
      'http listener listener/node listener/h1 listener/h2 @common node',
      listener,
    ],
    [
      'discovery',
      'workers workers/worker-set.ts @common @common/pino @protocol @zookeeper node',
      'A discovery gives addresses and settings.',
    ],
    [
      'admin',
      'version.ts options.ts http pool classify events.ts workers ' +
        '@common @common/pino @protocol node pino prom-client',
      'What watches a load balancer hears of it by events and status, and changes it by its methods.',
    ],
    [
      'admin/page',
      'admin preact eventsource-parser uplot',
      'The page runs in browsers: of the load balancer it knows the documents that admin sends.',
    ],
    ['load-balancer-options.ts', '* @common @protocol', 'It collects the options of the parts.'],
    ['.', '* @common @common/pino node', library],
    ['index.ts', '* @common @protocol', 'It is the public interface, and has no code.'],
    [
      'cli',
      '* @common @common/cli @common/pino @protocol @zookeeper node pino',
      'Commands use the library.',
    ],
    [
      'cli/ctl cli/status',
      'admin version.ts @common @common/cli node',
      'They ask a load balancer from outside.',
    ],
  ],
}
