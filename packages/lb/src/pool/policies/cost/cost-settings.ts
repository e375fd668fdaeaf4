/** What an operator may set of the cost pool, and what has one good value and a reason. */

export const costSettings = {
  price: {
    default: 1,
    min: 0,
    max: 100,
    help: 'What a wasted second costs, in seconds of expected wait, per request of mean backlog and slot.',
  },
  spares: {
    default: 2,
    min: 1,
    max: 16,
    whole: true,
    help: 'Workers without skill at the class that are considered for each request.',
  },
  homeUtilization: {
    default: 0.5,
    min: 0.01,
    max: 10,
    help: 'The part of a worker that the demand for a class may fill before the class gets another home.',
  },
  moveGap: {
    default: 0.5,
    min: 0,
    max: 1e6,
    help: 'Requests per slot by which the busiest worker must exceed the idlest before a class is moved.',
  },
  maxClasses: {
    default: 100_000,
    min: 1,
    max: 1e7,
    whole: true,
    help: 'Request classes that are remembered.',
  },
} as const

/** Seconds over which a worker's backlog is averaged: long enough to see a trend, not a burst. */
export const backlogTau = 1

/** Seconds over which a worker's words of the other balancers' work are averaged, and fade. */
export const othersTau = 1

/** Seconds over which rates of requests fade; the worker measures them over the same time. */
export const rateTau = 2

/** Skilled workers considered for each request. More would cost time, and the best are among the first. */
export const maxSkilled = 16

/** Requests after which a worker's service time may tell what the class takes when it is warm. */
export const matureCount = 8

/** A record does not weigh more than this many requests in the mean: a worker's window is as short. */
export const maxWeight = 64

/** Samples that the usual ratio of cold to warm counts for, while a class has few of its own. */
export const priorSamples = 2

/** Cold samples that the mean of a class goes back. */
export const maxColdSamples = 10

/** A class whose cold requests take less than this many times the warm ones has nothing to cache. */
export const flatRatio = 1.25

/** Records per class, on average, above which classes are forgotten: it bounds the memory of big sites. */
export const maxSkillsPerClass = 16
