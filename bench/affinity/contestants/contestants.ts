/** All contestants, ours first. */
import type { Contestant } from './contestant.ts'
import { haproxyContestants } from './haproxy.ts'
import { nginxContestants } from './nginx.ts'
import { resumelbContestants } from './resumelb.ts'

export const contestants: readonly Contestant[] = [
  ...resumelbContestants,
  ...haproxyContestants,
  ...nginxContestants,
]
