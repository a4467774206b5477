import validators from '@fastify/ajv-compiler'
import serializers from '@fastify/fast-json-stringify-compiler'
import type { FastifyInstance } from 'fastify'
import { inputFormats } from './input.ts'

/** `asked`: a route's schemas are compiled by its first request; `opened`: all of them when the server is made ready. */
export type SchemasCompiled = 'asked' | 'opened'

type Validators = Parameters<FastifyInstance['setValidatorCompiler']>[0]
type Serializers = Parameters<FastifyInstance['setSerializerCompiler']>[0]

/**
 * Gives the server Fastify's own compilers of schemas, which wait until a schema is needed: of the three seconds of
 * processor time that a house took to open, 0.8 went into compiling what most of its life never asks for.
 * A schema that cannot be compiled is then told by the first request; the test of every route's right compiles them all.
 */
export function compileSchemas(server: FastifyInstance, when: SchemasCompiled): void {
  const buildCompiler = validators()
  const compilerOf = ({ coerceTypes }: { readonly coerceTypes: boolean }) =>
    buildCompiler(
      {},
      {
        customOptions: { removeAdditional: false, coerceTypes, allErrors: false },
        onCreate: (ajv) => {
          for (const [name, format] of Object.entries(inputFormats)) ajv.addFormat(name, format)
        },
      },
    )
  // What a page sends in a body is what it means: no "5" for 5, no null for 0. An address has texts alone, for numbers too.
  const body = compilerOf({ coerceTypes: false })
  const address = compilerOf({ coerceTypes: true })
  const validatorOf: Validators = (route) => (route.httpPart === 'body' ? body : address)(route)
  const write = serializers()({}, {})
  const serializerOf: Serializers = ({ httpStatus = 'default', ...route }) => write({ ...route, httpStatus })
  server.setValidatorCompiler(when === 'opened' ? validatorOf : whenAsked(validatorOf))
  server.setSerializerCompiler(when === 'opened' ? serializerOf : (route) => onceCompiled(() => serializerOf(route)))
}

function whenAsked(compile: Validators): Validators {
  return (route) => {
    const validate = compiled(() => compile(route))
    // Fastify reads what is wrong off the function that it has called.
    const waiting: ReturnType<Validators> = (input: unknown) => {
      const result = validate()(input)
      waiting.errors = validate().errors ?? null
      return result
    }
    return waiting
  }
}

function onceCompiled(compile: () => ReturnType<Serializers>): ReturnType<Serializers> {
  const serialize = compiled(compile)
  return (output: unknown) => serialize()(output)
}

function compiled<T>(compile: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= compile()
    return made
  }
}
