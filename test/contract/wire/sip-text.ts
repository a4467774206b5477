/** SIP messages as text, for tests: read leniently, written as they are told. */

export interface SipText {
  readonly text: string
  /** '' of an answer. */
  readonly method: string
  /** 0 of a request. */
  readonly status: number
  readonly startLine: string
  readonly body: string
  /** The first header of that name. */
  get(name: string): string | undefined
  all(name: string): readonly string[]
}

const compact: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
}

export function readSip(text: string): SipText {
  const end = text.indexOf('\r\n\r\n')
  const [startLine = '', ...lines] = text.slice(0, end < 0 ? undefined : end).split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    const short = line.slice(0, colon).trim().toLowerCase()
    return [compact[short] ?? short, line.slice(colon + 1).trim()] as const
  })
  const all = (name: string) => headers.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value)
  const isAnswer = startLine.startsWith('SIP/2.0 ')
  return {
    text,
    startLine,
    method: isAnswer ? '' : (startLine.split(' ', 1)[0] ?? ''),
    status: isAnswer ? Number(startLine.slice(8, 11)) : 0,
    body: end < 0 ? '' : text.slice(end + 4),
    get: (name) => all(name)[0],
    all,
  }
}

/** Content-Length is added; a body that is SDP has its type. */
export function writeSip(startLine: string, headers: readonly string[], body = ''): string {
  const type = body.startsWith('v=0') ? ['Content-Type: application/sdp'] : []
  return [startLine, ...headers, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

/** Via, From, To with a tag, Call-ID and CSeq of the request, which is what every answer repeats. */
export function answerTo(
  request: SipText,
  status: number,
  reason: string,
  { tag = '', headers = [] as readonly string[], body = '' } = {},
): string {
  const to = request.get('To') ?? ''
  return writeSip(
    `SIP/2.0 ${status} ${reason}`,
    [
      ...request.all('Via').map((via) => `Via: ${via}`),
      `From: ${request.get('From')}`,
      `To: ${tag === '' || to.includes('tag=') ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${request.get('Call-ID')}`,
      `CSeq: ${request.get('CSeq')}`,
      ...headers,
    ],
    body,
  )
}

export function tagOf(address: string | undefined): string {
  return /;tag=([^;\s>]+)/.exec(address ?? '')?.[1] ?? ''
}

/** The URI in a Contact or From. */
export function uriOf(address: string | undefined): string {
  return /<([^>]+)>/.exec(address ?? '')?.[1] ?? address ?? ''
}
