import type { ImportReceipt } from '#follow-up/intake/import-schema.ts'
import { offline, RefusedError, refused } from '../api/request.ts'
import { currentLanguage, i18n } from '../text/i18n.ts'

/** The server's own limit. */
const largestBytes = 50 * 1024 * 1024

/**
 * Sends a discharge list; `fetch` cannot tell how much of it has left.
 * @param sheet of a workbook: this one; absent, the one with the fullest header
 * @param onShare how much of the file is sent, 0 to 1; at 1 the server is reading it
 * @throws RefusedError
 */
export function uploadList(
  file: File,
  onShare: (share: number) => void,
  { sheet }: { readonly sheet?: string } = {},
): Promise<ImportReceipt> {
  if (file.size > largestBytes) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest()
    sending.open('POST', sheet === undefined ? '/api/imports' : `/api/imports?${new URLSearchParams({ sheet })}`)
    sending.setRequestHeader('x-suifang-console', '1')
    sending.setRequestHeader('accept-language', currentLanguage())
    sending.responseType = 'json'
    sending.upload.addEventListener('progress', ({ loaded, total }) => onShare(total === 0 ? 1 : loaded / total))
    sending.upload.addEventListener('load', () => onShare(1))
    sending.addEventListener('error', () => reject(offline()))
    sending.addEventListener('load', () => {
      const answer: unknown = sending.response
      if (sending.status === 200 && isReceipt(answer)) resolve(answer)
      else reject(refused(answer, sending.status))
    })
    const form = new FormData()
    form.append('file', file, file.name)
    sending.send(form)
  })
}

/** What the server would say, without sending it all first. */
function tooLarge(): RefusedError {
  const { t } = i18n
  const megabytes = largestBytes / 1024 / 1024
  return new RefusedError(
    {
      code: 'UPLOAD_TOO_BIG',
      message: t('imports.tooLarge', { megabytes }),
      next: t('imports.tooLargeNext'),
      requestId: '',
    },
    413,
  )
}

function isReceipt(answer: unknown): answer is ImportReceipt {
  return typeof answer === 'object' && answer !== null && 'id' in answer && 'otherSheets' in answer
}
