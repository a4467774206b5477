/** `set`, `multiset`, `export`, `unset`. */
import type { Channel } from '../channel.ts'

/** `name=value` or `name,value`; without a value the variable is removed. */
export function set(channel: Channel, argument: string): void {
  const at = argument.includes('=') ? argument.indexOf('=') : argument.indexOf(',')
  if (at < 0) channel.variables.set(argument, null)
  else if (at > 0) channel.variables.set(argument.slice(0, at), channel.variables.expand(argument.slice(at + 1)))
}

/** `^^<delimiter>a=1<delimiter>b=2`, or separated by spaces. */
export function multiset(channel: Channel, argument: string): void {
  const marked = argument.startsWith('^^')
  const delimiter = marked ? argument.charAt(2) : ' '
  for (const pair of (marked ? argument.slice(3) : argument).split(delimiter)) if (pair !== '') set(channel, pair)
}

/** Sets a variable and notes it in `export_vars`, which the far leg of a bridge inherits. */
export function exportVariable(channel: Channel, argument: string): void {
  const at = argument.indexOf('=')
  const name = (at < 0 ? argument : argument.slice(0, at)).replace(/^nolocal:/, '')
  if (name === '') return
  const value = at < 0 ? null : argument.slice(at + 1)
  if (!argument.startsWith('nolocal:')) channel.variables.set(name, value)
  const exported = new Set((channel.variables.get('export_vars') ?? '').split(',').filter((word) => word !== ''))
  if (value === null || value === '') exported.delete(name)
  else exported.add(name)
  channel.variables.set('export_vars', [...exported].join(','))
}

export function unset(channel: Channel, argument: string): void {
  channel.variables.set(argument, null)
}
