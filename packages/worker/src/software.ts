/** Name and version of this software in the protocol. */
import { createRequire } from 'node:module'

const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string }

/** The version of this package. */
export const version: string = manifest.version

/** Name and version. */
export const software: string = `resumelb-worker/${version}`
