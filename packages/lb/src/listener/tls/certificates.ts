/**
 * The certificates of a TLS server: chosen by server name, and read again when their files change.
 */
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls'
import {
  type Certificate,
  type CertificateFiles,
  type CertificateLabels,
  type Clock,
  FileWatch,
  type Logger,
  OptionError,
  readCertificate,
  silentLogger,
  systemClock,
} from '@resumelb/common'

export interface CertificatesOptions {
  /** The oldest version of TLS that clients may speak; TLSv1.2 by default. */
  readonly minVersion?: SecureVersion
  /** Hears of certificates that have expired, and of files that cannot be read again. */
  readonly log?: Logger
  readonly clock?: Clock
  /** What messages call the files. */
  readonly labels?: CertificateLabels
}

/** What a server of `node:tls` needs to know of its default certificate. */
export interface SecureOptions {
  readonly cert: Buffer
  readonly key: Buffer
  readonly minVersion: SecureVersion
}

/** One pair of files, and what they contained when they were last good. */
interface Entry {
  readonly files: CertificateFiles
  readonly certificate: Certificate
  readonly context: SecureContext
}

export class Certificates {
  #minVersion: SecureVersion
  readonly #log: Logger
  readonly #labels: CertificateLabels | undefined
  #entries: readonly Entry[]
  #byName: ReadonlyMap<string, SecureContext>
  /** Servers that use the default certificate. */
  readonly #onChange: Set<() => void> = new Set()
  readonly #clock: Clock
  #watch: FileWatch

  /**
   * Reads all files; the first pair is the default. Throws an {@link OptionError} for the first bad
   * one.
   */
  constructor(
    files: readonly CertificateFiles[],
    {
      minVersion = 'TLSv1.2',
      log = silentLogger,
      clock = systemClock,
      labels,
    }: CertificatesOptions = {},
  ) {
    if (files.length === 0)
      throw new OptionError('certificates', 'at least one pair of files', files)
    this.#minVersion = minVersion
    this.#log = log
    this.#labels = labels
    this.#clock = clock
    this.#entries = files.map((pair) => this.#load(pair))
    this.#byName = contextsByName(this.#entries)
    this.#watch = this.#watchOf(files)
  }

  /** What the certificates say, in the order in which they were given. */
  get certificates(): readonly Certificate[] {
    return this.#entries.map(({ certificate }) => certificate)
  }

  /** The default certificate, for clients that name no server, and for names that none is for. */
  get secureOptions(): SecureOptions {
    const { cert, key } = (this.#entries[0] as Entry).certificate
    return { cert, key, minVersion: this.#minVersion }
  }

  /** The first certificate for a server name; `undefined`: the default. */
  contextFor(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase()
    return this.#byName.get(name) ?? this.#byName.get(`*${name.slice(name.indexOf('.'))}`)
  }

  /**
   * Reads the files again, for new connections. A pair that is not good any more is logged, and
   * stays as it was. Returns whether any has changed.
   */
  reload(): boolean {
    return this.#replace(this.#entries.map((entry) => this.#reload(entry)))
  }

  /**
   * Uses the files of another one from now on, for new connections. Returns whether any has
   * changed.
   */
  adopt(next: Certificates): boolean {
    const known = new Map(this.#entries.map((entry) => [entry.files.cert, entry]))
    const isRenewed = this.#minVersion !== next.#minVersion
    this.#minVersion = next.#minVersion
    const entries = next.#entries.map((entry) => {
      const before = known.get(entry.files.cert)
      return before !== undefined && !isRenewed && isSame(entry, before) ? before : entry
    })
    this.#watch.stop()
    this.#watch = this.#watchOf(entries.map(({ files }) => files))
    if (this.#onChange.size > 0) this.#watch.start()
    return this.#replace(entries)
  }

  #replace(entries: readonly Entry[]): boolean {
    const before = this.#entries
    this.#entries = entries
    const changed = entries.filter((entry) => !before.includes(entry))
    if (changed.length === 0 && entries.length === before.length) return false
    this.#byName = contextsByName(this.#entries)
    for (const tell of this.#onChange) tell()
    for (const { files, certificate } of changed) {
      this.#log.info({ cert: files.cert, validTo: certificate.validTo }, 'certificate reloaded')
    }
    return true
  }

  /**
   * Watches the files, and reloads them when they have changed and then stayed as they are for some
   * seconds: until then, a certificate may lack its key. The function it returns ends that.
   * `onChange` is called after each change, for the default certificate.
   */
  watch(onChange: () => void): () => void {
    this.#watch.start()
    this.#onChange.add(onChange)
    return () => {
      this.#onChange.delete(onChange)
      if (this.#onChange.size === 0) this.#watch.stop()
    }
  }

  #watchOf(files: readonly CertificateFiles[]): FileWatch {
    const paths = files.flatMap(({ cert, key = cert }) => [cert, key])
    return new FileWatch(paths, () => void this.reload(), this.#clock)
  }

  #load(files: CertificateFiles): Entry {
    const certificate = readCertificate(files, this.#labels)
    const entry = { files, certificate, context: this.#contextOf(files, certificate) }
    this.#warnOfDates(entry)
    return entry
  }

  #contextOf(files: CertificateFiles, { cert, key }: Certificate): SecureContext {
    try {
      return createSecureContext({ cert, key, minVersion: this.#minVersion })
    } catch (cause) {
      // For instance a key that is too short for OpenSSL.
      const label = this.#labels?.cert ?? 'cert'
      const { message: reason } = cause as Error
      throw new OptionError(label, 'a certificate that OpenSSL takes', files.cert, {
        reason,
        cause,
      })
    }
  }

  #reload(entry: Entry): Entry {
    const { files, certificate: before } = entry
    try {
      const { cert, key } = readCertificate(files, this.#labels)
      if (cert.equals(before.cert) && key.equals(before.key)) return entry
      return this.#load(files)
    } catch (error) {
      const facts = { cert: files.cert, error: (error as Error).message }
      this.#log.error(facts, 'cannot reload the certificate; the previous one is still used')
      return entry
    }
  }

  #warnOfDates({ files: { cert }, certificate: { validFrom, validTo } }: Entry): void {
    const now = Date.now()
    if (validTo.getTime() < now) {
      this.#log.warn({ cert, validTo }, 'certificate has expired: clients will refuse it')
    } else if (validFrom.getTime() > now) {
      this.#log.warn({ cert, validFrom }, 'certificate is not valid yet: clients will refuse it')
    }
  }
}

function isSame({ files, certificate }: Entry, other: Entry): boolean {
  const { cert, key } = other.certificate
  return (
    files.key === other.files.key && certificate.cert.equals(cert) && certificate.key.equals(key)
  )
}

/** Of several certificates for a name, the first counts. */
function contextsByName(entries: readonly Entry[]): ReadonlyMap<string, SecureContext> {
  const contexts = new Map<string, SecureContext>()
  for (const { certificate, context } of entries) {
    for (const name of certificate.names) if (!contexts.has(name)) contexts.set(name, context)
  }
  return contexts
}
