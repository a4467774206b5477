const kept = 'suifang.seat.page'

/**
 * Who this page is to the seat: the same after a reload, another in every other window. It is in the store only between
 * the old page's end and the new one's beginning, so that a tab made as a copy of this one does not find it.
 */
export function ownPageId(storage: Storage, page: Pick<Window, 'addEventListener'>): string {
  const id = storage.getItem(kept) ?? crypto.randomUUID()
  storage.removeItem(kept)
  page.addEventListener('pagehide', () => storage.setItem(kept, id))
  page.addEventListener('pageshow', () => storage.removeItem(kept))
  return id
}
