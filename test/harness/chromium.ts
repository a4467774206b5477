import { type Browser, chromium } from 'playwright-core'
import { hasProgram } from './programs.ts'

const whole = 'chromium'

/**
 * Chromium's engine, network and media without the windows around a page, which nobody sees here: a sixth of the
 * processor time of the pages' tests. It has nobody to ask whether a page may use the microphone.
 */
const shell = 'chromium-headless-shell'

/** Both are Debian packages of the same release. */
export const hasChromium = hasProgram(whole) && hasProgram(shell)

/**
 * As one switch: of two only the last counts, so what the driver would leave out by its own stands here too.
 *
 * A page of the whole Chromium opens a window, and each window makes three pages of Chromium's own ready for its address
 * bar: 0.9 s of processor time of the 2.5 that a page of the console took to its first call, 0.55 s of 1.7 by the clock.
 */
const leftOut = `--disable-features=${[
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxSimplification',
  'PreloadTopChromeWebUI',
  // Both ends of a call are on this computer, and what it is called is no secret here.
  'WebRtcHideLocalIpsWithMdns',
  // The driver's: calls home, and what comes between a page and who drives it.
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
].join(',')}`

export interface ChromiumOptions {
  /**
   * A microphone and loudspeakers that the computer has not: what is heard from it, over and over (a WAV file; without
   * one a beep a second), and whether a page is asked about it or may use it at once.
   */
  readonly microphone?: { readonly wav: string | null; readonly permission: 'asked' | 'given' }
}

/** Without the calls home that a closed network refuses one after another. */
export function launchChromium({ microphone }: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: `/usr/bin/${microphone?.permission === 'asked' ? whole : shell}`,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      // Pages of a profile share a process, and with it what their scripts were compiled to.
      '--process-per-site',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      leftOut,
      ...(microphone === undefined ? [] : devices(microphone)),
    ],
  })
}

function devices({ wav, permission }: NonNullable<ChromiumOptions['microphone']>): readonly string[] {
  return [
    '--use-fake-device-for-media-stream',
    '--allow-loopback-in-peer-connection',
    ...(permission === 'given' ? ['--use-fake-ui-for-media-stream'] : []),
    ...(wav === null ? [] : [`--use-file-for-fake-audio-capture=${wav}`]),
  ]
}
