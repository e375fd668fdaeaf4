/** What has happened lately to workers and settings. */
import { timeOfDay } from './format.ts'
import type { Model } from './model.ts'

/** Incidents that are shown. */
const maxShown = 50

export function Incidents({ incidents }: Pick<Model, 'incidents'>) {
  const shown = incidents.slice(-maxShown).reverse()
  return (
    <section class="card" aria-labelledby="incidents-title">
      <h2 id="incidents-title">Events</h2>
      {shown.length === 0 ? (
        <p class="empty">Nothing has happened to the workers yet.</p>
      ) : (
        <section class="scroll incidents" tabindex={0} aria-label="List of events">
          <ol>
            {shown.map(({ time, kind, worker, text }, index) => (
              <li key={`${time} ${worker} ${index}`} class={kind}>
                <time dateTime={time}>{timeOfDay(time)}</time>{' '}
                {worker === null ? null : `${worker} `}
                {text}
              </li>
            ))}
          </ol>
        </section>
      )}
    </section>
  )
}
