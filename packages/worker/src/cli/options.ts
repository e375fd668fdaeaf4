/** The options of resumelb-worker. */

import { defaultConnectionString, defaultSessionOptions } from '@resumelb/zookeeper'
import type { Argv, Options } from 'yargs'
import { defaultResumeOptions } from '../resume/options.ts'
import { lastNumber } from './last-number.ts'

/** What was typed, checked. */
export interface Arguments {
  /** MODULE, and what should not be there. */
  readonly _: readonly (string | number)[]
  readonly address: string
  readonly export: string
  readonly upstream?: string
  readonly concurrency?: number
  readonly history: number
  readonly maxSkillAge?: number
  readonly maxClasses: number
  readonly resumeFile?: string
  readonly description: string
  readonly workerVersion: string
  readonly tracelog?: string
  /** Seconds. */
  readonly drainTimeout: number
  readonly logLevel: string
  /** `HOST[:PORT],...[/CHROOT]`; empty: that of the environment. */
  readonly zookeeper?: string
  readonly path?: string
  readonly advertise?: string
  readonly zkAuth?: string
  /** Seconds. */
  readonly sessionTimeout: number
}

/** Letters of the short options that have a value. */
export const valueLetters = 'acrdL'

const serving: Record<string, Options> = {
  address: {
    alias: 'a',
    type: 'string',
    default: '127.0.0.1:0',
    describe: 'Where to listen for load balancers; port 0: any free one',
  },
  export: { type: 'string', default: 'default', describe: 'Which export of MODULE to serve' },
  upstream: { type: 'string', describe: 'Serve this HTTP server instead of a module' },
  concurrency: {
    alias: ['c', 'threads'],
    type: 'number',
    coerce: lastNumber('concurrency', 1),
    describe:
      'Requests handled at once, others wait: 1 if they keep the processor busy, more if they wait for databases and the like  [default: no limit]',
  },
  'drain-timeout': {
    type: 'number',
    default: 30,
    coerce: lastNumber('drain-timeout', 0),
    describe: 'Seconds to finish requests after SIGTERM or SIGINT',
  },
}

const resume: Record<string, Options> = {
  history: {
    type: 'number',
    default: defaultResumeOptions.history,
    coerce: lastNumber('history', 1),
    describe: 'Requests over which the résumé remembers',
  },
  'max-skill-age': {
    type: 'number',
    coerce: lastNumber('max-skill-age', 1),
    describe: 'Requests after which an unseen class is forgotten  [default: 10 × history]',
  },
  'max-classes': {
    type: 'number',
    default: defaultResumeOptions.maxClasses,
    coerce: lastNumber('max-classes', 1),
    describe: 'Classes the résumé may hold',
  },
  'resume-file': {
    alias: 'r',
    type: 'string',
    describe: 'Keep the résumé in this file over restarts',
  },
}

const telling: Record<string, Options> = {
  description: { alias: 'd', type: 'string', default: '', describe: 'A word for people' },
  'worker-version': {
    type: 'string',
    default: '',
    describe: 'Version of the application, for load balancers that serve a single one',
  },
  tracelog: { type: 'string', describe: 'Write every step of every request to this file' },
  'log-level': {
    alias: 'L',
    type: 'string',
    default: 'info',
    describe: 'Log to standard error: debug, info, warn, error, fatal or silent',
  },
}

const registering: Record<string, Options> = {
  zookeeper: {
    type: 'string',
    describe: `Register with these ZooKeeper servers: HOST[:PORT],...[/CHROOT] [default with --path: ZC_ZK_CONNECTION_STRING, else ${defaultConnectionString}]`,
  },
  path: {
    type: 'string',
    describe: 'The node of the workers, such as /lb/workers: settings, and parent of providers',
  },
  advertise: {
    type: 'string',
    describe: 'Host that load balancers should dial, if not the one of --address',
  },
  'zk-auth': {
    type: 'string',
    describe: 'USER:PASSWORD for ZooKeeper [default: RESUMELB_ZK_AUTH of the environment]',
  },
  'session-timeout': {
    type: 'number',
    default: defaultSessionOptions.sessionTimeout / 1000,
    coerce: lastNumber('session-timeout', 0.1),
    describe: 'Seconds after which ZooKeeper gives up a worker that says nothing',
  },
}

const usage = `$0 MODULE [options]
$0 --upstream http://HOST:PORT [options]

Serves an application to resumelb load balancers.
MODULE is a path or a package. It exports a request listener, an application (Express, Fastify, Koa,
Hono ...) or a function that makes one: a function declared without parameters is taken for such a
maker, and is called.`

const epilogue = `SIGTERM and SIGINT drain: the registration is taken back, load balancers are told, requests in
progress are finished. The node's properties history, max_skill_age, concurrency (or threads)
override the options at once.
Exit status: 0 after draining, 1 after a failure or if requests were left unfinished, 2 for a
mistake in the command.`

/** Adds the options to a parser. */
export function withOptions(parser: Argv): Argv<Arguments> {
  const withAll = parser
    .scriptName('resumelb-worker')
    .locale('en')
    .usage(usage)
    .options(serving)
    .options(resume)
    .options(telling)
    .options(registering)
    .group(Object.keys(serving), 'Serving:')
    .group(Object.keys(resume), 'Résumé:')
    .group(Object.keys(telling), 'Telling:')
    .group(Object.keys(registering), 'ZooKeeper:')
    .example('$0 ./app.js -a 127.0.0.1:8000', 'Serve the default export of app.js')
    .example('$0 ./app.js --export create -c 4', 'Serve what create() makes, 4 requests at once')
    .example('$0 --upstream http://127.0.0.1:9000', 'Make any HTTP server a worker')
    .example('$0 ./app.js --zookeeper 127.0.0.1:2181 --path /lb/workers', 'Let zkresumelb find it')
    .epilogue(epilogue)
    .wrap(100)
    .strictOptions()
  return withAll as unknown as Argv<Arguments>
}
