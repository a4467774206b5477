import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

export interface BrowserOptions {
  /** A microphone and loudspeakers that the computer has not: with a WAV to hear, over and over, or a beep a second. */
  readonly media?: { readonly microphone?: string }
}

/** Debian's Chromium, without the calls home that a closed network refuses one after another. */
export function launchBrowser({ media }: BrowserOptions = {}): Promise<Browser> {
  const microphone = media?.microphone
  const devices = [
    '--use-fake-device-for-media-stream',
    ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`]),
    // Both ends of a call are on this computer, and what it is called is no secret here.
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ]
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      ...(media === undefined ? [] : devices),
    ],
  })
}

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** What must be empty at the end: errors of the page, and requests to anybody but the server. */
  readonly complaints: readonly string[]
}

/** A fresh browser profile at an address. */
export async function visit(
  browser: Browser,
  url: string,
  { language = 'zh' }: { readonly language?: 'zh' | 'en' } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    acceptDownloads: true,
    // A certificate of our own making, which a person would compare and accept.
    ignoreHTTPSErrors: url.startsWith('https:'),
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // What the server refuses is told by the browser too; whether it should have is the test's to say.
    if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text())) {
      complaints.push(message.text())
    }
  })
  page.on('request', (request) => {
    const target = request.url()
    if (!target.startsWith(url) && !/^(blob|data):/.test(target)) complaints.push(`request to ${target}`)
  })
  await page.goto(url)
  return { context, page, complaints }
}

/** The console as it is shipped, in a folder of its own. */
export async function buildConsole(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'suifang-console-'))
  const root = join(import.meta.dirname, '../..')
  // A process of its own: the test run's NODE_ENV would make it a development build.
  await promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'src/console', '--outDir', outDir, '--logLevel', 'error'],
    { cwd: root, timeout: 60_000, env: { ...process.env, NODE_ENV: 'production' } },
  )
  return outDir
}
