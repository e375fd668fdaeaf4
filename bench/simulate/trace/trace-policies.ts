/** All routers that are compared with recorded requests. */
import { productPolicy } from './product-router.ts'
import { rivals } from './rivals.ts'
import type { TracePolicy } from './router.ts'

export const tracePolicies: readonly TracePolicy[] = [
  ...rivals,
  productPolicy('resumelb classic', 'classic'),
  productPolicy('resumelb, class only', 'cost'),
  productPolicy('resumelb', 'cost', { isSized: true }),
  productPolicy('resumelb, told', 'cost', { isSized: true, isTold: true }),
]
