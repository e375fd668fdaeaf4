/** Checks that every source file imports only what the table of floors allows its part. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { floors } from './floors.mjs'
import { runAlone } from './lib/alone.mjs'
import { readJson, root } from './lib/run.mjs'

/** Statements as Biome formats them, and the type `import('…')`. */
const importPattern =
  /^(?:import|export)\s(?:[\w*${},\s]*?\sfrom\s)?'([^']+)'|typeof import\('([^']+)'\)/gm

/**
 * The mistakes of one package: `rows` are its part of the table, `files` its sources by path, and
 * `others` names all that it may depend on, as rows do: `@common`, `yargs`.
 */
export function floorMistakes(rows, files, others) {
  const mistakes = []
  const parts = new Map()
  for (const [names, allowed, reason] of rows) {
    const words = allowed.split(' ').filter((word) => word !== '')
    for (const word of words) {
      if (isKnown(word, parts, others)) continue
      mistakes.push(
        `the row of ${names} allows ${word}, which is neither above it nor a dependency`,
      )
    }
    const own = names.split(' ')
    const may = new Set([...own, ...words, ...(words.includes('*') ? parts.keys() : [])])
    for (const part of own) parts.set(part, { may, reason })
  }
  const filled = new Set()
  for (const [path, text] of files) {
    const part = partOf(path, parts)
    const row = parts.get(part)
    if (row === undefined) mistakes.push(`${path} belongs to no part`)
    else mistakes.push(...wrongImports(path, text, row, parts))
    filled.add(part)
  }
  for (const part of parts.keys()) if (!filled.has(part)) mistakes.push(`${part} has no file`)
  return mistakes
}

function isKnown(word, parts, others) {
  return word === '*' || /^node(?::|$)/.test(word) || parts.has(word) || others.includes(word)
}

/** The longest name of a part that the path lies in. */
function partOf(path, parts) {
  const matching = [...parts.keys()].filter((part) => `${path}/`.startsWith(`${part}/`))
  return matching.sort((a, b) => b.length - a.length)[0] ?? '.'
}

function wrongImports(path, text, { may, reason }, parts) {
  const mistakes = []
  for (const [, statement, type] of text.matchAll(importPattern)) {
    const target = statement ?? type
    const name = target.startsWith('.')
      ? partOf(posix.join(posix.dirname(path), target), parts)
      : outsideName(target)
    const isAllowed = may.has(name) || (name.startsWith('node:') && may.has('node'))
    if (!isAllowed) mistakes.push(`${path} imports ${target}: ${reason}`)
  }
  return mistakes
}

/** What rows call a package: `@common/cli` for an entry of ours, the whole package for others. */
function outsideName(target) {
  if (target.startsWith('node:')) return target
  if (target.startsWith('@resumelb/')) return target.replace('resumelb/', '')
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/')
}

function sourcesOf(name) {
  const folder = join(root, 'packages', name, 'src')
  const paths = readdirSync(folder, { recursive: true }).filter((path) => /\.tsx?$/.test(path))
  return new Map(
    paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(folder, path), 'utf8')]),
  )
}

/** What the rows of a package may name of others: all entries of ours above it, and what it installs. */
function othersOf(name, above) {
  const manifest = readJson(join(root, 'packages', name, 'package.json'))
  const dependencies = { ...manifest.devDependencies, ...manifest.dependencies }
  const ours = above.filter((other) => Object.hasOwn(dependencies, `@resumelb/${other}`))
  const entries = ours.flatMap((other) => {
    const { exports } = readJson(join(root, 'packages', other, 'package.json'))
    return Object.keys(exports).map((entry) => `@${posix.join(other, entry)}`)
  })
  return [...entries, ...Object.keys(dependencies)]
}

/** Checks all packages; `record` is that of `npm test`. */
export function checkFloors(record) {
  const names = Object.keys(floors)
  const mistakes = names.flatMap((name, index) => {
    const others = othersOf(name, names.slice(0, index))
    return floorMistakes(floors[name], sourcesOf(name), others).map((text) => `${name}: ${text}`)
  })
  for (const name of readdirSync(join(root, 'packages'))) {
    if (!names.includes(name)) mistakes.push(`${name}: scripts/floors.mjs has no rows for it`)
  }
  record('floors of the packages', { code: mistakes.length, output: mistakes.join('\n') })
}

runAlone(import.meta.url, checkFloors)
