/** A list of URLs to warm up with: one in each line, and comments after `#`. Pure. */
import { OptionError } from '@resumelb/common'

/** Maximum number of URLs in a list. */
export const maxUrls = 10_000

/** One URL, as the parts of a request. */
export interface ListedUrl {
  readonly host: string
  /** Path and query. */
  readonly target: string
  readonly isEncrypted: boolean
}

/** Reads a list. Throws an {@link OptionError} that names the option. */
export function readUrlList(text: string, option: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trim())
  const urls = lines.filter((line) => line !== '')
  for (const url of urls) parseUrl(url, option)
  if (urls.length <= maxUrls) return urls
  throw new OptionError(option, `a list of at most ${maxUrls} URLs`, urls.length)
}

/** Throws an {@link OptionError} that names the option if it is no URL of HTTP. */
export function parseUrl(text: string, option: string): ListedUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new OptionError(option, 'URLs such as http://tenant-1.example/search?q=x', text)
  }
  const { host, pathname, search, protocol } = url
  return { host, target: pathname + search, isEncrypted: protocol === 'https:' }
}
