/** `displace_session`: a file in the place of a side of the channel, beside whatever else it does. */
import { extname } from 'node:path'
import type { Channel } from '../channel.ts'
import { separateWords } from '../words.ts'

/** `<path> [<flags>] [+<seconds>]`. */
export async function displaceSession(channel: Channel, argument: string): Promise<void> {
  const [path, ...words] = separateWords(argument)
  if (path === undefined) return
  const limit = words.find((word) => word.includes('+')) ?? ''
  const flags = words.findLast((word) => !word.includes('+')) ?? ''
  await displace(channel, path, { seconds: Math.max(0, Number.parseInt(limit, 10) || 0), flags })
}

export function stopDisplaceSession(channel: Channel, argument: string): void {
  stopDisplacing(channel, argument)
}

/**
 * @param of.seconds ends by itself; 0 = never
 * @param of.flags `m` mixed, `l` again and again, `r` in the place of what the far end says
 * @returns false when this file runs already or there is none
 */
export async function displace(
  channel: Channel,
  path: string,
  { seconds, flags }: { readonly seconds: number; readonly flags: string },
): Promise<boolean> {
  const { displaced } = channel.stream
  if (!channel.mediaReady || displaced.has(path)) return false
  const file = channel.resolvePath(path)
  const { started, ended, stop } = channel.leg.displace({
    uri: file.includes('://') || extname(file) !== '' ? file : `${file}.wav`,
    side: flags.includes('r') ? 'heard' : 'spoken',
    mixed: flags.includes('m'),
    looped: flags.includes('l'),
  })
  displaced.set(path, stop)
  const limit = seconds > 0 ? setTimeout(stop, seconds * 1000).unref() : undefined
  void ended.then(() => {
    clearTimeout(limit)
    if (displaced.get(path) === stop) displaced.delete(path)
  })
  return await started
}

/** @returns false when it does not run */
export function stopDisplacing(channel: Channel, path: string): boolean {
  const stop = channel.stream.displaced.get(path)
  channel.stream.displaced.delete(path)
  stop?.()
  return stop !== undefined
}
