/** Where dialogs, drawers and lists that drop down stand: outside the page's own root. */
const overlays =
  '[role=dialog], .ant-modal-root, .ant-drawer, .ant-dropdown, .ant-select-dropdown, .ant-picker-dropdown'

/**
 * Gives the focus back to what a dialog was opened from, when the dialog has been taken out of the page with the focus in
 * it: browsers then have it nowhere, and who works by keyboard would begin at the top of the page again. Where that is
 * gone too (its row was removed, say), the page's content has it.
 * Source: WCAG 2.2, 2.4.3 (focus order)
 */
export function keepFocus(): void {
  let before: HTMLElement | null = null
  let within = false
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return
    if (target.closest(overlays) !== null) within = true
    else if (!within) before = target
    else setTimeout(left, 0, target)
  })
  /** Tab at a dialog's end leaves it for a moment, until the dialog fetches the focus back. */
  const left = (target: HTMLElement) => {
    if (document.activeElement !== target) return
    within = false
    before = target
  }
  new MutationObserver(() => {
    if (!within || document.activeElement !== document.body) return
    within = false
    before?.focus({ preventScroll: true })
    if (document.activeElement === document.body) document.getElementById('content')?.focus({ preventScroll: true })
  }).observe(document.body, { childList: true })
}
