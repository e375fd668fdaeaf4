/** Classifies requests to language models: by model, with the conversation as their chain. */
import type { BodyView } from '../http/body-view.ts'
import type { RequestView } from '../http/request-view.ts'
import { hasJson, readHeader } from './attribute.ts'
import { ChainBuilder } from './chain-builder.ts'
import { type Classification, type Classifier, defaultClass, readingBody } from './classifier.ts'
import { isConversation, readConversation } from './conversation.ts'

/** Bytes of an average token. */
const bytesPerToken = 4

/**
 * A classifier for the requests of OpenAI's and Anthropic's interfaces, which many model servers
 * have: the class is the model, the units are tokens, estimated from the bytes of the prompt, and
 * the chain has a link for each 2,048 characters of the conversation. Requests without a body that
 * could be read get the default class, with units from their Content-Length.
 */
export const classifyByConversation: Classifier<Classification> = readingBody(classify, {
  readsBody: hasJson,
})

function classify(request: RequestView, body?: BodyView): Classification {
  const json = body?.json
  if (!isConversation(json)) return withoutConversation(request, body)
  const { model } = json
  const requestClass = typeof model === 'string' ? model : defaultClass
  const builder = new ChainBuilder(requestClass)
  try {
    readConversation(json, (text) => builder.add(text))
  } catch (error) {
    // Values that are nested too deep to be written as JSON again.
    if (!(error instanceof RangeError)) throw error
    return withoutConversation(request, body)
  }
  const units = Math.ceil(builder.bytes / bytesPerToken)
  // Embeddings and the like do not begin where another one has ended.
  if (isEmbedding(request)) return { requestClass, units }
  return { requestClass, units, chain: builder.chain }
}

function withoutConversation(request: RequestView, body: BodyView | undefined): Classification {
  const length = body?.bytes.length ?? Number(readHeader(request, 'content-length') ?? Number.NaN)
  if (!(length > 0)) return { requestClass: defaultClass }
  return { requestClass: defaultClass, units: Math.ceil(length / bytesPerToken) }
}

function isEmbedding({ url = '' }: RequestView): boolean {
  return /\/(?:embeddings|rerank|moderations)(?:\?|$)/.test(url)
}
