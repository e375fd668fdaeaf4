/** The figures of the moment. */
import { duration, number, percent, secondsBetween } from './format.ts'
import type { Model } from './model.ts'

export function Overview({ balancer, time }: Pick<Model, 'balancer' | 'time'>) {
  const { recent, backlog, waiting, oldestRequestAt } = balancer
  const oldest = secondsBetween(oldestRequestAt, time)
  return (
    <section aria-label="Now">
      <dl class="tiles">
        <Tile name="Requests" value={`${number(recent.requestsPerSecond)} /s`} />
        <Tile
          name="Errors"
          value={`${number(recent.errorsPerSecond)} /s`}
          isBad={recent.errorsPerSecond > 0}
        />
        <Tile
          name="Backlog"
          value={number(backlog)}
          more={waiting > 0 ? `${number(waiting)} wait for a worker` : undefined}
          isBad={waiting > 0}
        />
        <Tile name="Oldest request" value={duration(oldest)} />
        <Tile
          name="Latency"
          value={duration(recent.duration?.p50 ?? null)}
          more={recent.duration ? `99 %: ${duration(recent.duration.p99)}` : undefined}
        />
        <Tile
          name="Affinity hits"
          value={percent(recent.affinityHitRatio)}
          title="Requests that went to a worker that had served their class"
        />
        <Tile
          name="Spill"
          value={percent(recent.spillRatio)}
          title="Requests that went elsewhere because the homes of their class were busy"
        />
        <Tile
          name="Regret"
          value={duration(recent.regretSeconds)}
          title="Mean of the expected time at the chosen worker, less the least of all"
        />
        {recent.warmUnitRatio === null ? null : (
          <Tile
            name="Warm units"
            value={percent(recent.warmUnitRatio)}
            more={`of ${number(recent.unitsPerSecond)} /s`}
            title="Share of the units of requests with a chain that workers had in their caches"
          />
        )}
      </dl>
    </section>
  )
}

interface TileProps {
  readonly name: string
  readonly value: string
  readonly more?: string | undefined
  readonly title?: string
  readonly isBad?: boolean
}

function Tile({ name, value, more, title, isBad = false }: TileProps) {
  return (
    <div class={isBad ? 'tile bad' : 'tile'} title={title}>
      <dt>{name}</dt>
      <dd>
        {value}
        {more === undefined ? null : <small>{more}</small>}
      </dd>
    </div>
  )
}
