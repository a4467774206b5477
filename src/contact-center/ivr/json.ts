/** What a flow's variables and a node's memory may hold: they are stored and moved between processes as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type Variables = Readonly<Record<string, Json>>

/** What of a task's variables a flow can be given; anything that is no JSON is left out. */
export function variablesOf(values: Readonly<Record<string, unknown>>): Variables {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => isJson(entry[1])))
}

export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isJsonObject(value)
}

export function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every(isJson)
}
