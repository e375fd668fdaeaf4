/** The version of this package. */
import { createRequire } from 'node:module'

const manifest: { readonly version: string } = createRequire(import.meta.url)('../package.json')

export const version: string = manifest.version

/** Name and version of the load balancer, for workers and people. */
export const software: string = `resumelb/${version}`
