/** Asks whether a worker shall be drained or resumed, and does it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { failureOf, isTokenWanted, change as send } from './api.ts'
import { count } from './format.ts'
import { keepToken } from './token.ts'

export interface WorkerChange {
  readonly kind: 'drain' | 'ready'
  readonly address: string
  readonly backlog: number
}

export interface ChangeDialogProps {
  readonly change: WorkerChange
  readonly onClose: () => void
}

export function ChangeDialog({ change, onClose }: ChangeDialogProps) {
  const { kind, address } = change
  const dialog = useRef<HTMLDialogElement>(null)
  const [error, setError] = useState('')
  const [needsToken, setNeedsToken] = useState(false)
  const [isBusy, setIsBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    if (needsToken) keepToken(String(fields.get('token')).trim())
    const deadline = String(fields.get('deadline') ?? '')
    setIsBusy(true)
    try {
      await send(
        `workers/${encodeURIComponent(address)}/${kind}`,
        deadline === '' ? {} : { deadlineSeconds: Number(deadline) },
      )
      dialog.current?.close()
    } catch (reason) {
      const wantsToken = isTokenWanted(reason)
      setNeedsToken(wantsToken)
      setError(wantsToken ? tokenText(needsToken) : failureOf(reason))
    }
    setIsBusy(false)
  }

  const verb = kind === 'drain' ? 'Drain' : 'Resume'
  return (
    <dialog ref={dialog} aria-labelledby="change-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="change-title">
          {verb} {address}?
        </h2>
        <p>{kind === 'drain' ? drainText(change) : 'It gets new requests again.'}</p>
        {kind === 'drain' ? (
          <label>
            Abort unfinished requests after
            <span class="with-unit">
              <input name="deadline" type="number" min="0" max="86400" placeholder="no limit" /> s
            </span>
          </label>
        ) : null}
        {needsToken ? (
          <label>
            Token
            <input name="token" type="password" autocomplete="off" required autofocus />
          </label>
        ) : null}
        <p class="error" role="alert">
          {error}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  )
}

function drainText({ backlog }: WorkerChange): string {
  const rest =
    backlog === 0 ? '' : ` ${count(backlog, 'request')} in progress there can still finish.`
  return `It gets no new requests until it is resumed.${rest}`
}

function tokenText(hadToken: boolean): string {
  return hadToken
    ? 'That is not the token.'
    : 'Changes need the token from the balancer’s --admin-token-file.'
}
