/** The option that workers and load balancers have in common: how much one class may take. */
import type { NumberSpec } from './options/spec.ts'

export const maxClassShare: NumberSpec & { readonly default: number } = {
  default: 0.75,
  min: 0.01,
  max: 1,
  help: 'Maximum share of the slots that one class holds while there are others; 1: no limit',
}
