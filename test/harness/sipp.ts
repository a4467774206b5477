/**
 * sipp as the other telephone: a SIP implementation that shares no line with ours. A scenario is put together from the
 * steps below; each run has a folder and a port of its own.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testFolder } from './folder.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './process.ts'

const sdpLines = [
  'v=0',
  'o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]',
  's=-',
  'c=IN IP[media_ip_type] [media_ip]',
  't=0 0',
  'm=audio [media_port] RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
]

interface SendOptions {
  /** Default false. */
  readonly sdp?: boolean
  readonly headers?: readonly string[]
}

/** Steps of a caller. Requests inside the dialog go to the server it was started with. */
export const uac = {
  invite: (options: SendOptions & { seq?: number } = {}) =>
    send(
      [
        'INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
        ...head(
          `[branch]`,
          options.seq === undefined ? 'To: <sip:[service]@[remote_ip]:[remote_port]>' : toWithTag,
          `${options.seq ?? 1} INVITE`,
        ),
        'Contact: <sip:sipp@[local_ip]:[local_port]>',
        ...(options.headers ?? []),
      ],
      options.sdp ?? true,
      'retrans="500"',
    ),
  ack: (options: SendOptions & { seq?: number } = {}) =>
    send(['ACK [next_url] SIP/2.0', ...head('[branch]', toWithTag, `${options.seq ?? 1} ACK`)], options.sdp ?? false),
  /** ACK of a refusal: same branch as the INVITE. */
  ackRefusal: (inviteIndex = 0) =>
    send(
      ['ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0', ...head(`[branch-${inviteIndex}]`, toWithTag, '1 ACK')],
      false,
    ),
  /** ACK of a refused re-INVITE with this CSeq, `stepsBack` to it. */
  ackChangeRefused: (seq: number, stepsBack: number) =>
    send(
      [
        'ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
        ...head(`[branch-${stepsBack}]`, toWithTag, `${seq} ACK`),
      ],
      false,
    ),
  /** `stepsBack` to the INVITE it cancels. */
  cancel: (stepsBack: number) =>
    send(
      [
        'CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
        ...head(`[branch-${stepsBack}]`, 'To: <sip:[service]@[remote_ip]:[remote_port]>', '1 CANCEL'),
      ],
      false,
      'retrans="500"',
    ),
  request: (method: string, seq: number, options: { headers?: readonly string[] } = {}) =>
    send(
      [`${method} [next_url] SIP/2.0`, ...head('[branch]', toWithTag, `${seq} ${method}`), ...(options.headers ?? [])],
      false,
      'retrans="500"',
    ),
  /** A request outside a dialog. */
  outside: (method: string, options: { headers?: readonly string[] } = {}) =>
    send(
      [
        `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
        ...head('[branch]', 'To: <sip:[service]@[remote_ip]:[remote_port]>', `1 ${method}`),
        ...(options.headers ?? []),
      ],
      false,
      'retrans="500"',
    ),
  /** The answer of this status; earlier provisional ones may come or not. */
  expect: (status: number, options: { rrs?: boolean } = {}) =>
    `${[100, 180, 183]
      .filter((provisional) => provisional < status)
      .map((provisional) => `<recv response="${provisional}" optional="true"/>`)
      .join('\n')}\n<recv response="${status}" ${options.rrs === false ? '' : 'rrs="true"'}/>`,
  /** A request from the other side, answered with 200. */
  answerRequest: (method: string, options: SendOptions = {}) => `<recv request="${method}"/>\n${answer(200, options)}`,
}

/** Steps of a callee. */
export const uas = {
  expect: (method: string) => `<recv request="${method}" rrs="true"/>`,
  expectOptional: (method: string) => `<recv request="${method}" optional="true"/>`,
  answer,
  /** BYE after the ACK. */
  bye: () =>
    send(
      [
        'BYE [next_url] SIP/2.0',
        'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
        '[routes]',
        'From: <sip:[local_ip]:[local_port]>;tag=[pid]SIPpTag01[call_number]',
        'To[$3]',
        '[last_Call-ID:]',
        'CSeq: 1 BYE',
        'Max-Forwards: 70',
      ],
      false,
      'retrans="500"',
    ),
  expectAnswer: (status: number) => `<recv response="${status}"/>`,
  /** INVITE of which a header is kept: From for `bye`, CSeq for `refuseCancelled`. */
  expectInviteKeeping: (header: 'From' | 'CSeq') =>
    `<recv request="INVITE" rrs="true"><action><ereg regexp=".*" search_in="hdr" header="${header}" assign_to="3"/></action></recv>`,
  /** 487 to the INVITE whose CSeq was kept, after its CANCEL. */
  refuseCancelled: () => answer(487).replace('[last_CSeq:]', 'CSeq[$3]'),
}

export const pause = (ms: number) => `<pause milliseconds="${ms}"/>`

const toWithTag = 'To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]'

function head(branch: string, to: string, cseq: string): string[] {
  return [
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}`,
    '[routes]',
    'From: "sipp" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]',
    to,
    'Call-ID: [call_id]',
    `CSeq: ${cseq}`,
    'Max-Forwards: 70',
  ]
}

function send(lines: readonly string[], sdp: boolean, attributes = ''): string {
  const type = sdp ? ['Content-Type: application/sdp'] : []
  const message = [...lines, ...type, 'Content-Length: [len]', '', ...(sdp ? sdpLines : [])]
  return `<send ${attributes}><![CDATA[\n\n${message.join('\n')}\n\n]]></send>`
}

function answer(
  status: number,
  options: SendOptions & { reason?: string; retrans?: boolean; tag?: boolean } = {},
): string {
  const lines = [
    `SIP/2.0 ${status} ${options.reason ?? 'Whatever'}`,
    '[last_Via:]',
    '[last_Record-Route:]',
    '[last_From:]',
    `[last_To:];tag=[pid]SIPpTag01[call_number]`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    'Contact: <sip:[local_ip]:[local_port];transport=[transport]>',
    ...(options.headers ?? []),
  ]
  // The To of a request inside the dialog has our tag already.
  const tagged = options.tag === false ? lines.map((line) => line.replace(/^(\[last_To:\]).*/, '$1')) : lines
  return send(
    tagged,
    options.sdp ?? false,
    options.retrans === true || (status === 200 && options.sdp === true) ? 'retrans="500"' : '',
  )
}

export interface SippRun {
  readonly address: string
  readonly port: number
  /** Resolves when every call of the scenario went as written; rejects with what sipp saw instead. */
  readonly done: Promise<void>
  /** Every message it has sent and received so far. */
  messages(): Promise<string>
  close(): Promise<void>
}

export interface SippOptions {
  /** Where a caller calls; a callee waits. */
  readonly server?: { readonly address?: string; readonly port: number }
  readonly service?: string
  readonly calls?: number
  /** Own address of the run. */
  readonly address?: string
  readonly args?: readonly string[]
  /** Default `udp`. */
  readonly transport?: 'udp' | 'tcp'
}

/** Starts sipp with these steps, for one call unless told otherwise. */
export async function startSipp(steps: readonly string[], options: SippOptions = {}): Promise<SippRun> {
  const folder = await testFolder()
  const address = options.address ?? '127.0.0.1'
  const port = await freePort(address, options.transport ?? 'udp')
  await writeFile(join(folder.path, 'scenario.xml'), scenario(steps))
  const { server } = options
  const command: [string, ...string[]] = [
    'sipp',
    ...(server === undefined ? [] : [`${server.address ?? '127.0.0.1'}:${server.port}`]),
    ...['-sf', 'scenario.xml', '-m', String(options.calls ?? 1), '-nostdin', '-i', address, '-mi', address],
    ...(options.transport === 'tcp' ? ['-t', 't1'] : []),
    ...['-p', String(port), '-bind_local', '-s', options.service ?? '100', '-timeout', '25', '-timeout_error'],
    ...[
      '-recv_timeout',
      '20000',
      '-trace_err',
      '-error_file',
      'errors.log',
      '-trace_msg',
      '-message_file',
      'messages.log',
    ],
    ...(options.args ?? []),
  ]
  const sipp = await startProcess(command, { cwd: folder.path })
  const done = sipp.ended.then(async ({ code }) => {
    if (code === 0) return
    const read = (name: string) => readFile(join(folder.path, name), 'utf8').catch(() => '')
    throw new Error(
      `sipp ended with ${code}\n${await read('errors.log')}\n${(await read('messages.log')).slice(-6_000)}`,
    )
  })
  done.catch(() => {})
  return {
    address,
    port,
    done,
    messages: () => readFile(join(folder.path, 'messages.log'), 'utf8'),
    close: async () => {
      await sipp.close()
      await folder.close()
    },
  }
}

/** The scenario's file. */
export function scenario(steps: readonly string[]): string {
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="test">\n${steps.join('\n')}\n</scenario>\n`
}
