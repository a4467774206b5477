import type { ThemeConfig } from 'antd'
import { useSyncExternalStore } from 'react'
import { theme } from './theme.ts'

const wish = window.matchMedia('(prefers-reduced-motion: reduce)')

/** Dialogs, drawers and menus are there at once. */
const stillTheme: ThemeConfig = { ...theme, token: { ...theme.token, motion: false } }

/** The console's looks; nothing moves for who has told the computer so. */
export function useTheme(): ThemeConfig {
  return useSyncExternalStore(watchWish, () => wish.matches) ? stillTheme : theme
}

function watchWish(changed: () => void): () => void {
  wish.addEventListener('change', changed)
  return () => wish.removeEventListener('change', changed)
}
