import type { ExportWish } from '#follow-up/reports/report-schema.ts'
import { offline, refused } from '../api/request.ts'
import { i18n } from '../text/i18n.ts'

/**
 * Asks for a file and gives it to the browser, telling how much has come.
 * @returns how many rows the server wrote
 * @throws RefusedError
 */
export async function takeFile(wish: ExportWish, onProgress: (bytes: number) => void): Promise<number> {
  const answer = await fetch('/api/reports/export', {
    method: 'POST',
    headers: { 'accept-language': i18n.language, 'x-suifang-console': '1', 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  }).catch(() => {
    throw offline()
  })
  if (!answer.ok || answer.body === null) throw refused(await answer.json().catch(() => null), answer.status)
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  try {
    for (let reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      bytes += value.length
      onProgress(bytes)
    }
  } catch {
    throw offline()
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'export'
  const address = URL.createObjectURL(new Blob(parts, { type: answer.headers.get('content-type') ?? '' }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
  return Number(answer.headers.get('x-export-rows') ?? 0)
}
