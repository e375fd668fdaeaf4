/** Says which worker would get a request, and why. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ExplainAnswer } from '../explain-query.ts'
import { failureOf, read } from './api.ts'
import { duration, number } from './format.ts'

export interface ExplainProps {
  /** The class to explain; empty: none yet. */
  readonly name: string
  readonly onName: (name: string) => void
  /** Names to suggest. */
  readonly names: readonly string[]
}

/** Names that are suggested at most. */
const maxSuggestions = 200

/** Candidates that are shown at once. */
const maxShown = 12

type Answer = { readonly answer: ExplainAnswer } | { readonly error: string }

export function Explain({ name, onName, names }: ExplainProps) {
  const [path, setPath] = useState<string>()
  const [text, setText] = useState(name)
  const [answer, setAnswer] = useState<Answer>()
  const last = useRef<AbortController>(null)

  const ask = async (what: URLSearchParams) => {
    last.current?.abort()
    const asked = new AbortController()
    last.current = asked
    const found = await explained(what, asked.signal)
    if (!asked.signal.aborted) setAnswer(found)
  }
  useEffect(() => {
    setText(name)
    setPath(undefined)
    if (name !== '') void ask(new URLSearchParams({ class: name }))
  }, [name])

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const isClass = path === undefined
    void ask(new URLSearchParams(isClass ? { class: text } : { host: text, path: path || '/' }))
    if (isClass && text !== name) onName(text)
  }
  return (
    <section class="card explain" aria-labelledby="explain-title">
      <h2 id="explain-title">Explain</h2>
      <form onSubmit={submit}>
        <label>
          What
          <select
            value={path === undefined ? 'class' : 'request'}
            onChange={(event) => setPath(event.currentTarget.value === 'class' ? undefined : '/')}
          >
            <option value="class">a class</option>
            <option value="request">a request</option>
          </select>
        </label>
        <label class="grow">
          {path === undefined ? 'Class' : 'Host'}
          <input
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            list="class-names"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        {path === undefined ? null : (
          <label class="grow">
            Path
            <input
              value={path}
              onInput={(event) => setPath(event.currentTarget.value)}
              autocomplete="off"
              spellcheck={false}
            />
          </label>
        )}
        <button type="submit" class="primary">
          Explain
        </button>
        <datalist id="class-names">
          {names.slice(0, maxSuggestions).map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </form>
      <div aria-live="polite">{answer === undefined ? <Hint /> : <Answered {...answer} />}</div>
    </section>
  )
}

function Hint() {
  return (
    <p class="empty">
      Select a class in the map, or enter one, to see which worker would get its next request, and
      why.
    </p>
  )
}

function Answered(answer: Answer) {
  if ('error' in answer) return <p class="error">{answer.error}</p>
  const { requestClass, why, chosen, candidates } = answer.answer
  const shown = [...candidates]
    .sort((one, other) => (one.cost ?? Infinity) - (other.cost ?? Infinity))
    .slice(0, maxShown)
  const isReckoned = candidates.some(({ cost }) => cost !== undefined)
  return (
    <>
      <p class="why">
        <strong>{requestClass}</strong> {why}
      </p>
      {shown.length === 0 ? null : (
        <section class="scroll" tabindex={0} aria-label="Candidates">
          <table>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Role</th>
                <th scope="col" class="number wide">
                  Backlog
                </th>
                {isReckoned ? <CostHeads /> : null}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ worker, role, backlog, wait, service, cost }) => (
                <tr key={worker} class={worker === chosen ? 'selected' : undefined}>
                  <th scope="row">{worker}</th>
                  <td>{role}</td>
                  <td class="number wide">{number(backlog)}</td>
                  {isReckoned
                    ? [wait, service, cost].map((seconds, index) => (
                        <td key={index} class="number">
                          {duration(seconds ?? null)}
                        </td>
                      ))
                    : null}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {candidates.length > shown.length ? (
        <p class="muted">
          The {maxShown} that cost least of {number(candidates.length)}.
        </p>
      ) : null}
    </>
  )
}

function CostHeads() {
  return (
    <>
      {['Wait', 'Service', 'Cost'].map((title) => (
        <th key={title} scope="col" class="number">
          {title}
        </th>
      ))}
    </>
  )
}

async function explained(what: URLSearchParams, signal: AbortSignal): Promise<Answer> {
  try {
    return { answer: await read<ExplainAnswer>(`explain?${what}`, signal) }
  } catch (reason) {
    return { error: failureOf(reason) }
  }
}
