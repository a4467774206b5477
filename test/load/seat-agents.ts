import { setTimeout as sleep } from 'node:timers/promises'
import type { Socket } from 'socket.io-client'
import { pageHeader } from '../../src/contact-center/acd/seat-routes.ts'
import type { SeatView } from '../../src/contact-center/acd/seat-schema.ts'
import { newId } from '../../src/platform/ids.ts'
import type { PushedEvent } from '../../src/platform/realtime/protocol.ts'
import { type Browsers, openPage, type Person } from './pages.ts'
import type { SeatBook } from './seat-book.ts'

export interface SeatAgentParts {
  readonly url: string
  readonly http: Browsers
  readonly book: SeatBook
  /** How long they talk once everything is there. */
  readonly talkMs: number
  /** By then pop and both tones are there, or the call has failed. */
  readonly wholeWithinMs: number
}

/** An agent at a desk phone with the seat's page open: takes each call as it comes, talks, hangs up, wraps up. */
export class SeatAgent {
  readonly #parts: SeatAgentParts
  readonly #who: Person
  readonly #extension: string
  readonly #pageId = newId()
  #socket: Socket | null = null
  #offset = 0
  /** Calls at this seat that are over, form and all. */
  done = 0

  constructor(parts: SeatAgentParts, who: Person, extension: string) {
    this.#parts = parts
    this.#who = who
    this.#extension = extension
  }

  /** Opens the page and signs in: the telephone is rung, and stays up. */
  async begin(): Promise<void> {
    const { http, url } = this.#parts
    await this.#command('open', { pageId: this.#pageId })
    const { seat } = await http.get<{ readonly seat: SeatView }>(this.#who, '/api/seat')
    this.#offset = seat.offset
    this.#socket = await openPage(url, this.#who, {
      streams: [`seat:${this.#who.id}`],
      offset: () => this.#offset,
      take: (_stream, events) => {
        for (const event of events) this.#take(event)
      },
    })
    await this.#command('sign-in')
  }

  close(): void {
    this.#socket?.disconnect()
  }

  #take({ offset, type, payload }: PushedEvent): void {
    this.#offset = offset
    const attemptId = String(payload.attemptId)
    const { book } = this.#parts
    if (type === 'call.reserved') book.reserved(this.#extension, attemptId)
    else if (type === 'call.answered') {
      book.popped(attemptId)
      this.#orFault(this.#talk(attemptId))
    } else if (type === 'call.ended') this.#orFault(this.#wrapUp(String(payload.taskId)))
    else if (type === 'call.released') book.faults.push(`attempt ${attemptId}: released, ${String(payload.reason)}`)
  }

  async #talk(attemptId: string): Promise<void> {
    const { book, wholeWithinMs, talkMs } = this.#parts
    await book.whole(attemptId, wholeWithinMs)
    await sleep(talkMs)
    await this.#command('hang-up')
  }

  async #wrapUp(taskId: string): Promise<void> {
    await this.#parts.http.send(this.#who, 'PUT', `/api/desk/tasks/${taskId}/outcome`, { outcome: 'uncooperative' })
    await this.#command('wrap-up/finish')
    this.done += 1
  }

  #command(name: string, body?: unknown): Promise<void> {
    return this.#parts.http.send(this.#who, 'POST', `/api/seat/${name}`, body, { [pageHeader]: this.#pageId })
  }

  #orFault(doing: Promise<void>): void {
    doing.catch((error: unknown) => this.#parts.book.faults.push(`seat ${this.#extension}: ${String(error)}`))
  }
}
