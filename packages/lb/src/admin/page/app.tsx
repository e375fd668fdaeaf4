/** The page: what it shows, and from where it knows it. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Charts } from './charts.tsx'
import { follow } from './connection.ts'
import { Explain } from './explain.tsx'
import { bytes, duration, secondsBetween } from './format.ts'
import { HeatMap } from './heat-map.tsx'
import { useIsDark } from './hooks.ts'
import { Incidents } from './incidents.tsx'
import { changed, type Model, modelOf } from './model.ts'
import { Overview } from './overview.tsx'
import { SignIn } from './sign-in.tsx'
import { token } from './token.ts'
import { Workers } from './workers.tsx'

/** Classes that are asked for at first. */
const usualLimit = 100

/** The map has all the width when there are more. */
const manyWorkers = 24

/** How the page is connected; `lost` has the reason. */
type Link =
  | { readonly state: 'connecting' | 'live' | 'token wanted' }
  | { readonly state: 'lost'; readonly reason: string }

export function App() {
  const [limit, setLimit] = useState(usualLimit)
  const [attempt, setAttempt] = useState(0)
  const { model, link } = useModel(limit, attempt)
  const isDark = useIsDark()
  const [selected, setSelected] = useState('')
  const names = useNames(model?.classes ?? none)
  if (link.state === 'token wanted') {
    return (
      <Frame model={undefined} link={link}>
        <SignIn wasWrong={token() !== null} onToken={() => setAttempt(attempt + 1)} />
      </Frame>
    )
  }
  if (model === undefined) return <Frame model={undefined} link={link} />
  const { balancer, time, workers, classes, series, backlogs, incidents } = model
  return (
    <Frame model={model} link={link}>
      <Overview balancer={balancer} time={time} />
      <Workers {...{ workers, backlogs, time, isDark }} />
      <div class={workers.length > manyWorkers ? 'columns stacked' : 'columns'}>
        <HeatMap
          {...{ classes, workers, limit, selected }}
          counted={balancer.countedClasses}
          onLimit={setLimit}
          onSelect={setSelected}
        />
        <div class="side">
          <Explain name={selected} onName={setSelected} names={names} />
          <Incidents incidents={incidents} />
        </div>
      </div>
      <Charts {...{ series, isDark }} />
    </Frame>
  )
}

const none: Model['classes'] = []

function useNames(classes: Model['classes']): string[] {
  return useMemo(() => classes.map(({ name }) => name).sort(), [classes])
}

/** Follows the balancer; begins anew when `limit` or `attempt` changes. */
function useModel(limit: number, attempt: number): { model: Model | undefined; link: Link } {
  const [model, setModel] = useState<Model>()
  const [link, setLink] = useState<Link>({ state: 'connecting' })
  useEffect(
    () =>
      follow(limit, {
        onStatus: (status, history) => {
          setModel(modelOf(status, history))
          setLink({ state: 'live' })
        },
        onChange: (change) => setModel((before) => before && changed(before, change)),
        onLost: (reason) => setLink({ state: 'lost', reason }),
        onTokenWanted: () => setLink({ state: 'token wanted' }),
      }),
    [limit, attempt],
  )
  return { model, link }
}

interface FrameProps {
  readonly model: Model | undefined
  readonly link: Link
  readonly children?: preact.ComponentChildren
}

function Frame({ model, link, children }: FrameProps) {
  return (
    <>
      <header class="top">
        <img src="icon.svg" alt="" width="28" height="28" />
        <h1>resumelb</h1>
        {model === undefined ? null : <About model={model} />}
        <span class={`link ${link.state === 'live' ? 'live' : ''}`} role="status">
          {linkTexts[link.state]}
        </span>
      </header>
      {link.state === 'lost' ? (
        <p class="banner" role="alert">
          <strong>Connection lost.</strong> {link.reason} Reconnecting every second
          {model === undefined ? '.' : '; the figures below are out of date.'}
        </p>
      ) : null}
      <main class={link.state === 'lost' ? 'stale' : undefined}>{children}</main>
    </>
  )
}

const linkTexts = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost',
  'token wanted': 'Signed out',
} as const

function About({ model: { balancer, time } }: { model: Model }) {
  const { software, pid, startedAt, isReady, isDraining, memoryBytes } = balancer
  const up = duration(Math.floor(secondsBetween(startedAt, time) ?? 0))
  return (
    <>
      {isDraining ? (
        <span class="state pending">draining</span>
      ) : (
        <span class={isReady ? 'state good' : 'state bad'}>
          {isReady ? 'ready' : 'no worker takes requests'}
        </span>
      )}
      <span class="muted about">
        {software} · up {up} · process {pid} · {bytes(memoryBytes)}
      </span>
    </>
  )
}
