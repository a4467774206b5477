/**
 * baresip as the patient's telephone or an agent's: a SIP and media stack that shares no line with ours. It answers by
 * itself or when told to, sends a tone, keeps what it hears in a WAV file and presses keys when told to.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { wavHeader } from '#softswitch/media/wav.ts'
import { testFolder } from './folder.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './process.ts'
import { sine } from './tones.ts'
import { waitFor } from './wait-for.ts'

const modules = '/usr/lib/baresip/modules'
/** Longer than any call of a test: at its end baresip hangs up. */
const toneSeconds = 180

export interface Baresip {
  /** Where it answers. */
  readonly uri: string
  readonly port: number
  /** Calls somebody. */
  call(uri: string): void
  /** Answers the call that rings. */
  answer(): void
  /** Presses a key; it is released by the next one. */
  press(key: string): void
  hangUp(): void
  /** What it has heard so far, at 8 kHz. */
  heard(): Promise<Int16Array>
  close(): Promise<void>
}

/**
 * @param options.frequency of the tone that it sends, Hz
 * @param options.user its number; others are not found. Default `patient`
 * @param options.answers by itself (default), or when {@link Baresip.answer} tells it to; until then it rings
 * @param options.secure it speaks SRTP with keys in the description, and nothing else
 * @param options.registrar where it registers, with its password; absent, nowhere
 */
export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openBaresip(options)
    } catch (error) {
      // It cannot take port 0 and tell what it got, so another program may have been faster; then with other ports.
      if (tries === triesAtMost) throw error
    }
  }
}

const triesAtMost = 3

interface BaresipOptions {
  readonly frequency: number
  readonly user?: string
  readonly answers?: 'itself' | 'told'
  readonly secure?: boolean
  readonly registrar?: {
    readonly host: string
    readonly port: number
    readonly password: string
    /** Default UDP. TLS takes any certificate. */
    readonly transport?: 'tcp' | 'tls'
  }
}

async function openBaresip(options: BaresipOptions): Promise<Baresip> {
  const { user = 'patient', answers = 'itself', secure = false, registrar } = options
  const transport = registrar?.transport === undefined ? '' : `;transport=${registrar.transport}`
  const mode = answers === 'itself' ? 'auto' : 'manual'
  const account =
    registrar === undefined
      ? `<sip:${user}@127.0.0.1>;regint=0`
      : `<sip:${user}@${registrar.host}:${registrar.port}${transport}>;regint=60;auth_user=${user};auth_pass=${registrar.password}`
  const folder = await testFolder()
  const [sipPort, controlPort] = [await freePort('127.0.0.1', 'udp'), await freePort('127.0.0.1', 'tcp')]
  await mkdir(join(folder.path, 'heard'))
  const tone = sine(options.frequency, toneSeconds * 8000)
  const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: tone.byteLength })
  await writeFile(join(folder.path, 'tone.wav'), Buffer.concat([header, Buffer.from(tone.buffer)]))
  await writeFile(
    join(folder.path, 'config'),
    [
      'poll_method epoll',
      `sip_listen 127.0.0.1:${sipPort}`,
      'call_local_timeout 120',
      'call_max_calls 4',
      `audio_source aufile,${join(folder.path, 'tone.wav')}`,
      'audio_player aubridge,nobody',
      'audio_alert aubridge,nobody',
      'ausrc_srate 8000',
      'auplay_srate 8000',
      'ausrc_channels 1',
      'auplay_channels 1',
      'rtp_ports 42000-44000',
      'net_interface 127.0.0.1',
      `module_path ${modules}`,
      ...['g711.so', 'aufile.so', 'aubridge.so', 'sndfile.so', 'srtp.so'].map((name) => `module ${name}`),
      'module_tmp account.so',
      ...['menu.so', 'ctrl_tcp.so'].map((name) => `module_app ${name}`),
      `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
      `snd_path ${join(folder.path, 'heard')}`,
      '',
    ].join('\n'),
  )
  await writeFile(
    join(folder.path, 'accounts'),
    `${account};answermode=${mode};audio_codecs=pcma,pcmu;ptime=20${secure ? ';mediaenc=srtp-mand' : ''}\n`,
  )
  await writeFile(join(folder.path, 'contacts'), '')
  const program = await startProcess(['baresip', '-f', folder.path], { cwd: folder.path })
  const control = await waitFor(() => reach(controlPort), {
    what: 'the control port of baresip',
    timeoutMs: 10_000,
  }).catch(async (error: unknown) => {
    await program.close()
    await folder.close()
    throw error
  })
  const command = (name: string, params?: string) => {
    const text = JSON.stringify({ command: name, ...(params === undefined ? {} : { params }) })
    control.write(`${Buffer.byteLength(text)}:${text},`)
  }
  return {
    uri: `sip:${user}@127.0.0.1:${sipPort}`,
    port: sipPort,
    call: (to) => command('dial', to),
    answer: () => command('accept'),
    press: (key) => command('sndcode', key),
    hangUp: () => command('hangup'),
    heard: async () => {
      const names = await readdir(join(folder.path, 'heard'))
      const name = names.find((file) => file.endsWith('dec.wav'))
      if (name === undefined) return new Int16Array(0)
      const file = await readFile(join(folder.path, 'heard', name))
      return Int16Array.from({ length: Math.floor((file.length - 44) / 2) }, (_, i) => file.readInt16LE(44 + i * 2))
    },
    close: async () => {
      control.destroy()
      await program.close()
      await folder.close()
    },
  }
}

function reach(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve(null))
    socket.once('connect', () => resolve(socket))
  })
}
