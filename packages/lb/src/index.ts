/** The public names of @resumelb/lb. */
export type { Assignment, Outcome, Pool, WorkerNews, WorkerTraits } from './pool/pool.ts'
