/** The workers: state, backlog, oldest request; drain and resume. */
import { memo } from 'preact/compat'
import { useMemo, useState } from 'preact/hooks'
import type { WorkerStatus } from '../worker-status.ts'
import { ChangeDialog, type WorkerChange } from './change-dialog.tsx'
import { duration, number, secondsBetween } from './format.ts'
import type { Model, Series } from './model.ts'
import { Sparkline } from './sparkline.tsx'
import { stateOf } from './worker-state.ts'

export interface WorkersProps extends Pick<Model, 'workers' | 'backlogs' | 'time'> {
  readonly isDark: boolean
}

const none: Series = []

export function Workers({ workers, backlogs, time, isDark }: WorkersProps) {
  const [change, setChange] = useState<WorkerChange>()
  // One scale for all, so that lines can be compared.
  const top = useMemo(() => {
    const peaks = [...backlogs.values()].map((series) =>
      series.reduce<number>((max, value) => Math.max(max, value ?? 0), 1),
    )
    return Math.max(1, ...peaks)
  }, [backlogs])
  const ready = workers.filter(({ isReady }) => isReady).length
  return (
    <section class="card" aria-labelledby="workers-title">
      <header>
        <h2 id="workers-title">Workers</h2>
        <span class="muted">
          {workers.length === 0 ? '' : `${number(ready)} of ${number(workers.length)} ready`}
        </span>
      </header>
      {workers.length === 0 ? (
        <p class="empty">No workers are listed yet.</p>
      ) : (
        <section class="scroll workers" tabindex={0} aria-label="Table of workers">
          <table>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">State</th>
                <th scope="col">Backlog</th>
                <th scope="col" class="number">
                  Oldest
                </th>
                <th scope="col" class="number wide">
                  Requests/s
                </th>
                <th scope="col" class="number wide">
                  Mean time
                </th>
                <th scope="col" class="number wide">
                  Errors
                </th>
                <th scope="col">
                  <span class="hidden">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <Row
                  key={worker.address}
                  worker={worker}
                  state={stateOf(worker, time)}
                  oldest={duration(secondsBetween(worker.oldestRequestAt, time))}
                  series={backlogs.get(worker.address) ?? none}
                  top={top}
                  isDark={isDark}
                  onChange={setChange}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {change === undefined ? null : (
        <ChangeDialog change={change} onClose={() => setChange(undefined)} />
      )}
    </section>
  )
}

interface RowProps {
  readonly worker: WorkerStatus
  readonly state: ReturnType<typeof stateOf>
  readonly oldest: string
  readonly series: Series
  readonly top: number
  readonly isDark: boolean
  readonly onChange: (change: WorkerChange) => void
}

const Row = memo(({ worker, state, oldest, series, top, isDark, onChange }: RowProps) => {
  const { address, description, version, backlog, isHeld, lastFailure } = worker
  const about = [description, version && `version ${version}`].filter(Boolean).join(', ')
  const kind = isHeld ? 'ready' : 'drain'
  return (
    <tr data-worker={address}>
      <th scope="row">
        {address}
        {about === '' ? null : <small title={about}>{about}</small>}
      </th>
      <td>
        <span class={`state ${state.tone}`}>{state.text}</span>
        {state.tone === 'bad' && lastFailure !== null ? (
          <small class="reason">{lastFailure.reason}</small>
        ) : null}
      </td>
      <td>
        <span class="backlog">
          <Sparkline series={series} top={top} isDark={isDark} />
          <span class="number">{number(backlog)}</span>
        </span>
      </td>
      <td class="number oldest">{oldest}</td>
      <td class="number wide">{number(worker.requestsPerSecond)}</td>
      <td class="number wide">{duration(worker.meanSeconds)}</td>
      <td class="number wide">{number(worker.errors)}</td>
      <td class="action">
        <button
          type="button"
          aria-label={`${isHeld ? 'Resume' : 'Drain'} ${address}`}
          onClick={() => onChange({ kind, address, backlog })}
        >
          {isHeld ? 'Resume' : 'Drain'}
        </button>
      </td>
    </tr>
  )
})
