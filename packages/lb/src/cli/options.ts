/** The options that all commands of this package share, and what they turn into. */
import { readFileSync } from 'node:fs'
import { OptionError } from '@resumelb/common'
import { parse } from 'yaml'
import type { Options } from 'yargs'
import { defaultPool, type LoadBalancerOptions } from '../load-balancer.ts'
import { type BalancingOptions, balancingLimits, defaultBalancingOptions } from '../options.ts'
import type { Pool } from '../pool/pool.ts'
import { poolKinds, poolNames } from '../pool/registry.ts'
import type { SettingSpec } from '../pool/settings.ts'
import { statesSettings } from '../pool/wrappers/states-pool.ts'
import type { WorkerLink } from '../workers/worker-link.ts'
import { classifierFrom, classifierHelp } from './classifier-option.ts'
import { loadFunction, namesExport } from './load-export.ts'

/** What yargs makes of the shared options. Times are in seconds. */
export interface SharedArguments {
  readonly address: string
  readonly accessLog: string
  readonly backlog: number
  readonly maxConnections: number | undefined
  readonly logLevel: string
  readonly requestClassifier: string
  readonly disconnectMessage: string | undefined
  readonly pool: string
  readonly trustedProxy: readonly string[]
  readonly via: boolean
  readonly keepAliveTimeout: number
  readonly headersTimeout: number
  readonly maxHeaderSize: number
  readonly drainTimeout: number
  readonly [name: string]: unknown
}

/** Letters of the shared short options that have a value. */
export const valueLetters = 'ablmLrev'

const listening: Record<string, Options> = {
  address: {
    alias: 'a',
    type: 'string',
    default: ':8080',
    describe: 'Listen at HOST:PORT, [IPV6]:PORT or :PORT; port 0 is any free one',
  },
  backlog: {
    alias: 'b',
    type: 'number',
    default: 511,
    describe: 'Connections that the system holds until they are accepted',
  },
  'max-connections': {
    alias: 'm',
    type: 'number',
    describe: 'Connections of clients at once; more are closed  [default: no limit]',
  },
  via: {
    type: 'boolean',
    default: true,
    describe: 'Tell of this hop in Via; --no-via for servers that do not compress for proxies',
  },
  'trusted-proxy': {
    type: 'string',
    array: true,
    default: [],
    describe:
      'Believe the X-Forwarded-* of this IP address or network, or of loopback, linklocal, private',
  },
  'keep-alive-timeout': {
    type: 'number',
    default: 65,
    describe: 'Seconds that an idle connection of a client stays open',
  },
  'headers-timeout': {
    type: 'number',
    default: 60,
    describe: "Seconds that the head of a client's request may take",
  },
  'max-header-size': {
    type: 'number',
    default: 16 * 1024,
    describe: 'Bytes of the longest head of a request',
  },
  'drain-timeout': {
    type: 'number',
    default: 30,
    describe: 'Seconds to finish requests in after a SIGTERM',
  },
}

const logging: Record<string, Options> = {
  'access-log': {
    alias: 'l',
    type: 'string',
    default: '-',
    describe: 'File for a line per request; - is standard output, "" is none',
  },
  'log-level': {
    alias: 'L',
    type: 'string',
    default: 'info',
    describe: 'Log to standard error: debug, info, warn, error, fatal or silent',
  },
}

const choosing: Record<string, Options> = {
  'request-classifier': {
    alias: 'r',
    type: 'string',
    default: 'host',
    describe: classifierHelp,
  },
  pool: {
    type: 'string',
    default: defaultPool,
    describe: `How workers are chosen: ./module.js#factory or ${poolNames.join(', ')}`,
  },
}

/** How the command line tells of each balancing option, in the order of `--help`. */
const balancing: readonly {
  readonly name: keyof BalancingOptions
  readonly isTime: boolean
  readonly help: string
}[] = [
  { name: 'maxWaiting', isTime: false, help: 'Requests that wait at once for a worker' },
  { name: 'waitTimeout', isTime: true, help: 'Seconds that a request waits for a worker' },
  {
    name: 'responseTimeout',
    isTime: true,
    help: 'Seconds that a worker has to begin its response; 0: for ever',
  },
  {
    name: 'clientTimeout',
    isTime: true,
    help: 'Seconds that a client may stop in the middle of a request or response; 0: for ever',
  },
  { name: 'connectTimeout', isTime: true, help: 'Seconds that connecting to a worker may take' },
  { name: 'maxRetries', isTime: false, help: 'Times that a request is given to another worker' },
  {
    name: 'retryRatio',
    isTime: false,
    help: 'Retries per request, lately, of what a worker may have begun',
  },
  {
    name: 'minRetries',
    isTime: false,
    help: 'Such retries allowed however few requests there are',
  },
  {
    name: 'maxFailures',
    isTime: false,
    help: 'Failures in a row that take a worker out for a while; 0: none does',
  },
  { name: 'ejectionTime', isTime: true, help: 'Seconds that a worker is out for the first time' },
  { name: 'maxEjectionTime', isTime: true, help: 'The most seconds that a worker is out' },
]

/** The command's own defaults, where they differ from the pool's: those of zc.resumelb's command. */
const commandSettings: Readonly<Record<string, number>> = { variance: 4 }

/** The settings that a command has unless they are given. */
type UsualSettings = Readonly<Record<string, number>>

