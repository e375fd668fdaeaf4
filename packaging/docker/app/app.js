/** An application for compose.yaml: replace it by yours. */
import { hostname } from 'node:os'

export default (request, response) => {
  response.end(`${request.headers.host} is served by container ${hostname()}\n`)
}
