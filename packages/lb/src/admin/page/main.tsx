/** The page that the admin server shows: starts it. */
import { render } from 'preact'
import { App } from './app.tsx'
import { takeTokenFromAddress } from './token.ts'

takeTokenFromAddress()
const place = document.getElementById('page')
if (place !== null) {
  place.replaceChildren()
  render(<App />, place)
}
