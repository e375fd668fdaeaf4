/** Pages for failures, by status. Pure. */
import { OptionError } from '@resumelb/common'

/** Replaces the default page of a failure. */
export interface FailurePage {
  readonly contentType: string
  readonly body: string
}

/**
 * The statuses that may have a page of the operator's: the failures that are no mistake of the
 * client.
 */
export const pageStatuses = [429, 502, 503, 504] as const

type PageStatus = (typeof pageStatuses)[number]

/**
 * Pages by status: with their content types, or texts, whose type is that of {@link failurePage}.
 */
export type ErrorPages = { readonly [Status in PageStatus]?: FailurePage | string }

/** Maximum UTF-16 units of a page: it is kept in memory, and sent when there is trouble enough. */
export const maxPageLength = 262_144

/** Creates a page from a text: HTML if it looks like HTML, plain text otherwise. */
export function failurePage(text: string): FailurePage {
  const isHtml = text.trimStart().startsWith('<')
  return { contentType: `text/${isHtml ? 'html' : 'plain'}; charset=utf-8`, body: text }
}

/**
 * The pages by status. `disconnectMessage` is another way to give that of 502. Throws an
 * {@link OptionError} if one is given twice, or for a status or page that cannot be.
 */
export function resolvePages(
  pages: ErrorPages = {},
  disconnectMessage?: string,
): ReadonlyMap<number, FailurePage> {
  const resolved = new Map<number, FailurePage>()
  if (disconnectMessage !== undefined) {
    if (pages[502] !== undefined) {
      throw new OptionError('disconnectMessage', 'absent beside errorPages[502]', disconnectMessage)
    }
    resolved.set(502, failurePage(disconnectMessage))
  }
  for (const [status, page] of Object.entries(pages)) {
    if (!pageStatuses.some((known) => String(known) === status)) {
      throw new OptionError('errorPages', `for ${pageStatuses.join(', ')}`, status)
    }
    if (page !== undefined) resolved.set(Number(status), checked(page, `errorPages[${status}]`))
  }
  return resolved
}

const contentTypeForm = /^[\w!#$%&'*+.^`|~-]+\/[\t\x20-\x7e]+$/

function checked(given: FailurePage | string, option: string): FailurePage {
  const page = typeof given === 'string' ? failurePage(given) : given
  if (typeof page?.body !== 'string' || !contentTypeForm.test(page.contentType)) {
    throw new OptionError(option, 'a text, or { contentType, body }', given)
  }
  if (page.body.length <= maxPageLength) return page
  throw new OptionError(option, `of at most ${maxPageLength} characters`, page.body.length)
}
