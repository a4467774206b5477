import { describe, expect, it } from 'vitest'
import { pathWithin, recordingName, recordingPlace } from './recording-place.ts'

const attemptId = '01890000-0000-7000-8000-000000000001'
const name = `2026-11-22/${attemptId}.wav`

describe('a recording is named relative to its folder', () => {
  it('and the media server is told the whole path', () => {
    const at = new Date('2026-11-22T23:59:59.999Z')
    expect(recordingPlace('/data/recordings', attemptId, at)).toEqual({ name, path: `/data/recordings/${name}` })
  })

  it.each([
    [`/var/lib/suifang/recordings/${name}`, name],
    [`/a/recordings/b/recordings/${name}`, name],
    [name, name],
    ['/etc/passwd', '/etc/passwd'],
    ['/data/recordings/call.wav', '/data/recordings/call.wav'],
  ])('of %s that is %s', (path, expected) => {
    expect(recordingName(path)).toBe(expected)
  })
})

describe('a name', () => {
  it('is found in the folder, wherever that lies now', () => {
    expect(pathWithin('/restored/recordings', name)).toBe(`/restored/recordings/${name}`)
    expect(pathWithin('/restored/recordings', `/restored/recordings/${name}`)).toBe(`/restored/recordings/${name}`)
  })

  it.each(['/etc/passwd', '../secret.key', '2026-11-22/../../secret.key', '', '.', '/restored/recordings-old/x.wav'])(
    'that leads out of it, as "%s" does, leads nowhere',
    (outside) => {
      expect(pathWithin('/restored/recordings', outside)).toBeNull()
    },
  )

  it('that only begins with dots is a name', () => {
    expect(pathWithin('/restored/recordings', '..a.wav')).toBe('/restored/recordings/..a.wav')
  })
})
