/** Options that load balancers and workers have in common. */
import type { NumberSpec } from './spec.ts'

/** How long upgraded connections outlive the beginning of the draining of a process. */
export const upgradeDrainTimeout: NumberSpec & { readonly default: number } = {
  default: 60_000,
  min: 0,
  max: 86_400_000,
  unit: 'ms',
  help: 'Time after SIGTERM or SIGINT in which upgraded connections stay open; then WebSockets are closed with 1001',
}
