/** Asks for the token, when the server tells nothing without it. */
import { keepToken } from './token.ts'

export function SignIn({ wasWrong, onToken }: { wasWrong: boolean; onToken: () => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    keepToken(String(fields.get('token')).trim())
    onToken()
  }
  return (
    <form class="card sign-in" onSubmit={submit}>
      <h2>Sign in</h2>
      <p>To see this balancer, enter the token from its --admin-token-file.</p>
      <label>
        Token
        <input name="token" type="password" autocomplete="off" required />
      </label>
      <p class="error" role="alert">
        {wasWrong ? 'That is not the token.' : ''}
      </p>
      <div class="buttons">
        <button type="submit" class="primary">
          Sign in
        </button>
      </div>
    </form>
  )
}
