import { describe, expect, it } from 'vitest'
import { readWavHeader, WAV_HEADER_BYTES, wavHeader } from './wav.ts'

describe('WAV header', () => {
  it('reads what it has written', () => {
    expect(readWavHeader(wavHeader({ channels: 2, sampleRate: 8000, dataBytes: 640 }))).toEqual({
      encoding: 'pcm16',
      channels: 2,
      sampleRate: 8000,
      dataStart: WAV_HEADER_BYTES,
      dataBytes: 640,
    })
  })

  it('finds fmt and data behind other chunks, odd ones padded', () => {
    const plain = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 2 })
    const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')
    const file = Buffer.concat([plain.subarray(0, 12), list, plain.subarray(12)])
    expect(readWavHeader(file)).toMatchObject({ dataStart: 56, dataBytes: 2 })
  })

  it.each([0, 0xffffffff])('takes all there is when the writer never came back to say how much (%i)', (dataBytes) => {
    const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 0 })
    header.writeUInt32LE(dataBytes, 40)
    expect(readWavHeader(header)?.dataBytes).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    [6, 8, 'alaw'],
    [7, 8, 'ulaw'],
    [1, 8, 'pcm8'],
  ])('knows format %i with %i bits as %s', (format, bits, encoding) => {
    const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 8 })
    header.writeUInt16LE(format, 20)
    header.writeUInt16LE(bits, 34)
    expect(readWavHeader(header)?.encoding).toBe(encoding)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is no sound at all, only text')],
    ['24-bit samples', patched(34, 24)],
    ['no channels', patched(22, 0)],
    ['a cut header', wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 0 }).subarray(0, 30)],
  ])('refuses %s', (_, file) => {
    expect(readWavHeader(file)).toBeNull()
  })
})

function patched(at: number, value: number): Buffer {
  const header = wavHeader({ channels: 1, sampleRate: 8000, dataBytes: 0 })
  header.writeUInt16LE(value, at)
  return header
}
