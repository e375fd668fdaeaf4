/** The form that asks which worker a class or a request would get. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** What is asked: a class with its size, or a request with its body. */
export interface Question {
  readonly query: URLSearchParams
  /** `undefined`: the request has none. */
  readonly body: string | undefined
}

export interface ExplainFormProps {
  /** The class that is selected; empty: none. */
  readonly name: string
  /** Names to suggest. */
  readonly names: readonly string[]
  readonly onAsk: (question: Question) => void
  /** Called with the class that is asked about. */
  readonly onName: (name: string) => void
}

/** Names that are suggested at most. */
const maxSuggestions = 200

const blank = { units: '', chain: '', path: '/', body: '' }

export function ExplainForm({ name, names, onAsk, onName }: ExplainFormProps) {
  const [isClass, setIsClass] = useState(true)
  const [text, setText] = useState(name)
  const [more, setMore] = useState(blank)
  useEffect(() => {
    // What was entered here stays.
    if (isClass && text === name) return
    setText(name)
    setIsClass(true)
    setMore(blank)
  }, [name])

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    onAsk(isClass ? classQuestion(text, more) : requestQuestion(text, more))
    if (isClass && text !== name) onName(text)
  }
  const field = (label: string, key: keyof typeof blank) => ({
    label,
    value: more[key],
    onText: (value: string) => setMore({ ...more, [key]: value }),
  })
  return (
    <form onSubmit={submit}>
      <label>
        What
        <select
          value={isClass ? 'class' : 'request'}
          onChange={(event) => setIsClass(event.currentTarget.value === 'class')}
        >
          <option value="class">a class</option>
          <option value="request">a request</option>
        </select>
      </label>
      <Field label={isClass ? 'Class' : 'Host'} value={text} onText={setText} list="class-names" />
      {isClass ? (
        <>
          <Field {...field('Units', 'units')} isNarrow inputMode="decimal" />
          <Lines {...field('Chain, one name per line', 'chain')} />
        </>
      ) : (
        <>
          <Field {...field('Path', 'path')} />
          <Lines {...field('JSON body, for a POST', 'body')} />
        </>
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
  )
}

interface FieldProps {
  readonly label: ComponentChildren
  readonly value: string
  readonly onText: (value: string) => void
}

function Field({
  label,
  value,
  onText,
  isNarrow = false,
  ...attributes
}: FieldProps & { isNarrow?: boolean; list?: string; inputMode?: 'decimal' }) {
  return (
    <label class={isNarrow ? 'narrow' : 'grow'}>
      {label}
      <input
        type="text"
        {...attributes}
        value={value}
        onInput={(event) => onText(event.currentTarget.value)}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  )
}

function Lines({ label, value, onText }: FieldProps) {
  return (
    <label class="grow">
      {label}
      <textarea
        rows={1}
        value={value}
        onInput={(event) => onText(event.currentTarget.value)}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  )
}

type Fields = typeof blank

function classQuestion(name: string, { units, chain }: Fields): Question {
  const query = new URLSearchParams({ class: name })
  if (units.trim() !== '') query.set('units', units.trim())
  for (const line of chain.split('\n')) if (line !== '') query.append('chain', line)
  return { query, body: undefined }
}

function requestQuestion(host: string, { path, body }: Fields): Question {
  const query = new URLSearchParams({ host, path: path || '/' })
  if (body === '') return { query, body: undefined }
  query.append('header', 'Content-Type: application/json')
  return { query, body }
}
