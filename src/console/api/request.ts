import { i18n } from '../text/i18n.ts'
import { serverClock } from './server-clock.ts'

interface RefusalBody {
  readonly code: string
  readonly message: string
  readonly next: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly requestId: string
}

/** What the server answers to a request it refuses, in the page's language. */
export class RefusedError extends Error {
  readonly code: string
  readonly next: string
  readonly params: Readonly<Record<string, unknown>>
  readonly status: number
  readonly requestId: string

  constructor(body: RefusalBody, status: number) {
    super(body.message)
    this.code = body.code
    this.next = body.next
    this.params = body.params ?? {}
    this.status = status
    this.requestId = body.requestId
  }
}

/** Who wants to know when the server says that nobody is signed in any more. */
let onSignedOut: () => void = () => {}

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Asks the server. `T` is the route's response type.
 * @throws RefusedError with the server's words, or with the code OFFLINE where no answer came
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const { method = 'GET', body, signal } = options
  const headers: Record<string, string> = {
    'accept-language': i18n.language,
    'x-suifang-console': '1',
    ...options.headers,
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const askedAt = Date.now()
  const answer = await fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw offline()
  })
  serverClock.note(answer.headers.get('date'), askedAt, Date.now())
  if (answer.status === 204) return undefined as T
  const content: unknown = await answer.json().catch(() => null)
  if (!answer.ok) throw refused(content, answer.status)
  return content as T
}

/** What was thrown, in our words; tells the page when it is signed out. */
export function refused(content: unknown, status: number): RefusedError {
  if (!isErrorBody(content)) return offline()
  if (content.code === 'SIGNED_OUT') onSignedOut()
  return new RefusedError(content, status)
}

export function offline(): RefusedError {
  return new RefusedError(
    { code: 'OFFLINE', message: i18n.t('error.offline'), next: i18n.t('error.offlineNext'), requestId: '' },
    0,
  )
}

function isErrorBody(content: unknown): content is RefusalBody {
  return (
    typeof content === 'object' &&
    content !== null &&
    ['code', 'message', 'next', 'requestId'].every((key) => typeof Reflect.get(content, key) === 'string')
  )
}
