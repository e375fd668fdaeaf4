import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The pages of the documentation, those of the packages included. */
const pages = ['.', 'docs', 'bench', ...packageFolders(), ...examples()].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder === 'docs' })
    .filter((name) => String(name).endsWith('.md'))
    .map((name) => join(folder, String(name))),
)

function packageFolders(): string[] {
  return readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
}

function examples(): string[] {
  return readdirSync(join(root, 'examples')).map((name) => `examples/${name}`)
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutCode(path).matchAll(/^#+ +(.*)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = text.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
    let unique = anchor
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`
    anchors.add(unique)
  }
  return anchors
}

/** The text of a page without its blocks of code, in which nothing is a link or a heading. */
function withoutCode(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^```.*?^```/gms, '')
}

describe('the links of', () => {
  test.each(pages)('%s lead to a file, and to a heading of it', (page) => {
    const path = join(root, page)
    const targets = [...withoutCode(path).matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, target]) => target ?? '',
    )
    const broken = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : join(dirname(path), file)
      if (!existsSync(found)) return true
      return anchor !== undefined && found.endsWith('.md') && !anchorsOf(found).has(anchor)
    })
    expect([relative(root, path), broken]).toEqual([relative(root, path), []])
  })
})
