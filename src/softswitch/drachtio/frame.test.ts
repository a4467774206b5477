import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, frame, maxClientFrameBytes } from './frame.ts'

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 12 }),
      (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map((payload) => frame(payload)))
        const reader = new FrameReader()
        const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b)
        const out = places.flatMap((place, i) => reader.push(stream.subarray(places[i - 1] ?? 0, place)) ?? ['broken'])
        expect(out).toEqual(payloads)
      },
    ),
    { seed: 9022, numRuns: 300 },
  )
})

test('the length counts bytes, not characters', () => {
  expect(frame('随访').toString()).toBe('6#随访')
})

test.each(['x5#hello', '#hello', '0#', '-5#hello', '100000#', '5 #hello', '1e3#', ' 5#hello', '\n5#hello'])(
  '%j is not the beginning of a frame',
  (text) => {
    expect(new FrameReader().push(Buffer.from(text))).toBeUndefined()
  },
)

test('a frame of the largest size is taken', () => {
  const payload = 'x'.repeat(maxClientFrameBytes)
  expect(new FrameReader().push(frame(payload))).toEqual([payload])
})

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 }), (chunks) => {
      const reader = new FrameReader()
      for (const chunk of chunks) if (reader.push(Buffer.from(chunk)) === undefined) break
    }),
    { seed: 9021, numRuns: 2_000 },
  )
})
