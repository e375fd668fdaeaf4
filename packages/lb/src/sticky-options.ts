/** The options of sticky sessions: their meaning, defaults and ranges. */
import { type NumberSpec, OptionError, type TextSpec } from '@resumelb/common'
import { knownField } from './http/known-fields.ts'

/** What names the worker of a session. At least one of `cookie` and `header` is given. */
export interface StickyOptions {
  /** The name of the cookie that names the worker, for browsers. */
  readonly cookie?: string
  /** The name of a header that does, in requests and in responses, for API clients. */
  readonly header?: string
  /** Milliseconds for which browsers keep the cookie; by default, until they are closed. */
  readonly maxAge?: number
  /** Makes the names of workers a secret. All load balancers of a site need the same one. */
  readonly secret?: string
}

const token = /^[\w!#$%&'*+.^`|~-]{1,64}$/

const nameForm = 'a name of up to 64 letters, digits and hyphens'

/** Fields that mean something else to browsers or applications. */
const taken: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'cookie',
  'etag',
  'location',
  'set-cookie',
  'vary',
])

export const stickyTable: {
  readonly sticky: TextSpec
  readonly stickyHeader: TextSpec
  readonly stickyMaxAge: NumberSpec
  readonly stickySecret: TextSpec
} = {
  sticky: {
    type: 'text',
    form: nameForm,
    check: checkCookieName,
    help: 'Keep the requests of a browser on one worker, which this cookie names',
  },
  stickyHeader: {
    type: 'text',
    form: nameForm,
    check: checkHeaderName,
    help: 'Keep the requests of an API client on one worker: the client sends this header of responses back in its requests',
  },
  stickyMaxAge: {
    min: 1_000,
    max: 34_560_000_000,
    unit: 'ms',
    otherwise: 'until the browser is closed',
    help: 'Time for which browsers keep the cookie, from when it was set',
  },
  stickySecret: {
    type: 'text',
    form: 'a text',
    otherwise: 'RESUMELB_STICKY_SECRET of the environment',
    help: 'Secret that hides the addresses of workers in cookies; the same for all load balancers',
  },
}

/** Throws an {@link OptionError} if the options name nothing, or something that cannot be. */
export function checkSticky({ cookie, header, maxAge }: StickyOptions): void {
  if (cookie === undefined && header === undefined) {
    throw new OptionError('sticky', 'given with a cookie or a header', undefined)
  }
  if (cookie !== undefined) checkCookieName(cookie, 'sticky.cookie')
  if (header !== undefined) checkHeaderName(header, 'sticky.header')
  const { min, max } = stickyTable.stickyMaxAge
  if (maxAge !== undefined && !(maxAge >= min && maxAge <= max)) {
    throw new OptionError('sticky.maxAge', `from ${min} to ${max}`, maxAge)
  }
}

function checkCookieName(name: string, option: string): void {
  if (!token.test(name)) throw new OptionError(option, nameForm, name)
}

function checkHeaderName(name: string, option: string): void {
  if (token.test(name) && knownField(name) === undefined && !taken.has(name.toLowerCase())) return
  throw new OptionError(option, `${nameForm} that has no other meaning`, name)
}
