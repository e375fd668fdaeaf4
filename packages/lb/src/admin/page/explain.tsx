/** Says which worker would get a request, and why. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ExplainAnswer } from '../explain-query.ts'
import { failureOf, read } from './api.ts'
import { ExplainForm, type Question } from './explain-form.tsx'
import { duration, number } from './format.ts'

export interface ExplainProps {
  /** The class to explain; empty: none yet. */
  readonly name: string
  readonly onName: (name: string) => void
  /** Names to suggest. */
  readonly names: readonly string[]
}

/** Candidates that are shown at once. */
const maxShown = 12

type Answer = { readonly answer: ExplainAnswer } | { readonly error: string }

export function Explain({ name, onName, names }: ExplainProps) {
  const [answer, setAnswer] = useState<Answer>()
  const last = useRef<AbortController>(null)
  /** The class that the form has asked about, with its size: not to be asked about again. */
  const asked = useRef<string>(null)

  const ask = async (question: Question) => {
    last.current?.abort()
    const current = new AbortController()
    last.current = current
    const found = await explained(question, current.signal)
    if (!current.signal.aborted) setAnswer(found)
  }
  useEffect(() => {
    if (name === '' || asked.current === name) return
    asked.current = null
    void ask({ query: new URLSearchParams({ class: name }), body: undefined })
  }, [name])

  const askAs = (question: Question) => {
    asked.current = question.query.get('class')
    void ask(question)
  }
  return (
    <section class="card explain" aria-labelledby="explain-title">
      <h2 id="explain-title">Explain</h2>
      <ExplainForm name={name} names={names} onAsk={askAs} onName={onName} />
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
  const isSized = candidates.some(({ warmUnits }) => warmUnits !== undefined)
  return (
    <>
      <p class="why">
        <strong>{requestClass}</strong> {why}
      </p>
      <Size {...answer.answer} />
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
                {isSized ? <NumberHeads titles={['Warm links', 'Warm units']} /> : null}
                {isReckoned ? <NumberHeads titles={['Wait', 'Service', 'Cost']} /> : null}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ worker, role, backlog, warmLinks, warmUnits, wait, service, cost }) => (
                <tr key={worker} class={worker === chosen ? 'selected' : undefined}>
                  <th scope="row">{worker}</th>
                  <td>{role}</td>
                  <td class="number wide">{number(backlog)}</td>
                  {isSized
                    ? [warmLinks, warmUnits].map((value, index) => (
                        <td key={index} class="number">
                          {number(value ?? 0)}
                        </td>
                      ))
                    : null}
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

/** What is known of the size of the request. */
function Size({ units, links, readsBody }: ExplainAnswer) {
  const texts = [
    units !== null && `${number(units)} units`,
    links !== null && `${number(links)} ${links === 1 ? 'link' : 'links'}`,
    readsBody === false && 'classified without its body',
  ].filter(Boolean)
  return texts.length === 0 ? null : <p class="muted">{texts.join(', ')}</p>
}

function NumberHeads({ titles }: { titles: readonly string[] }) {
  return (
    <>
      {titles.map((title) => (
        <th key={title} scope="col" class="number">
          {title}
        </th>
      ))}
    </>
  )
}

async function explained({ query, body }: Question, signal: AbortSignal): Promise<Answer> {
  try {
    return { answer: await read<ExplainAnswer>(`explain?${query}`, signal, body) }
  } catch (reason) {
    return { error: failureOf(reason) }
  }
}
