/** The settings of the cost pool, and its constants with the reason for each. */
import { maxClasses, type SettingSpec } from '../../settings.ts'

export const costSettings = {
  price: {
    default: 1,
    min: 0,
    max: 100,
    help: 'Weight of a wasted second against a second of waiting, per request of backlog per slot.',
  },
  spares: {
    default: 2,
    min: 1,
    max: 16,
    whole: true,
    help: 'Number of workers that have not served the class to consider for each request.',
  },
  homeUtilization: {
    default: 0.5,
    min: 0.01,
    max: 10,
    help: 'Share of a worker that the demand for a class may fill before the class gets another home.',
  },
  moveGap: {
    default: 0.5,
    min: 0,
    max: 1e6,
    help: 'Difference between the busiest and the idlest worker, in requests per slot, that moves a class.',
  },
  maxClasses: maxClasses as SettingSpec,
} as const

/**
 * Time constant of a worker's mean backlog, in seconds: long enough to see a trend, not a burst.
 */
export const backlogTau = 1

/** Time constant, in seconds, of a worker's reports about the other balancers' work. */
export const othersTau = 1

/** Time constant of request rates, in seconds; the worker measures them over the same time. */
export const rateTau = 2

/**
 * Skilled workers considered for each request. More would cost time, and the best are among the
 * first.
 */
export const maxSkilled = 16

/**
 * Places in a class's rendezvous order that are looked at for workers that may have the request:
 * almost all of a dozen workers, and of many a good choice.
 */
export const maxChoices = 32

/** A worker that has served a class lately, at least once before, should have it in its caches. */
export const warmCount = 1.5

/** Requests after which a worker's service time may tell what the class takes when it is warm. */
export const matureCount = 8

/**
 * A record does not weigh more than this many requests in the mean: a worker's window is as short.
 */
export const maxWeight = 64

/** Samples that the usual ratio of cold to warm counts for, while a class has few of its own. */
export const priorSamples = 2

/** Maximum number of cold samples in the mean of a class. */
export const maxColdSamples = 10

/**
 * A class whose cold requests take less than this many times the warm ones has nothing to cache.
 */
export const flatRatio = 1.25

/**
 * Records per class, on average, above which classes are forgotten: it bounds the memory of big
 * sites.
 */
export const maxSkillsPerClass = 16
