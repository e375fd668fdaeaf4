/** The settings of a session. */
import { OptionError } from '@resumelb/common'

/** A user that the server knows by a digest of name and password. */
export interface DigestCredential {
  readonly user: string
  readonly password: string
}

/** Reads `USER:PASSWORD`; the password may have colons. Throws an {@link OptionError}. */
export function parseCredential(text: string): DigestCredential {
  const colon = text.indexOf(':')
  if (colon < 1)
    throw new OptionError('credentials', 'USER:PASSWORD', text, { shown: 'a text without a user' })
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

export interface SessionOptions {
  /**
   * Milliseconds without a sign of life after which the server gives up the session and its
   * registrations. From 400 to 3600000. The server may grant more or less than what is asked.
   */
  readonly sessionTimeout?: number
  /** Who we are to the server, for nodes that are not open to everybody. At most 10. */
  readonly credentials?: readonly DigestCredential[]
  /** Milliseconds without a connection before the first `unreachable` event. From 0 to 3600000. */
  readonly unreachableAfter?: number
  /** Milliseconds between further `unreachable` events. From 100 to 3600000. */
  readonly unreachableEvery?: number
}

export const defaultSessionOptions: Required<SessionOptions> = {
  sessionTimeout: 10_000,
  credentials: [],
  unreachableAfter: 3000,
  unreachableEvery: 30_000,
}

/** Credentials that one session may have. */
const maxCredentials = 10

const limits = {
  sessionTimeout: [400, 3_600_000],
  unreachableAfter: [0, 3_600_000],
  unreachableEvery: [100, 3_600_000],
} as const

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad option. */
export function resolveSessionOptions(options: SessionOptions): Required<SessionOptions> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved = { ...defaultSessionOptions, ...Object.fromEntries(given) }
  for (const [name, [min, max]] of Object.entries(limits)) {
    const value = resolved[name as keyof typeof limits]
    if (!(value >= min && value <= max)) {
      throw new OptionError(name, `from ${min} to ${max}`, value)
    }
  }
  if (resolved.credentials.length > maxCredentials) {
    throw new OptionError('credentials', `at most ${maxCredentials}`, resolved.credentials, {
      shown: String(resolved.credentials.length),
    })
  }
  for (const { user } of resolved.credentials) {
    if (user === '' || user.includes(':')) {
      throw new OptionError('the user of credentials', 'a name without colon', user)
    }
  }
  return resolved
}
