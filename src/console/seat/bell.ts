const remembered = 'suifang.seat.sound'

/** Whether an answered call is told by a sound as well; off unless the agent has chosen it on this computer. */
export function isBellOn(): boolean {
  return localStorage.getItem(remembered) === 'on'
}

export function chooseBell(on: boolean): void {
  localStorage.setItem(remembered, on ? 'on' : 'off')
}

/** Two short tones, made here: nothing is fetched. @param audio closed at their end */
export function ringBell(audio: AudioContext): void {
  const end = audio.currentTime + 0.36
  for (const [index, hertz] of [660, 880].entries()) {
    const starts = audio.currentTime + index * 0.16
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0.0001, starts)
    volume.gain.exponentialRampToValueAtTime(0.12, starts + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, starts + 0.15)
    tone.connect(volume).connect(audio.destination)
    tone.start(starts)
    tone.stop(end)
    tone.onended = () => void audio.close().catch(() => undefined)
  }
}
