/** The files of the page that `GET /` shows, as the build has made them of the folder `page`. */
import { readFile } from 'node:fs/promises'

/** The same folder, whether this module runs from `src` or from `dist`. */
const folder = new URL('../../dist/page/', import.meta.url)

/** What the page may do: run and show what comes from here, and nothing that is written into it. */
export const pagePolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

export interface PageFile {
  readonly type: string
  readonly text: string
}

export class PageFiles {
  readonly #files: Map<string, PageFile> = new Map()

  /** One of its files; `undefined` if there is none of that name, or the page is not built. */
  async read(name: string): Promise<PageFile | undefined> {
    const type = types[name]
    if (type === undefined) return undefined
    const known = this.#files.get(name)
    if (known !== undefined) return known
    try {
      const file = { type, text: await readFile(new URL(name, folder), 'utf8') }
      this.#files.set(name, file)
      return file
    } catch {
      return undefined
    }
  }
}
