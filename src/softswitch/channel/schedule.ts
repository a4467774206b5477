/** What is to happen later (`sched_api`, `sched_hangup`, …): tasks with a number and a group, told as events. */
import type { EventBus } from './event-bus.ts'

interface Task {
  readonly id: number
  readonly group: string
  readonly description: string
  readonly runtime: number
  readonly timer: NodeJS.Timeout
}

export interface TaskOrder {
  /** Seconds since 1970. */
  readonly at: number
  /** What `sched_del` takes away together: a channel's uuid, or a word. */
  readonly group: string
  /** Name of the command, for the events. */
  readonly description: string
  readonly run: () => void
  /** Again and again after so many seconds; 0 = once. */
  readonly everySeconds?: number
}

/** A client that schedules without end is refused. */
const MOST_TASKS = 10_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

export class Schedule {
  readonly #bus: EventBus
  readonly #tasks = new Map<number, Task>()
  #lastId = 0

  constructor(bus: EventBus) {
    this.#bus = bus
  }

  /** @returns the task's number, 0 when there are too many */
  add(order: TaskOrder): number {
    if (this.#tasks.size >= MOST_TASKS) return 0
    this.#lastId += 1
    this.#arm(this.#lastId, order)
    return this.#lastId
  }

  /** @returns false when there is none */
  remove(id: number): boolean {
    const task = this.#tasks.get(id)
    if (task === undefined) return false
    clearTimeout(task.timer)
    this.#tasks.delete(id)
    this.#tell('DEL_SCHEDULE', task)
    return true
  }

  /** @returns how many there were */
  removeGroup(group: string): number {
    const chosen = [...this.#tasks.values()].filter((task) => task.group === group)
    for (const { id } of chosen) this.remove(id)
    return chosen.length
  }

  close(): void {
    for (const { timer } of this.#tasks.values()) clearTimeout(timer)
    this.#tasks.clear()
  }

  #arm(id: number, order: TaskOrder): void {
    const { at, group, description, everySeconds = 0 } = order
    const delay = Math.min(Math.max(at * 1000 - Date.now(), 0), LONGEST_TIMER_MS)
    const timer = setTimeout(() => {
      order.run()
      if (everySeconds > 0 && this.#tasks.has(id)) this.#arm(id, { ...order, at: at + everySeconds })
      else this.remove(id)
    }, delay)
    timer.unref()
    const before = this.#tasks.has(id)
    const task = { id, group, description, runtime: at, timer }
    this.#tasks.set(id, task)
    this.#tell(before ? 'RE_SCHEDULE' : 'ADD_SCHEDULE', task)
  }

  #tell(name: string, { id, description, group, runtime }: Task): void {
    this.#bus.fire(name, (event) => {
      event.add('Task-ID', id)
      event.add('Task-Desc', description)
      event.add('Task-Group', group)
      event.add('Task-Runtime', runtime)
    })
  }
}

/**
 * `+<seconds from now>`, `@<seconds>` or seconds since 1970, as whole seconds: the real server's clock has no finer ones.
 */
export function timeOf(text: string): number {
  const number = Number.parseInt(/^[+@]/.test(text) ? text.slice(1) : text, 10) || 0
  return text.startsWith('+') || text.startsWith('@') ? Math.floor(Date.now() / 1000) + number : number
}
