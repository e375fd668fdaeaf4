/** The configurations in docs/recipes: blocks of code with the name of a file after the language. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { RequestView } from '@resumelb/lb'
import { afterAll, describe, expect, test } from 'vitest'

const pages = fileURLToPath(new URL('../../docs/recipes/', import.meta.url))
const resumelb = fileURLToPath(new URL('../../packages/lb/bin/resumelb.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'resumelb-recipes-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Recipe {
  readonly name: string
  readonly page: string
  /** Where its files are. */
  readonly folder: string
  readonly files: ReadonlyMap<string, string>
}

function recipeOf(file: string): Recipe {
  const page = readFileSync(join(pages, file), 'utf8')
  const blocks = page.matchAll(/^```\w+ (\S+)\n(.*?)^```/gms)
  const files = new Map([...blocks].map(([, path = '', text = '']) => [path, text]))
  const own = join(folder, file.replace('.md', ''))
  mkdirSync(own)
  for (const [path, text] of files) writeFileSync(join(own, path), text)
  return { name: file, page, folder: own, files }
}

const recipes = readdirSync(pages).map(recipeOf)

/** Files of load balancers: others, such as those of Synapse, have no list of workers. */
const configurations = recipes.flatMap(({ name, folder: cwd, files }) =>
  [...files]
    .filter(([path, text]) => path.endsWith('.yaml') && /^workers:/m.test(text))
    .map(([path]) => ({ name, path, cwd })),
)

/** A row: a request, with its header fields, and the class that the function gives it. */
const rows = recipes.flatMap(({ name, page, folder: cwd, files }) => {
  const [, head = '', body = ''] =
    /^\| request \|( class[^\n]*)\n\|-[^\n]*\n((?:\|.*\n)+)/m.exec(page) ?? []
  const module = [...files].find(([path]) => path.startsWith('classify.'))
  if (module === undefined) return []
  const [, exported] = /`(\w+)`/.exec(head) ?? /export function (\w+)/.exec(module[1]) ?? []
  return body
    .trim()
    .split('\n')
    .map((row) => {
      const [, request = '', requestClass = ''] = row.split(/ ?\| ?/)
      return {
        name,
        request,
        requestClass: requestClass.replaceAll('`', ''),
        exported,
        path: join(cwd, module[0]),
      }
    })
})

function viewOf(request: string): RequestView {
  const [line = '', ...fields] = [...request.matchAll(/`([^`]*)`/g)].map(([, text]) => text ?? '')
  const [method, url] = line.split(' ')
  const headers = fields.map((field) => [
    field.split(':')[0]?.toLowerCase(),
    field.replace(/^[^:]*: /, ''),
  ])
  return { method, url, headers: Object.fromEntries(headers) } as RequestView
}

describe('docs/recipes', () => {
  test.each(configurations)(
    '$name: --check finds nothing wrong in $path',
    async ({ path, cwd }) => {
      const words = [resumelb, '--config', path, '--check']
      const { stderr } = await promisify(execFile)(process.execPath, words, { cwd })
      expect(stderr).toBe('')
    },
  )

  test.each(rows)('$name: $request has the class "$requestClass"', async (row) => {
    const module = await import(pathToFileURL(row.path).href)
    expect(module[row.exported ?? ''](viewOf(row.request))).toBe(row.requestClass)
  })
})
