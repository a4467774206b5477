/**
 * What Chromium leaves out in tests, as one switch: of two only the last counts, so what the driver would leave out by
 * its own stands here too.
 *
 * A page opens a window, and each window makes three pages of Chromium's own ready for its address bar, which nobody
 * sees: 0.9 s of processor time of the 2.5 that a page of the console took to its first call, 0.55 s of 1.7 by the clock.
 */
export const leftOut = `--disable-features=${[
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
