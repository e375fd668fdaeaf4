/** The settings of a session. */
import { type GivenOptions, OptionError, resolveOptions } from '@resumelb/common'

/** A user that the server knows by a digest of name and password. */
export interface DigestCredential {
  readonly user: string
  readonly password: string
}

/** Reads `USER:PASSWORD`; the password may have colons. Throws an {@link OptionError}. */
export function parseCredential(text: string, option = 'credentials'): DigestCredential {
  const colon = text.indexOf(':')
  if (colon < 1)
    throw new OptionError(option, 'USER:PASSWORD', text, { shown: 'a text without a user' })
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** All times in milliseconds. */
export const sessionTable = {
  sessionTimeout: {
    default: 10_000,
    min: 400,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time without contact after which the server ends the session and its registrations; the server may grant more or less',
  },
  unreachableAfter: {
    default: 3_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time without a connection before the first `unreachable` event',
  },
  unreachableEvery: {
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time between further `unreachable` events',
  },
} as const

/** Settings of a session: see {@link sessionTable}. All times in milliseconds. */
export interface SessionOptions extends GivenOptions<typeof sessionTable> {
  /** Credentials for nodes with restricted access. At most 10. */
  readonly credentials?: readonly DigestCredential[]
}

/** Credentials that one session may have. */
const maxCredentials = 10

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad option. */
export function resolveSessionOptions(options: SessionOptions): Required<SessionOptions> {
  const { credentials = [] } = options
  if (credentials.length > maxCredentials) {
    throw new OptionError('credentials', `at most ${maxCredentials}`, credentials, {
      shown: String(credentials.length),
    })
  }
  for (const { user } of credentials) {
    if (user === '' || user.includes(':')) {
      throw new OptionError('the user of credentials', 'a name without colon', user)
    }
  }
  return { ...resolveOptions(sessionTable, options), credentials }
}
