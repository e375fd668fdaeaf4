/** Says in one sentence why a worker is chosen. Pure. */
import type { Candidate, Explanation, Role } from '../pool/explanation.ts'

const reasons: Readonly<Partial<Record<Role, string>>> = {
  home: 'the class is at home there, so its caches should hold it',
  spill: 'it has served the class, and the homes of the class are too busy or not available',
  sticky: 'the session of the request names it',
  unready: 'no worker but those that are not ready can take it',
  standby: 'no worker but those on standby can take it',
  ejected: 'no worker but those that were ejected can take it',
}

const decidedByCost: ReadonlySet<Role> = new Set(['home', 'spill', 'cold', 'candidate'])

/** The size of a request as the classifier states it; null where it states none. */
export interface StatedSize {
  readonly units: number | null
  readonly links: number | null
}

export function whyChosen(
  { chosen, candidates }: Explanation<string>,
  size: StatedSize = { units: null, links: null },
): string {
  if (chosen === undefined) {
    return candidates.length === 0
      ? 'No worker can take the request: none is connected and ready.'
      : 'No worker can take the request now; the role of each says why.'
  }
  const best = candidates.find(({ worker }) => worker === chosen)
  const reason = best && (depthReason(best, candidates, size) ?? reasonOf(best.role, candidates))
  const cost = best?.cost === undefined ? '' : ` ${costIntro(best.role)}: ${costText(best)}.`
  if (reason === undefined) return `${chosen} gets the request.${cost}`
  return `${chosen} gets the request: ${reason}.${cost}`
}

/** Of a request with a chain, where the pool looks at how deep workers are warm. */
function depthReason(
  { role, warmLinks, warmUnits = 0 }: Candidate<string>,
  candidates: Explanation<string>['candidates'],
  { units, links }: StatedSize,
): string | undefined {
  if (warmLinks === undefined || links === null || !decidedByCost.has(role)) return undefined
  if (links === 0) return 'its chain is empty, so that no worker can be warm for it'
  const ofUnits = units === null ? '' : `, ${figure(warmUnits)} of ${figure(units)} units`
  const warm = `it is warm for ${warmLinks} of ${links} links${ofUnits}`
  const isDeepest = candidates.every((each) => (each.warmLinks ?? 0) <= warmLinks)
  if (!isDeepest) return `${warm}, and where more is warm it would cost more`
  return warmLinks > 0 ? `${warm}, and no worker for more` : 'no worker is warm for its chain'
}

function figure(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** The cost decides between workers of the same standing only. */
function costIntro(role: Role): string {
  return decidedByCost.has(role) ? 'It costs least' : 'Its cost'
}

function reasonOf(role: Role, candidates: Explanation<string>['candidates']): string | undefined {
  if (role !== 'cold') return reasons[role]
  return candidates.some((one) => one.role === 'home' || one.role === 'spill')
    ? 'it has not served the class lately, but those that have are too busy'
    : 'no worker that can take it has served the class lately'
}

function costText({ wait = 0, service = 0, cost = 0 }: Candidate<string>): string {
  const rest = cost - wait - service
  const parts = [`${ms(wait)} wait`, `${ms(service)} service`]
  if (rest > 0.0005) parts.push(`${ms(rest)} for the work that others would lose, and for risk`)
  return parts.join(' + ')
}

function ms(seconds: number): string {
  const value = seconds * 1000
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
