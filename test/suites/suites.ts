/** The test suites of other projects that are run through a load balancer and a worker. */

export type Runner = 'mocha' | 'node' | 'vitest'

export interface Suite {
  readonly name: string
  /** The repository and the tag that the figures of docs/handlers.md are of. */
  readonly repository: string
  readonly tag: string
  readonly runner: Runner
  /** What the runner is told: files, folders, modules to load before. */
  readonly args: readonly string[]
  /** Commands that make what the tests need, besides `npm install`. */
  readonly prepare?: readonly (readonly [command: string, ...args: string[]])[]
}

export const suites: readonly Suite[] = [
  {
    name: 'express',
    repository: 'https://github.com/expressjs/express',
    tag: 'v5.2.1',
    runner: 'mocha',
    args: ['--require', 'test/support/env', 'test/', 'test/acceptance/'],
  },
  {
    name: 'body-parser',
    repository: 'https://github.com/expressjs/body-parser',
    tag: 'v2.3.0',
    runner: 'mocha',
    args: ['test/'],
  },
  {
    name: 'koa',
    repository: 'https://github.com/koajs/koa',
    tag: 'v3.2.0',
    runner: 'node',
    args: [],
  },
  {
    name: 'node-server',
    repository: 'https://github.com/honojs/node-server',
    tag: 'v2.0.11',
    runner: 'vitest',
    args: [],
  },
  {
    name: 'multer',
    repository: 'https://github.com/expressjs/multer',
    tag: 'v2.1.1',
    runner: 'mocha',
    args: ['test/'],
  },
  {
    name: 'session',
    repository: 'https://github.com/expressjs/session',
    tag: 'v1.19.0',
    runner: 'mocha',
    args: ['--require', 'test/support/env', 'test/'],
    prepare: [['sh', 'test/support/gencert.sh']],
  },
  {
    name: 'on-finished',
    repository: 'https://github.com/jshttp/on-finished',
    tag: 'v2.4.1',
    runner: 'mocha',
    args: ['test/'],
  },
  {
    name: 'ws',
    repository: 'https://github.com/websockets/ws',
    tag: '8.21.0',
    runner: 'mocha',
    args: ['test/*.test.js'],
    // Its own mocha cannot write its report to a file.
    prepare: [['npm', 'install', '--no-save', '--ignore-scripts', 'mocha@11.7.5']],
  },
  {
    // Those of its files that have to do with sockets; the others do not listen.
    name: 'fastify',
    repository: 'https://github.com/fastify/fastify',
    tag: 'v5.12.1',
    runner: 'node',
    args: [
      'client-timeout',
      'close-pipelining',
      'close',
      'connection-timeout',
      'handler-timeout',
      'hooks',
      'hooks-async',
      'keep-alive-timeout',
      'max-requests-per-socket',
      'promises',
      'reply-error',
      'request-error',
      'request-header-host',
      'request-timeout',
      'route-hooks',
      'server',
      'skip-reply-send',
      'stream.1',
      'stream.2',
      'stream.3',
      'stream.4',
      'stream.5',
      'trust-proxy',
      'web-api',
    ].map((name) => `test/${name}.test.js`),
  },
]
