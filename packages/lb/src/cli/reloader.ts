/** Reads the configuration of a command again, and changes what can be changed while it runs. */
import { kebabCase, type Logger, logLevelNamed } from '@resumelb/common'
import type { Reloaded } from '../admin/changes.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import { type LiveLimit, liveLimits } from '../options.ts'
import { type GivenSettings, settingChanges } from '../pool/settings.ts'
import type { Plan } from './plan.ts'
import { poolSettings } from './syntax.ts'

export interface ReloaderContext {
  readonly balancer: LoadBalancer
  /** What was read at the start. */
  readonly plan: Plan
  /** Reads all of it again. Rejects if anything is bad. */
  readonly read: () => Promise<Plan>
  readonly own: OwnOptions
  readonly log: Logger & { level: string }
}

/** What only one of the commands can change. */
export interface OwnOptions {
  /** Names of options that {@link apply} changes. */
  readonly names: readonly string[]
  readonly apply: (next: Plan) => void
  /** The settings of the pool that count when those of the options have changed. */
  readonly settingsOf: (next: Plan, changed: GivenSettings) => GivenSettings
}

/** Options that all commands can change, besides settings and limits. */
const shared = [
  'tlsCert',
  'tlsKey',
  'tlsMinVersion',
  'errorPage',
  'disconnectMessage',
  'requestClassifier',
  'requestUnits',
  'requestChain',
  'logLevel',
]

/** Options that decide how a classifier is used. */
const versionNames = ['singleVersion', 'versionFrom', 'versionClasses']

export class Reloader {
  readonly #context: ReloaderContext
  readonly #live: ReadonlySet<string>
  /** The values that count now. */
  #values: Readonly<Record<string, unknown>>
  #settings: GivenSettings
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: ReloaderContext) {
    const { plan, own } = context
    this.#context = context
    this.#values = { ...plan.line.values, workers: plan.workers }
    this.#settings = plan.options.settings ?? {}
    this.#live = new Set([...shared, ...liveLimits, ...poolSettings().keys(), ...own.names])
  }

  /**
   * Reads the configuration, and all files and modules it names, again. Resolves with the options
   * that have changed, and those that need a restart. Rejects, and changes nothing, if anything is
   * bad.
   */
  reload(): Promise<Reloaded> {
    const done = this.#last.then(() => this.#reload())
    this.#last = done.catch(() => undefined)
    return done
  }

  /** The settings of the configuration. */
  get settings(): GivenSettings {
    return this.#settings
  }

  /** The same for a signal: the log has the answer. */
  async reloadAndLog(): Promise<void> {
    await this.reload().catch(() => undefined)
  }

  async #reload(): Promise<Reloaded> {
    const { log, read } = this.#context
    try {
      const next = await read()
      const reloaded = this.#apply(next)
      log.info({ ...reloaded }, 'configuration reloaded')
      const { restart } = reloaded
      if (restart.length > 0) log.warn({ restart }, 'options that need a restart have changed')
      return reloaded
    } catch (error) {
      log.error(
        { reason: (error as Error).message },
        'cannot reload the configuration; the old one stays in force',
      )
      throw error
    }
  }

  #apply(next: Plan): Reloaded {
    const { balancer, plan, own, log } = this.#context
    const values: Readonly<Record<string, unknown>> = { ...next.line.values, workers: next.workers }
    const names = Object.keys({ ...this.#values, ...values }).filter(
      (name) => !isSame(this.#values[name], values[name]),
    )
    const gainsTls = (plan.certificates === undefined) !== (next.certificates === undefined)
    const isLive = (name: string) =>
      this.#live.has(name) && !(gainsTls && (name === 'tlsCert' || name === 'tlsKey'))
    const changed = names.filter(isLive)
    const restart = names.filter((name) => !isLive(name))

    // First what may be refused.
    this.#applySettings(next)
    balancer.setErrorPages(next.options.errorPages ?? {}, next.options.disconnectMessage ?? null)
    const { classifier } = next.options
    const isSameVersions = !names.some((name) => versionNames.includes(name))
    if (classifier !== undefined && isSameVersions) balancer.setClassifier(classifier)
    balancer.updateLimits(limitsOf(next))
    if (next.certificates !== undefined) plan.certificates?.adopt(next.certificates)
    plan.options.workerTls?.certificates.reload()
    log.level = logLevelNamed(next.line.values.logLevel)
    own.apply(next)

    const kept = restart.map((name) => [name, this.#values[name]])
    this.#values = { ...values, ...Object.fromEntries(kept) }
    return { changed: changed.map(kebabCase), restart: restart.map(kebabCase) }
  }

  /** Leaves settings alone that were changed at run time and not in the configuration. */
  #applySettings(next: Plan): void {
    const { balancer, own } = this.#context
    const settings = next.options.settings ?? {}
    const changed = settingChanges(this.#settings, settings)
    if (Object.keys(changed).length > 0) balancer.updateSettings(own.settingsOf(next, changed))
    this.#settings = settings
  }
}

function limitsOf({ line: { values } }: Plan): Record<LiveLimit, number> {
  const limits = liveLimits.map((name) => [name, values[name]])
  return Object.fromEntries(limits) as Record<LiveLimit, number>
}

/** Values are numbers, flags, texts and lists of texts. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
