import type { Locator, Page } from 'playwright-core'
import { waitFor } from '../../harness/wait-for.ts'

export type StripPhase = 'previewing' | 'dialing' | 'talking' | 'holding' | 'cut_off' | 'wrap_up'
export type SaveType = 'saved' | 'saving' | 'retrying' | 'failed'

/** The agent's page. Everything waits for what it names: the page is pushed to. */
export class SeatPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async statusIs(status: string): Promise<void> {
    await this.#page.locator(`.seat-bar[data-status=${status}]`).waitFor()
  }

  async phoneIs(live: boolean): Promise<void> {
    await this.#page.locator(`.seat-phone[data-live=${live}]`).waitFor()
  }

  /** What keeps this page from the seat, or the seat from its leg. */
  async notice(kind: string): Promise<Locator> {
    const notice = this.#page.locator(`[data-phone-notice=${kind}]`)
    await notice.waitFor()
    return notice
  }

  /** The page's own telephone. */
  async link(state: string): Promise<void> {
    await this.#page.locator(`.page-phone[data-link=${state}]`).waitFor()
  }

  async sends(sends: boolean): Promise<void> {
    await this.#page.locator(`.page-phone[data-sends=${sends}]`).waitFor()
  }

  /** The page with nobody on the line. */
  async quiet(phase: 'signed_out' | 'unreachable' | 'waiting' | 'paused'): Promise<Locator> {
    const quiet = this.#page.locator(`.quiet[data-phase=${phase}]`)
    await quiet.waitFor()
    return quiet
  }

  async strip(phase: StripPhase): Promise<Locator> {
    const strip = this.#page.locator(`.strip[data-phase=${phase}]`)
    await strip.waitFor()
    return strip
  }

  /** The record, form and outcome of the call. */
  async desk(): Promise<Locator> {
    const desk = this.#page.locator('.desk')
    await desk.waitFor()
    return desk
  }

  question(id: string): Locator {
    return this.#page.locator(`[data-question="${id}"]`)
  }

  async choose(id: string, label: string): Promise<void> {
    await this.question(id).getByText(label, { exact: true }).click()
  }

  /** Asks by the questionnaire of this title from now on. */
  async takeForm(title: string): Promise<void> {
    await this.#page.getByRole('button', { name: /^(换问卷|Other form)$/ }).click()
    await this.#page.getByRole('menuitem', { name: new RegExp(`^${title.replace(/[+]/g, '\\$&')}`) }).click()
    await this.#page.locator('#form-title', { hasText: title }).waitFor()
  }

  async type(id: string, text: string): Promise<void> {
    const field = this.question(id).locator('input, textarea')
    await field.fill(text)
    await field.blur()
  }

  async answerIs(id: string, save: SaveType): Promise<Locator> {
    const mark = this.question(id).locator(`[data-save=${save}]`)
    await mark.waitFor()
    return mark
  }

  async outcome(code: string): Promise<void> {
    await this.#page.locator(`[data-outcome=${code}]`).click()
  }

  async outcomeIs(save: SaveType): Promise<void> {
    await this.#page.locator(`#outcome-title [data-save=${save}]`).waitFor()
  }

  async press(name: RegExp): Promise<void> {
    await this.#page.locator('.seat').getByRole('button', { name }).click()
  }

  /** Presses a button of the question that is asked. */
  async confirm(name: RegExp): Promise<void> {
    await this.#page.getByRole('dialog').getByRole('button', { name }).click()
    await this.#page.getByRole('dialog').waitFor({ state: 'hidden' })
  }

  /** The refusal of the last command that is shown. */
  async refused(code: string): Promise<Locator> {
    const alert = this.#page.locator(`[data-code=${code}]`)
    await alert.waitFor()
    return alert
  }

  announced(): Promise<string | null> {
    return this.#page.locator('[data-announce]').textContent()
  }

  /** What sticks out of the window or is cut off in its box, by class; empty when all fits. */
  misfits(): Promise<string[]> {
    return this.#page.locator('html').evaluate((root) => {
      const document = root.ownerDocument
      const window = document.defaultView
      const found: string[] = []
      const name = (element: typeof root) => `${element.className} “${(element.textContent ?? '').slice(0, 30)}”`
      if (document.documentElement.scrollWidth > window.innerWidth) found.push('the page scrolls sideways')
      const content = document.getElementById('content')
      if (content !== null && content.scrollHeight > content.clientHeight + 1) found.push('the content scrolls')
      for (const element of document.querySelectorAll('.seat *, .floor *')) {
        if (!(element instanceof window.HTMLElement) || element.closest('.sr-only') !== null) continue
        const box = element.getBoundingClientRect()
        if (box.width === 0) continue
        if (box.right > window.innerWidth + 1) found.push(`outside: ${name(element)}`)
        const { overflowX } = window.getComputedStyle(element)
        if (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1)
          found.push(`cut: ${name(element)}`)
      }
      const inStrip = [
        ...document.querySelectorAll('.strip > *, .seat-bar > *, .floor-filters > *, .own-phone > *'),
      ].map((one) => one.getBoundingClientRect())
      for (const [index, one] of inStrip.entries()) {
        for (const other of inStrip.slice(index + 1)) {
          const apart =
            one.right <= other.left + 1 ||
            other.right <= one.left + 1 ||
            one.bottom <= other.top + 1 ||
            other.bottom <= one.top + 1
          if (!apart) found.push('overlap in a bar')
        }
      }
      return found
    })
  }

  async focusIs(selector: string): Promise<void> {
    await waitFor(() =>
      this.#page
        .locator(`:focus`)
        .first()
        .evaluate((focused, wanted) => focused.matches(wanted), selector),
    )
  }
}
