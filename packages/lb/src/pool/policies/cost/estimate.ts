/** The formulas of the cost pool. Times are in seconds, rates in requests per second. */
import { flatRatio, priorSamples, rateTau } from './cost-settings.ts'

/** What is left of a quantity that fades exponentially, after so many seconds: from 1 to 0. */
export function fade(seconds: number, tau: number = rateTau): number {
  return Math.exp(-seconds / tau)
}

/**
 * Mean service time where the class is not in the caches: the mean of the samples, drawn towards
 * the usual multiple of `warm` as if that had been sampled {@link priorSamples} times (a Bayesian
 * mean). Never below `warm`.
 */
export function coldSeconds(
  warm: number,
  usualRatio: number,
  sampleMean: number,
  samples: number,
): number {
  const usual = usualRatio * warm
  const mean = (sampleMean * samples + usual * priorSamples) / (samples + priorSamples)
  return Math.max(warm, mean)
}

/** Whether caching does nothing for a class, so that its workers differ only in the wait. */
export function isFlat(warm: number, cold: number): boolean {
  return cold < warm * flatRatio
}

/**
 * The service time to reckon with for a flat class: within a factor of two, differences are noise.
 */
export function withoutNoise(seconds: number, warm: number): number {
  return seconds < warm * 2 && seconds * 2 > warm ? warm : seconds
}

/**
 * Workers that should have the class in their caches: one, and one more for each `utilization` of a
 * worker that is filled by requests at this rate, each taking `warm` (Little's law).
 */
export function homesFor(
  rate: number,
  warm: number,
  concurrency: number,
  utilization: number,
): number {
  return 1 + Math.floor((rate * warm) / (utilization * concurrency))
}

/**
 * How much more than itself a second of waste counts: loading one class drives others out of the
 * caches, so that it costs at least what loading an average class does.
 */
export function pollution(penalty: number, meanPenalty: number): number {
  return penalty > 0 ? Math.max(1, meanPenalty / penalty) : 1
}

/**
 * Seconds that a request must be expected to lose at a worker that fails this part of them: it
 * fails f / (1 − f) times before it succeeds, and each time it has to be done elsewhere, cold.
 */
export function riskOf(failing: number, cold: number): number {
  if (failing === 0) return 0
  const part = Math.min(failing, 0.99)
  return (part / (1 - part)) * cold
}
