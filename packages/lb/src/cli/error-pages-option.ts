/** The pages that `--error-page` names. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { type ListSpec, OptionError } from '@resumelb/common'
import { type ErrorPages, maxPageLength, pageStatuses } from '../proxy/error-pages.ts'

const form = `STATUS=FILE, with a STATUS of ${pageStatuses.join(', ')}`

/** What a file is, by the end of its name. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.xml': 'application/xml',
}

export const errorPageTable: { readonly errorPage: ListSpec & { default: readonly string[] } } = {
  errorPage: {
    type: 'list',
    form,
    check: parse,
    default: [],
    help: `Page for failures of one status (${pageStatuses.join(', ')}): 503=FILE; may be repeated`,
  },
}

function parse(text: string, option: string): { status: string; file: string } {
  const [status = '', ...rest] = text.split('=')
  const file = rest.join('=')
  if (!pageStatuses.some((known) => String(known) === status) || file === '') {
    throw new OptionError(option, form, text)
  }
  return { status, file }
}

/** Reads the files. Throws an {@link OptionError} that says what is wrong with one. */
export function errorPagesFrom(texts: readonly string[], option: string): ErrorPages {
  const pages: Record<string, { contentType: string; body: string }> = {}
  for (const text of texts) {
    const { status, file } = parse(text, option)
    const refuse = (reason: string) => new OptionError(option, form, text, { reason })
    if (status in pages) throw refuse(`there is a page for ${status} already`)
    const contentType = contentTypes[extname(file).toLowerCase()]
    if (contentType === undefined) {
      throw refuse(`the file must end with ${Object.keys(contentTypes).join(', ')}`)
    }
    const body = read(file, refuse)
    if (body.length > maxPageLength) throw refuse(`it is longer than ${maxPageLength} characters`)
    pages[status] = { contentType, body }
  }
  return pages
}

function read(file: string, refuse: (reason: string) => OptionError): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw refuse((error as Error).message)
  }
}