/** The settings of all pools, by name, with the names of the pools that know them. */
export function poolSettings(): Map<string, { spec: SettingSpec; pools: string[] }> {
  const settings = new Map<string, { spec: SettingSpec; pools: string[] }>()
  const kinds = Object.entries(poolKinds).map(([name, kind]) => [name, kind.settings] as const)
  for (const [pool, specs] of [...kinds, ['any pool', statesSettings] as const]) {
    for (const [name, spec] of Object.entries(specs)) {
      const known = settings.get(name)
      if (known === undefined) settings.set(name, { spec, pools: [pool] })
      else known.pools.push(pool)
    }
  }
  return settings
}

/** All shared options, for yargs, in the order of `--help`. */
export function sharedOptions(usual: UsualSettings = commandSettings): Record<string, Options> {
  const groups: [string, Record<string, Options>][] = [
    ['Listening:', listening],
    ['Logging:', logging],
    ['Choosing a worker:', { ...choosing, ...settingOptions(usual) }],
    ['Waiting, retries and failures:', balancingOptions()],
  ]
  const options: Record<string, Options> = {}
  for (const [group, members] of groups) {
    for (const [name, option] of Object.entries(members)) {
      options[name] = { ...option, group, ...(!option.array && { coerce: lastInRange(name) }) }
    }
  }
  return options
}

const day = 24 * 3600

type Range = readonly [min: number, max: number]

/** Which numbers the options take, in the words of the command. */
const ranges: Readonly<Record<string, Range>> = {
  backlog: [1, 1_000_000],
  'max-connections': [1, 100_000_000],
  'keep-alive-timeout': [0, day],
  'headers-timeout': [0, day],
  'max-header-size': [1, 100_000_000],
  'drain-timeout': [0, day],
  ...balancingRanges(),
  ...settingRanges(),
}

function balancingRanges(): Record<string, Range> {
  const known: Record<string, Range> = {}
  for (const { name, isTime } of balancing) {
    const [min, max] = balancingLimits[name]
    known[kebabCase(name)] = isTime ? [min / 1000, max / 1000] : [min, max]
  }
  return known
}

function settingRanges(): Record<string, Range> {
  const known: Record<string, Range> = {}
  for (const [name, { spec }] of poolSettings()) known[kebabCase(name)] = [spec.min, spec.max]
  return known
}

/** The last of what was given, checked: yargs makes NaN of anything. It throws an OptionError. */
function lastInRange(name: string): (value: unknown) => unknown {
  const range = ranges[name]
  if (range === undefined) return lastOf
  const [min, max] = range
  return (given) => {
    const value = lastOf(given)
    if (value === undefined) return undefined
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw new OptionError(name, `from ${min} to ${max}`, value)
  }
}

/** Of an option that is given several times the last counts, so that scripts can add to a command. */
export function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value
}

function settingOptions(usual: UsualSettings): Record<string, Options> {
  const options: Record<string, Options> = {}
  for (const [name, { spec, pools }] of poolSettings()) {
    const value = usual[name] ?? spec.default
    const describe = `${spec.help.replace(/\.$/, '')} (${pools.join(', ')})  [default: ${value}]`
    // Left undefined if not given: what a pool does not know must not reach it.
    options[kebabCase(name)] = {
      type: 'number',
      describe,
      ...(name === 'variance' && { alias: 'v' }),
    }
  }
  return options
}

function balancingOptions(): Record<string, Options> {
  const options: Record<string, Options> = {
    'disconnect-message': {
      alias: 'e',
      type: 'string',
      describe: 'The page, a file or a text, for requests whose worker broke',
    },
  }
  for (const { name, isTime, help } of balancing) {
    const value = defaultBalancingOptions[name]
    const given = isTime ? value / 1000 : value
    options[kebabCase(name)] = { type: 'number', default: given, describe: help }
  }
  return options
}

/** Reads `--config`: YAML or JSON with the names of the options. */
export function readConfig(path: string): Record<string, unknown> {
  try {
    const config: unknown = parse(readFileSync(path, 'utf8'))
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) {
      return config as Record<string, unknown>
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OptionError('config', `a file of YAML or JSON (${reason})`, path, { cause })
  }
  throw new OptionError('config', 'a file with a map from options to values', path)
}

/** The settings of the pool that were given. */
function settingsFrom(args: SharedArguments, usual: UsualSettings): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...usual }
  for (const name of poolSettings().keys()) {
    if (args[name] !== undefined) settings[name] = args[name]
  }
  return settings
}

/** The library's options that the command's stand for. Throws an {@link OptionError}. */
export async function loadBalancerOptions(
  args: SharedArguments,
  usual: UsualSettings = commandSettings,
): Promise<LoadBalancerOptions> {
  const settings = settingsFrom(args, usual)
  const timesAndLimits: Partial<Record<keyof BalancingOptions, number>> = {}
  for (const { name, isTime } of balancing) {
    const value = args[name] as number
    timesAndLimits[name] = isTime ? value * 1000 : value
  }
  const { disconnectMessage } = args
  return {
    ...timesAndLimits,
    classifier: await classifierFrom(args.requestClassifier),
    pool: await poolFrom(args.pool, settings),
    settings,
    trustedProxies: args.trustedProxy,
    via: args.via,
    ...(disconnectMessage !== undefined && { disconnectMessage: fileOrText(disconnectMessage) }),
  }
}

async function poolFrom(
  text: string,
  settings: Record<string, unknown>,
): Promise<string | (() => Pool<WorkerLink>)> {
  if (!namesExport(text)) return text
  const load = await loadFunction('pool', text)
  const create = () => load(...([settings, Math.random] as never[])) as Pool<WorkerLink>
  if (typeof create()?.assign === 'function') return create
  throw new OptionError('pool', 'a function that makes a pool', text)
}

function fileOrText(text: string): string {
  try {
    return readFileSync(text, 'utf8')
  } catch {
    return text
  }
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
