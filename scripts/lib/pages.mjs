/** The pages of the documentation. */
import { readdirSync } from 'node:fs'

/** Where they are; `node_modules` and the like are not looked through. */
const folders = [
  'docs',
  'docs/decisions',
  'docs/reference',
  'docs/recipes',
  'bench',
  ...packageFolders(),
]

export function packageFolders() {
  return readdirSync('packages').map((name) => `packages/${name}`)
}

export function pages() {
  return ['.', ...folders].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  )
}
