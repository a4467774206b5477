import { useEffect, useState } from 'react'

type Word = { readonly type: 'here' | 'here_too' | 'gone'; readonly tab: string }

/** Whether this page is open in another tab of this browser. Both show the same; the agent should know. */
export function useOtherTab(): boolean {
  const [others, setOthers] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    const tab = Math.random().toString(36).slice(2)
    const channel = new BroadcastChannel('suifang.seat')
    const say = (type: Word['type']) => channel.postMessage({ type, tab } satisfies Word)
    channel.onmessage = ({ data }: MessageEvent<Word>) => {
      setOthers((before) => {
        const after = new Set(before)
        if (data.type === 'gone') after.delete(data.tab)
        else after.add(data.tab)
        return after
      })
      if (data.type === 'here') say('here_too')
    }
    // A tab that died has said nothing: whoever is looked at asks again.
    const ask = () => {
      if (document.visibilityState !== 'visible') return
      setOthers(new Set())
      say('here')
    }
    const leave = () => say('gone')
    say('here')
    document.addEventListener('visibilitychange', ask)
    window.addEventListener('pagehide', leave)
    return () => {
      document.removeEventListener('visibilitychange', ask)
      window.removeEventListener('pagehide', leave)
      leave()
      channel.close()
    }
  }, [])
  return others.size > 0
}
